// SPDX-License-Identifier: Apache-2.0

/// Numbers and texts in records that are kept in memory for the time of one run.
extension [UInt8] {
    /// Appends a number that is not negative, 7 bits a byte, the lowest first (LEB128).
    mutating func append(number: Int) {
        var rest = UInt(bitPattern: number)
        while rest > 127 {
            append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func append(text: String) {
        append(number: text.utf8.count)
        append(contentsOf: text.utf8)
    }
}

/// Each function takes from the beginning what was appended with the function of the same kind.
extension ArraySlice<UInt8> {
    mutating func takeNumber() -> Int {
        var (number, shift): (UInt, UInt) = (0, 0)
        while true {
            let byte = removeFirst()
            number |= UInt(byte & 127) << shift
            if byte < 128 { return Int(bitPattern: number) }
            shift += 7
        }
    }

    mutating func takeText() -> ArraySlice<UInt8> {
        let count = takeNumber()
        let text = prefix(count)
        self = self[text.endIndex...]
        return text
    }

    /// Eight bytes in the order of this machine.
    mutating func takeBits() -> UInt64 {
        defer { removeFirst(8) }
        return withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    }
}
