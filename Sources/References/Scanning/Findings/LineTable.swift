// SPDX-License-Identifier: Apache-2.0

/// Where the lines of a file begin.
package struct LineTable: Sendable {
    private let starts: [Int]
    private let count: Int
    /// Characters before each `stride`-th byte: a file may be one long line with many findings.
    private let characters: [Int]

    private static let stride = 1024

    package init(_ bytes: [UInt8]) {
        var starts = [0]
        var characters = [0]
        bytes.withUnsafeBufferPointer { buffer in
            var offset = 0
            while let feed = ByteSearch.first(UInt8(ascii: "\n"), in: buffer, from: offset) {
                offset = feed + 1
                starts.append(offset)
            }
            for start in Swift.stride(from: Self.stride, through: buffer.count, by: Self.stride) {
                let block = UnsafeBufferPointer(rebasing: buffer[start - Self.stride..<start])
                characters.append(characters[characters.count - 1] + Self.characters(in: block))
            }
        }
        self.starts = starts
        self.characters = characters
        count = bytes.count
    }

    /// Line and column of an offset, both 1-based; the column counts bytes of UTF-8. Lines end at line feeds, as for grep.
    package func position(of offset: Int) -> (line: Int, column: Int) {
        let line = line(of: offset)
        return (line, offset - starts[line - 1] + 1)
    }

    /// The bytes of a line, its line end left out or not as it stands: the caller trims.
    package func range(ofLine line: Int) -> Range<Int> {
        starts[line - 1]..<(line < starts.count ? starts[line] : count)
    }

    /// Characters (Unicode scalars) before an offset of the file whose bytes are given again. Reads less than 1024 of them.
    func characters(before offset: Int, in bytes: some RandomAccessCollection<UInt8>) -> Int {
        let block = offset / Self.stride
        let start = bytes.index(bytes.startIndex, offsetBy: block * Self.stride)
        return characters[block] + Self.characters(in: bytes[start...].prefix(offset % Self.stride))
    }

    /// Bytes that continue a character do not begin one.
    private static func characters(in bytes: some Sequence<UInt8>) -> Int { bytes.count { $0 & 0xC0 != 0x80 } }

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
