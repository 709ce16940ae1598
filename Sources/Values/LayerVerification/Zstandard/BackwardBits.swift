// SPDX-License-Identifier: Apache-2.0

/// Bits that are read from the end of their bytes to the beginning (RFC 8878, 4.1): the highest bit set in the last byte marks
/// where they end.
struct BackwardBits {
    private let bytes: UnsafeBufferPointer<UInt8>
    /// Bits that are left; less than none once more were read than there are.
    private(set) var left: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>) throws(ZstandardFailure) {
        guard let last = bytes.last, last != 0 else { throw .truncated }
        self.bytes = bytes
        left = bytes.count * 8 - last.leadingZeroBitCount - 1
    }

    /// The next bits, zeros behind the last one.
    mutating func read(_ count: Int) -> Int {
        let value = peek(count)
        left -= count
        return value
    }

    mutating func skip(_ count: Int) { left -= count }

    /// - Parameter count: 32 at most.
    func peek(_ count: Int) -> Int {
        let start = left - count
        guard start < 0 else { return bits(from: start) & (1 << count - 1) }
        guard left > 0 else { return 0 }
        return (bits(from: 0) & (1 << left - 1)) << -start
    }

    /// At least 32 bits from a place on, as many of them as there are.
    private func bits(from start: Int) -> Int {
        let first = start >> 3
        var value: UInt64 = 0
        for position in first..<min(first + 6, bytes.count) {
            value |= UInt64(bytes[position]) << UInt64(8 * (position - first))
        }
        return Int(value >> UInt64(start & 7))
    }
}

/// Bits that are read from the beginning.
struct ForwardBits {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var offset = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Bytes that were read, the last one perhaps in part.
    var bytesRead: Int { (offset + 7) / 8 }

    mutating func read(_ count: Int) throws(ZstandardFailure) -> Int {
        guard offset + count <= bytes.count * 8 else { throw .truncated }
        var value = 0
        for bit in 0..<count {
            value |= Int(bytes[(offset + bit) >> 3] >> UInt8((offset + bit) & 7) & 1) << bit
        }
        offset += count
        return value
    }

    mutating func unread(_ count: Int) { offset -= count }

    /// Zeros behind the last bit.
    func peek(_ count: Int) -> Int {
        (0..<count).reduce(0) { value, bit in
            let place = offset + bit
            return place < bytes.count * 8 ? value | Int(bytes[place >> 3] >> UInt8(place & 7) & 1) << bit : value
        }
    }
}
