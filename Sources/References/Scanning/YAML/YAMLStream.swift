// SPDX-License-Identifier: Apache-2.0

/// Cuts a YAML file into documents without parsing them. A line that begins with `---` or `...` always separates
/// documents, even below a block scalar.
struct YAMLStream {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The next document's bytes, without the marker that begins it; nil at the end. A document may be empty.
    mutating func next() -> Range<Int>? {
        guard position < bytes.count else { return nil }
        skipDirectives()
        if isMarker(position, UInt8(ascii: "-")) { position += 3 }
        let start = position
        var line = endOfLine(start)
        while line < bytes.count {
            if isMarker(line, UInt8(ascii: "-")) {
                position = line
                return start..<line
            }
            if isMarker(line, UInt8(ascii: ".")) {
                position = endOfLine(line)
                return start..<line
            }
            line = endOfLine(line)
        }
        position = bytes.count
        return start..<bytes.count
    }

    /// Skips `%YAML` lines, and blank lines and comments around them, up to the marker. Skips nothing if no marker
    /// follows.
    private mutating func skipDirectives() {
        var line = position
        var hasDirective = false
        while line < bytes.count {
            let byte = bytes[line]
            if byte == UInt8(ascii: "%") {
                hasDirective = true
            } else if !(byte == UInt8(ascii: "#") || byte == 10 || byte == 13 || byte == 32) {
                break
            }
            line = endOfLine(line)
        }
        if isMarker(line, UInt8(ascii: "-")), hasDirective || line > position { position = line }
    }

    private func isMarker(_ offset: Int, _ byte: UInt8) -> Bool {
        guard offset + 3 <= bytes.count, bytes[offset] == byte, bytes[offset + 1] == byte, bytes[offset + 2] == byte
        else { return false }
        return offset + 3 == bytes.count || bytes[offset + 3] <= 32
    }

    /// The start of the next line.
    private func endOfLine(_ offset: Int) -> Int {
        guard let feed = ByteSearch.first(10, in: bytes, from: offset) else { return bytes.count }
        return feed + 1
    }
}
