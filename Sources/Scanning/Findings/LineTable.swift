/// Where the lines of a file begin.
package struct LineTable: Sendable {
    private let starts: [Int]
    private let count: Int

    package init(_ bytes: [UInt8]) {
        var starts = [0]
        bytes.withUnsafeBufferPointer { buffer in
            var offset = 0
            while let feed = ByteSearch.first(UInt8(ascii: "\n"), in: buffer, from: offset) {
                offset = feed + 1
                starts.append(offset)
            }
        }
        self.starts = starts
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
