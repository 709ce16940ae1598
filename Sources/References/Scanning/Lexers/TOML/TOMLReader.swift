// SPDX-License-Identifier: Apache-2.0

/// Reads the texts of a TOML file, with the keys that lead to them (toml.io, v1.0.0). The elements of a list have the
/// keys of the list. Numbers, dates and booleans are skipped.
struct TOMLReader {
    struct Entry {
        let path: [String]
        let text: TracedText
        let style: ReferencePart.Style
    }

    private let source: SourceText
    private var position = 0
    private var table: [String] = []
    private(set) var entries: [Entry] = []
    /// The problem that keeps the file from being read to its end.
    private(set) var problem: ScanProblem?

    private static let depthLimit = 100

    init(_ bytes: [UInt8]) {
        source = SourceText(bytes)
        if source.hasPrefix("\u{FEFF}", at: 0) { position = 3 }
    }

    init(_ text: TracedText) { source = SourceText(text) }

    mutating func read() {
        while problem == nil, let byte = next() {
            if byte == UInt8(ascii: "[") { header() } else { pair(under: table, depth: 0) }
        }
    }

    private mutating func fail(_ message: String) {
        if problem == nil {
            problem = ScanProblem("not TOML: " + message, at: source.origin(of: min(position, source.count - 1)))
        }
        position = source.count
    }

    /// The next byte that is neither a blank nor part of a comment.
    private mutating func next(lines: Bool = true) -> UInt8? {
        while let byte = source[position] {
            if byte == UInt8(ascii: "#") {
                position = source.endOfLine(from: position)
            } else if TracedText.isBlank(byte), lines || byte != 10 {
                position += 1
            } else {
                return byte
            }
        }
        return nil
    }

    // MARK: - Keys

    /// `[a.b]` or `[[a.b]]`.
    private mutating func header() {
        while source[position] == UInt8(ascii: "[") { position += 1 }
        table = keys()
        guard next(lines: false) == UInt8(ascii: "]") else { return fail("a table's name is not closed") }
        while source[position] == UInt8(ascii: "]") { position += 1 }
    }

    private mutating func pair(under path: [String], depth: Int) {
        let keys = keys()
        guard !keys.isEmpty, next(lines: false) == UInt8(ascii: "=") else { return fail("expected a name and =") }
        position += 1
        value(path + keys, depth: depth + 1)
    }

    /// Reads names with dots between them, bare or quoted. Empty if there is something else.
    private mutating func keys() -> [String] {
        var keys: [String] = []
        while let byte = next(lines: false) {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                keys.append(quoted(byte).string)
            } else {
                let start = position
                while let byte = source[position], Self.isNameByte(byte) { position += 1 }
                if start == position { return [] }
                keys.append(source.string(start..<position))
            }
            guard next(lines: false) == UInt8(ascii: ".") else { return keys }
            position += 1
        }
        return keys
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte == 95 || byte == 45 || (byte | 32) &- 97 < 26 || byte &- 48 < 10
    }

    // MARK: - Values

    private mutating func value(_ path: [String], depth: Int) {
        guard depth < Self.depthLimit else { return fail("nested more than \(Self.depthLimit) levels deep") }
        switch next(lines: false) {
        case UInt8(ascii: "\"")?, UInt8(ascii: "'")?: text(path)
        case UInt8(ascii: "[")?: items(UInt8(ascii: "]"), path, depth: depth)
        case UInt8(ascii: "{")?: items(UInt8(ascii: "}"), path, depth: depth)
        default: while let byte = source[position], !",]}#\n".utf8.contains(byte) { position += 1 }
        }
    }

    /// Reads the values of a list, or the pairs of an inline table.
    private mutating func items(_ closer: UInt8, _ path: [String], depth: Int) {
        position += 1
        while let byte = next() {
            let before = position
            if byte == closer {
                position += 1
                return
            }
            if byte == UInt8(ascii: ",") {
                position += 1
            } else if closer == UInt8(ascii: "}") {
                pair(under: path, depth: depth)
            } else {
                value(path, depth: depth + 1)
            }
            if position == before { return fail("a bracket is not closed") }
        }
        fail("a bracket is not closed")
    }

    private mutating func text(_ path: [String]) {
        let quote = source[position] ?? 0
        let isBlock = source[position + 1] == quote && source[position + 2] == quote
        let text = isBlock ? block(quote) : quoted(quote)
        let style: ReferencePart.Style = isBlock ? .block : quote == UInt8(ascii: "'") ? .singleQuoted : .doubleQuoted
        entries.append(Entry(path: path, text: text, style: style))
    }

    private mutating func quoted(_ quote: UInt8) -> TracedText {
        position += 1
        var text = TracedText()
        while let byte = source[position], byte != quote, byte != 10 {
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") { position += 1 }
            if let byte = source[position], let origin = source.origin(of: position) {
                text.append(byte, origin: origin)
            }
            position += 1
        }
        guard source[position] == quote else {
            fail("a quote is not closed")
            return text
        }
        position += 1
        return text
    }

    private mutating func block(_ quote: UInt8) -> TracedText {
        position += 3
        let start = position
        while position < source.count {
            if source[position] == quote, source[position + 1] == quote, source[position + 2] == quote {
                position += 3
                return source.text(start..<position - 3).trimmed
            }
            position += source[position] == UInt8(ascii: "\\") && quote == UInt8(ascii: "\"") ? 2 : 1
        }
        position = source.count
        fail("a quote is not closed")
        return TracedText()
    }
}
