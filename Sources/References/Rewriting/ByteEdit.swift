// SPDX-License-Identifier: Apache-2.0

/// A replacement for a range of bytes. It is an insertion if `range` is empty.
package struct ByteEdit: Hashable, Sendable {
    package var range: Range<Int>
    package var replacement: [UInt8]

    package init(_ range: Range<Int>, _ replacement: [UInt8]) {
        self.range = range
        self.replacement = replacement
    }

    /// The smallest edit with the same result. nil: nothing changes.
    ///
    /// The common end is removed first, so that equal prefixes before a reference are equal insertions.
    func minimal(in bytes: [UInt8]) -> ByteEdit? {
        var (range, text) = (range, replacement[...])
        while let last = text.last, !range.isEmpty, bytes[range.upperBound - 1] == last {
            range = range.lowerBound..<range.upperBound - 1
            text = text.dropLast()
        }
        while let first = text.first, !range.isEmpty, bytes[range.lowerBound] == first {
            range = range.lowerBound + 1..<range.upperBound
            text = text.dropFirst()
        }
        return range.isEmpty && text.isEmpty ? nil : ByteEdit(range, Array(text))
    }
}

extension [UInt8] {
    /// - Parameter edits: in order, without overlaps.
    package func applying(_ edits: [ByteEdit]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count + edits.reduce(0) { $0 + $1.replacement.count })
        var position = 0
        for edit in edits {
            result += self[position..<edit.range.lowerBound]
            result += edit.replacement
            position = edit.range.upperBound
        }
        return result + self[position...]
    }
}
