// SPDX-License-Identifier: Apache-2.0

/// Searches bytes, eight at a time.
enum ByteScan {
    /// The position of the first quote, backslash or control character at or after `start`; the count if there is none.
    ///
    /// Logs are mostly text between quotes, so this loop decides how fast logs are read.
    @inline(__always)
    static func endOfPlainText(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var offset = start
        while offset + 8 <= bytes.count {
            let word = UnsafeRawPointer(bytes.baseAddress!).loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let found = zeroBytes(word ^ quotes) | zeroBytes(word ^ backslashes) | controls(word)
            // The lowest mark is exact. Marks above it may be caused by a carry from it.
            if found != 0 { return offset + UInt64(littleEndian: found).trailingZeroBitCount / 8 }
            offset += 8
        }
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { return offset }
            offset += 1
        }
        return offset
    }

    private static let quotes: UInt64 = 0x2222_2222_2222_2222
    private static let backslashes: UInt64 = 0x5C5C_5C5C_5C5C_5C5C
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The high bit of each byte that is zero.
    @inline(__always)
    private static func zeroBytes(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highs }

    /// The high bit of each byte below 0x20.
    @inline(__always)
    private static func controls(_ word: UInt64) -> UInt64 { (word &- ones &* 0x20) & ~word & highs }
}
