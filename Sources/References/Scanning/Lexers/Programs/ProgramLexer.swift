// SPDX-License-Identifier: Apache-2.0

/// A token of a program: a name, a text, or one punctuation mark.
struct ProgramToken {
    enum Kind {
        case name(String)
        case text(FilledText)
        case mark(UInt8)
    }

    let kind: Kind
    /// The offset of its first byte.
    let start: Int
    /// It is the first token of its line.
    let beginsLine: Bool
    /// Blanks or a comment precede it.
    let isApart: Bool

    var name: String? { if case .name(let name) = kind { name } else { nil } }
    var text: FilledText? { if case .text(let text) = kind { text } else { nil } }

    func isMark(_ mark: Unicode.Scalar) -> Bool {
        if case .mark(let byte) = kind { byte == UInt8(ascii: mark) } else { false }
    }
}

/// Cuts a program into names, texts and marks, without comments. It knows the quotes of a language, not its grammar.
///
/// A regular expression literal is read like other code. A quote inside it reaches to the end of its line.
struct ProgramLexer {
    private let source: SourceText
    private let dialect: ProgramDialect
    private var position = 0
    private var lineStarts = true
    private var isApart = true
    /// Where the program continues after the heredocs that this line opens.
    private var heredocsEnd: Int?
    private var readsHeredocs: Bool
    private(set) var tokens: [ProgramToken] = []

    init(_ source: SourceText, _ dialect: ProgramDialect) {
        self.source = source
        self.dialect = dialect
        readsHeredocs = dialect.hasHeredocs
    }

    static func tokens(_ source: SourceText, _ dialect: ProgramDialect) -> [ProgramToken] {
        var lexer = ProgramLexer(source, dialect)
        while lexer.readToken() {}
        return lexer.tokens
    }

    private mutating func readToken() -> Bool {
        skipBlanks()
        guard let byte = source[position] else { return false }
        let start = position
        if let text = heredoc() {
            append(.text(text), from: start)
        } else if let quote = dialect.quotes.first(where: { source.bytes[start...].starts(with: $0.opening) }) {
            append(.text(text(quote)), from: start)
        } else if Self.isNameByte(byte) {
            while let byte = source[position], Self.isNameByte(byte) { position += 1 }
            append(.name(name(start..<position)), from: start)
        } else {
            position += 1
            append(.mark(byte), from: start)
        }
        return true
    }

    private mutating func append(_ kind: ProgramToken.Kind, from start: Int) {
        tokens.append(ProgramToken(kind: kind, start: start, beginsLine: lineStarts, isApart: isApart))
        (lineStarts, isApart) = (false, false)
    }

