// SPDX-License-Identifier: Apache-2.0

/// JSON with comments, as editors allow it.
enum JSONComments {
    /// The same bytes with `//` and `/* */` comments blanked out.
    static func blanked(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        var offset = 0
        var isInString = false
        while offset < bytes.count {
            let byte = bytes[offset]
            if isInString {
                if byte == UInt8(ascii: "\\") { offset += 1 } else if byte == UInt8(ascii: "\"") { isInString = false }
                offset += 1
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
                offset += 1
            } else if bytes[offset...].starts(with: "//".utf8) || bytes[offset...].starts(with: "/*".utf8) {
                offset = blank(&result, from: offset)
            } else {
                offset += 1
            }
        }
        return result
    }

    /// - Returns: the end of the comment that begins at `start`.
    private static func blank(_ bytes: inout [UInt8], from start: Int) -> Int {
        var end = start + 2
        if bytes[start + 1] == UInt8(ascii: "/") {
            while end < bytes.count, bytes[end] != 10 { end += 1 }
        } else {
            while end < bytes.count, !bytes[end...].starts(with: "*/".utf8) { end += 1 }
            end = min(end + 2, bytes.count)
        }
        for offset in start..<end where bytes[offset] != 10 && bytes[offset] != 13 { bytes[offset] = 32 }
        return end
    }
}
