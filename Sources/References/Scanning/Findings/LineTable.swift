// SPDX-License-Identifier: Apache-2.0

/// Where the lines of a file begin.
package struct LineTable: Sendable {
    private let starts: [Int]
    private let count: Int
    /// The number of characters before every `stride`-th byte. A file may be one long line with many findings. Empty if no
    /// line is that long.
    private let characters: [Int]

    private static let stride = 1024

    package init(_ bytes: [UInt8]) {
        var starts = [0]
        var characters: [Int] = []
        bytes.withUnsafeBufferPointer { buffer in
            var (offset, longest) = (0, 0)
            while let feed = ByteSearch.first(UInt8(ascii: "\n"), in: buffer, from: offset) {
                longest = max(longest, feed - offset)
                offset = feed + 1
                starts.append(offset)
            }
            guard max(longest, buffer.count - offset) >= Self.stride else { return }
            characters.append(0)
            for start in Swift.stride(from: Self.stride, through: buffer.count, by: Self.stride) {
                let block = UnsafeBufferPointer(rebasing: buffer[start - Self.stride..<start])
                characters.append(characters[characters.count - 1] + Self.characters(in: block))
            }
        }
        self.starts = starts
        self.characters = characters
        count = bytes.count
    }

    /// Line and column of an offset, both 1-based; the column counts bytes of UTF-8. Lines end at line feeds, as for
    /// grep.
    package func position(of offset: Int) -> (line: Int, column: Int) {
        let line = line(of: offset)
        return (line, offset - starts[line - 1] + 1)
    }

    /// The byte range of a line. It may include the line end; the caller trims it.
    package func range(ofLine line: Int) -> Range<Int> {
        starts[line - 1]..<(line < starts.count ? starts[line] : count)
    }

    /// The number of characters (Unicode scalars) in a range of one line. `bytes` are the bytes of the file.
    func characters(in range: Range<Int>, of bytes: [UInt8]) -> Int {
        bytes.withUnsafeBufferPointer { buffer in
            characters(in: range) { Self.characters(in: UnsafeBufferPointer(rebasing: buffer[$0])) }
        }
    }

    /// - Parameter count: counts the characters of a range by reading it. It is called for fewer than 2048 bytes in
    ///   total.
    func characters(in range: Range<Int>, _ count: (Range<Int>) -> Int) -> Int {
        if range.count < Self.stride { return count(range) }
        let (first, last) = (range.lowerBound / Self.stride, range.upperBound / Self.stride)
        return characters[last] + count(last * Self.stride..<range.upperBound)
            - characters[first] - count(first * Self.stride..<range.lowerBound)
    }

    /// Counts all bytes except those that continue a character. The highest two bits of those are 1 and 0.
    private static func characters(in bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var (count, offset) = (bytes.count, 0)
        let raw = UnsafeRawBufferPointer(bytes)
        while offset + 8 <= raw.count {
            let word = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            count -= ((word >> 7) & ~(word >> 6) & 0x0101_0101_0101_0101).nonzeroBitCount
            offset += 8
        }
        while offset < raw.count {
            if raw[offset] & 0xC0 == 0x80 { count -= 1 }
            offset += 1
        }
        return count
    }

    private func line(of offset: Int) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low + 1
    }
}