    /// A name has as many bytes as in the file, because findings point there. If the bytes are not valid UTF-8, each
    /// byte outside of ASCII becomes a question mark.
    private func name(_ range: Range<Int>) -> String {
        let name = source.string(range)
        guard name.utf8.count != range.count else { return name }
        return String(decoding: source.bytes[range].map { $0 < 0x80 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }

    static func isNameByte(_ byte: UInt8) -> Bool {
        byte == 95 || byte >= 0x80 || (byte | 32) &- 97 < 26 || byte &- 48 < 10
    }

    private mutating func skipBlanks() {
        while let byte = source[position] {
            if TracedText.isBlank(byte) {
                position += 1
                if byte == 10 { beginLine() }
            } else if dialect.lineComments.contains(where: { source.bytes[position...].starts(with: $0) }) {
                position = source.endOfLine(from: position)
            } else if dialect.hasBlockComments, source.hasPrefix("/*", at: position) {
                skipComment()
            } else {
                return
            }
            isApart = true
        }
    }

    private mutating func beginLine() {
        lineStarts = true
        position = max(position, heredocsEnd ?? 0)
        heredocsEnd = nil
    }

    private mutating func skipComment() {
        position += 2
        while position < source.count, !source.hasPrefix("*/", at: position) { position += 1 }
        position = min(position + 2, source.count)
    }

    // MARK: - Texts

    /// Reads a heredoc: the lines after this one, up to the line that is its name (docs.ruby-lang.org,
    /// "Here Document Literals").
    private mutating func heredoc() -> FilledText? {
        guard readsHeredocs, let opening = HeredocOpening(source, at: position) else { return nil }
        let start = heredocsEnd ?? min(source.endOfLine(from: position) + 1, source.count)
        guard let end = line(opening.name, from: start) else {
            // Without an end line this may be a shift. Searching for the end of each one would read the rest of the
            // file again and again.
            readsHeredocs = false
            return nil
        }
        heredocsEnd = min(end.upperBound + 1, source.count)
        position = opening.end
        let written = source.text(start..<end.lowerBound)
        let text = opening.isOutdented ? written.outdented : written
        return FilledText(pieces: [.literal(text)], written: text, isBlock: true)
    }

    /// The first line that contains only `name`.
    private func line(_ name: ArraySlice<UInt8>, from start: Int) -> Range<Int>? {
        var start = start
        while start < source.count {
            let end = source.endOfLine(from: start)
            let words = source.bytes[start..<end].split(whereSeparator: TracedText.isBlank)
            if words.count == 1, words[0] == name { return start..<end }
            start = end + 1
        }
        return nil
    }

    private mutating func text(_ quote: ProgramDialect.Quote) -> FilledText {
        var text = FilledText(isBlock: quote.isBlock)
        position += quote.opening.count
        let start = position
        var literal = TracedText()
        while let byte = source[position] {
            if source.bytes[position...].starts(with: quote.closing) {
                guard quote.isDoubled, source.bytes[(position + 1)...].starts(with: quote.closing) else { break }
                position += 1
            } else if byte == 10, !quote.isBlock {
                break
            } else if let end = filling(quote.filling, byte) {
                if !literal.isEmpty { text.pieces.append(.literal(literal)) }
                literal.removeAll()
                text.pieces.append(piece(position..<end, quote.filling))
                position = end
                continue
            } else if byte == UInt8(ascii: "\\"), quote.hasEscapes {
                escape(&literal)
                continue
            }
            literal.append(byte, origin: source.origin(of: position) ?? TracedText.nowhere)
            position += 1
        }
        if !literal.isEmpty { text.pieces.append(.literal(literal)) }
        text.written = source.text(start..<position)
        if source[position] != 10 { position = min(position + quote.closing.count, source.count) }
        return text
    }

    private mutating func escape(_ literal: inout TracedText) {
        if let byte = source[position + 1] {
            let meant: UInt8 = byte == UInt8(ascii: "n") ? 10 : byte == UInt8(ascii: "t") ? 9 : byte
            literal.append(meant, origin: source.origin(of: position + 1) ?? TracedText.nowhere)
        }
        position = min(position + 2, source.count)
    }

    /// - Returns: the end of the value that is filled in at `position`. nil: there is none.
    private func filling(_ filling: ProgramDialect.Filling, _ byte: UInt8) -> Int? {
        switch filling {
        case .none: return nil
        case .braces:
            guard byte == UInt8(ascii: "{"), source[position + 1] != byte else { return nil }
            return closing(from: position)
        case .hashBraces:
            guard byte == UInt8(ascii: "#"), source[position + 1] == UInt8(ascii: "{") else { return nil }
            return closing(from: position + 1)
        case .parentheses, .rawParentheses:
            let mark = filling == .parentheses ? "\\(" : "\\#("
            guard source.hasPrefix(mark, at: position) else { return nil }
            return closing(from: position + mark.utf8.count - 1, "(", ")")
        case .dollar, .dollarBraces:
            guard byte == UInt8(ascii: "$"), let next = source[position + 1] else { return nil }
            if next == UInt8(ascii: "{") { return closing(from: position + 1) }
            guard filling == .dollar, Self.isNameByte(next), next &- 48 >= 10 else { return nil }
            var end = position + 1
            while let byte = source[end], Self.isNameByte(byte) { end += 1 }
            return end
        }
    }

    private func closing(
        from start: Int, _ opening: Unicode.Scalar = "{", _ closing: Unicode.Scalar = "}"
    ) -> Int? {
        var level = 0
        var offset = start
        while let byte = source[offset], byte != 10 {
            if byte == UInt8(ascii: opening) { level += 1 }
            if byte == UInt8(ascii: closing) { level -= 1 }
            offset += 1
            if level == 0 { return offset }
        }
        return nil
    }

    private func piece(_ range: Range<Int>, _ filling: ProgramDialect.Filling) -> FilledText.Piece {
        let written = source.text(range)
        if filling == .parentheses || filling == .rawParentheses {
            let inner = written.bytes.drop { $0 != UInt8(ascii: "(") }.dropFirst().dropLast()
            return .expression(path: TracedText(inner, origin: 0).trimmed.string, written: written)
        }
        let inner = written.bytes.filter { !"$#{} ".utf8.contains($0) }
        return .expression(path: String(decoding: inner, as: UTF8.self), written: written)
    }
}

/// `<<-NAME`, `<<~NAME`, `<<NAME`, with the name in quotes or without.
private struct HeredocOpening {
    let name: ArraySlice<UInt8>
    /// The blanks that all its lines begin with are removed.
    let isOutdented: Bool
    let end: Int

    init?(_ source: SourceText, at start: Int) {
        guard source.hasPrefix("<<", at: start), let mark = source[start + 2] else { return nil }
        isOutdented = mark == UInt8(ascii: "~")
        let isMarked = isOutdented || mark == UInt8(ascii: "-")
        var offset = start + (isMarked ? 3 : 2)
        let quote = source[offset].flatMap { "\"'".utf8.contains($0) ? $0 : nil }
        if quote != nil { offset += 1 }
        name = source.bytes[min(offset, source.count)...].prefix(while: ProgramLexer.isNameByte)
        // Without a mark this may be a shift, so only a name that begins with a capital letter counts.
        guard let first = name.first, first &- 65 < 26 || isMarked && first &- 48 >= 10 else { return nil }
        if let quote {
            guard source[name.endIndex] == quote else { return nil }
            end = name.endIndex + 1
        } else {
            end = name.endIndex
        }
    }
}

extension TracedText {
    /// The text without the blanks that all its lines begin with. Lines of blanks only do not count.
    fileprivate var outdented: TracedText {
        let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
        let depths = lines.filter { !$0.allSatisfy(Self.isBlank) }.map { $0.prefix(while: Self.isBlank).count }
        let depth = depths.min() ?? 0
        var result = TracedText(capacity: count)
        for line in lines {
            let blanks = line.prefix(depth).prefix(while: Self.isBlank).count
            for index in line.indices.dropFirst(blanks) { result.append(bytes[index], origin: origins[index]) }
            if line.endIndex < count { result.append(10, origin: origins[line.endIndex]) }
        }
        return result
    }
}
