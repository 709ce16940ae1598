// SPDX-License-Identifier: Apache-2.0

import OCI

/// Reads HCL (hashicorp/hcl, hclsyntax/spec.md) as far as needed to find texts in it: blocks, attributes, lists,
/// objects and calls. Operators, indices and `for` are skipped; the operands beside them are kept.
struct HCLParser {
    private let source: SourceText
    private var position = 0
    private var depth = 0
    /// The problem that keeps the file from being read to its end.
    private(set) var problem: ScanProblem?

    /// The deepest nesting. A recursion of this depth fits the stack of every thread.
    private static let depthLimit = 100

    init(_ source: SourceText) {
        self.source = source
        if source.hasPrefix("\u{FEFF}", at: 0) { position = 3 }
    }

    mutating func file() -> HCLBody {
        let body = body(isNested: false)
        if problem == nil, position < source.count { fail("a brace is closed that was not opened") }
        return body
    }

    private mutating func fail(_ message: String) {
        if problem == nil {
            problem = ScanProblem("not HCL: " + message, at: source.origin(of: min(position, source.count - 1)))
        }
        position = source.count
    }

    // MARK: - Bodies

    private mutating func body(isNested: Bool) -> HCLBody {
        var body = HCLBody()
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.depthLimit else {
            fail("nested more than \(Self.depthLimit) levels deep")
            return body
        }
        while true {
            skipBlanks(lines: true)
            guard let byte = source[position] else {
                if isNested { fail("a brace is not closed") }
                return body
            }
            if byte == UInt8(ascii: "}") {
                if isNested { position += 1 }
                return body
            }
            item(byte, of: &body)
        }
    }

    /// `name = value`, or `type "label" { … }`.
    private mutating func item(_ byte: UInt8, of body: inout HCLBody) {
        guard let name = key() else { return fail("expected a name") }
        var labels: [String] = []
        while true {
            skipBlanks(lines: false)
            switch source[position] {
            case UInt8(ascii: "="), UInt8(ascii: ":"):
                position += 1
                body.attributes.append(HCLEntry(name: name, value: expression()))
                if source[position] == UInt8(ascii: ",") { position += 1 }
                return
            case UInt8(ascii: "{"):
                position += 1
                body.blocks.append(HCLBlock(type: name, labels: labels, body: self.body(isNested: true)))
                return
            default:
                guard let label = key() else {
                    return fail("expected = or a block behind \"\(name.displayable(limit: 64))\"")
                }
                labels.append(label)
            }
        }
    }

    /// A name, bare or quoted.
    private mutating func key() -> String? {
        if source[position] == UInt8(ascii: "\"") { return quoted().written.string }
        let start = position
        while let byte = source[position], Self.isNameByte(byte) { position += 1 }
        return start == position ? nil : source.string(start..<position)
    }

    static func isNameByte(_ byte: UInt8) -> Bool {
        byte == 95 || byte == 45 || byte == 46 || byte >= 0x80 || (byte | 32) &- 97 < 26 || byte &- 48 < 10
    }

    // MARK: - Blanks

    private mutating func skipBlanks(lines: Bool) {
        while let byte = source[position] {
            switch byte {
            case 32, 9, 13: position += 1
            case 10 where lines: position += 1
            case UInt8(ascii: "#"): position = source.endOfLine(from: position)
            case UInt8(ascii: "/") where source[position + 1] == byte: position = source.endOfLine(from: position)
            case UInt8(ascii: "/") where source[position + 1] == UInt8(ascii: "*"): skipComment()
            default: return
            }
        }
    }

    private mutating func skipComment() {
        position += 2
        while position < source.count, !source.hasPrefix("*/", at: position) { position += 1 }
        position = min(position + 2, source.count)
    }

    // MARK: - Expressions

    /// Reads operands up to the end of the line, or up to the end of the list, object or call around them.
    private mutating func expression(isNested: Bool = false) -> HCLValue {
        var operands: [HCLValue] = []
        var choices: [HCLValue]?
        var isFinished = false
        depth += 1
        defer { depth -= 1 }
        if depth >= Self.depthLimit { fail("nested more than \(Self.depthLimit) levels deep") }
        while !isFinished {
            skipBlanks(lines: isNested)
            guard let byte = source[position] else { break }
            switch byte {
            case 10, UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ")"): isFinished = true
            case UInt8(ascii: "?"):
                choices = []
                position += 1
                skipBlanks(lines: true)
            case UInt8(ascii: ":"):
                position += 1
                skipBlanks(lines: true)
            default:
                guard let operand = operand(byte) else { continue }
                operands.append(operand)
                choices?.append(operand)
            }
        }
        if let choices, !choices.isEmpty { return .choice(choices) }
        return operands.count == 1 ? operands[0] : .other(operands)
    }

    /// - Returns: nil for an operator, which is skipped.
    private mutating func operand(_ byte: UInt8) -> HCLValue? {
        switch byte {
        case UInt8(ascii: "\""): return .text(quoted())
        case UInt8(ascii: "<") where source[position + 1] == byte: return heredoc().map { .text($0) }
        case UInt8(ascii: "["): return .list(list(UInt8(ascii: "]")))
        case UInt8(ascii: "("): return .other(list(UInt8(ascii: ")")))
        case UInt8(ascii: "{"): return .object(object())
        case _ where Self.isNameByte(byte) && byte != UInt8(ascii: "-"): return name()
        default:
            position += 1
            return nil
        }
    }

    private mutating func name() -> HCLValue {
        let start = position
        while let byte = source[position], Self.isNameByte(byte) { position += 1 }
        let range = start..<position
        if source[position] == UInt8(ascii: "(") {
            return .call(name: source.string(range), arguments: list(UInt8(ascii: ")")))
        }
        if source[position] == UInt8(ascii: "[") { return element(of: range) }
        return .reference(path: source.string(range), written: source.text(range))
    }

    /// Reads the keys behind a name. `position` is at the first bracket.
    private mutating func element(of name: Range<Int>) -> HCLValue {
        var keys: [HCLValue] = []
        while true {
            let start = position
            if source[position] == UInt8(ascii: "[") {
                let inner = list(UInt8(ascii: "]"))
                keys.append(inner.count == 1 ? inner[0] : .other([]))
            } else if source[position] == UInt8(ascii: ".") {
                position += 1
                let first = position
                while let byte = source[position], Self.isNameByte(byte), byte != UInt8(ascii: ".") { position += 1 }
                keys.append(.text(FilledText(literal: source.text(first..<position))))
            }
            if position == start { break }
        }
        let written = source.text(name.lowerBound..<position)
        return .element(HCLElement(base: source.string(name), keys: keys, written: written))
    }

    /// Reads expressions with commas between them. `position` is at the opening bracket.
    private mutating func list(_ closer: UInt8) -> [HCLValue] {
        position += 1
        var values: [HCLValue] = []
        while true {
            skipBlanks(lines: true)
            guard let byte = source[position] else {
                fail("a bracket is not closed")
                return values
            }
            if byte == closer {
                position += 1
                return values
            }
            let before = position
            values.append(expression(isNested: true))
            if source[position] == UInt8(ascii: ",") || position == before { position += 1 }
        }
    }

    private mutating func object() -> [HCLEntry] {
        position += 1
        var entries: [HCLEntry] = []
        while true {
            skipBlanks(lines: true)
            guard let byte = source[position] else {
                fail("a brace is not closed")
                return entries
            }
            if byte == UInt8(ascii: "}") {
                position += 1
                return entries
            }
            let before = position
            let name = objectKey()
            skipBlanks(lines: false)
            if source[position] == UInt8(ascii: "=") || source[position] == UInt8(ascii: ":") { position += 1 }
            // `=>` in a `for` expression.
            if source[position] == UInt8(ascii: ">") { position += 1 }
            skipBlanks(lines: false)
            entries.append(HCLEntry(name: name, value: expression()))
            if source[position] == UInt8(ascii: ",") || position == before { position += 1 }
        }
    }

    /// A name, a text, or an expression in parentheses. The value of such an expression is not known.
    private mutating func objectKey() -> String {
        if source[position] == UInt8(ascii: "(") {
            _ = list(UInt8(ascii: ")"))
            return ""
        }
        return key() ?? ""
    }

    // MARK: - Texts

    private mutating func quoted() -> FilledText {
        let start = position + 1
        var text = FilledText()
        position = start
        var literal = TracedText()
        while let byte = source[position] {
            switch byte {
            case UInt8(ascii: "\""):
                if !literal.isEmpty { text.pieces.append(.literal(literal)) }
                text.written = source.text(start..<position)
                position += 1
                return text
            case UInt8(ascii: "\\"): escape(&literal)
            case 10:
                fail("a quote is not closed")
                return text
            default: piece(byte, after: &literal, to: &text)
            }
        }
        fail("a quote is not closed")
        return text
    }

    private mutating func escape(_ literal: inout TracedText) {
        let byte = source[position + 1] ?? 0
        let meant: UInt8 = byte == UInt8(ascii: "n") ? 10 : byte == UInt8(ascii: "t") ? 9 : byte
        if position + 1 < source.count {
            literal.append(meant, origin: source.origin(of: position + 1) ?? TracedText.nowhere)
        }
        position = min(position + 2, source.count)
    }

    /// Reads one byte or one substitution.
    private mutating func piece(_ byte: UInt8, after literal: inout TracedText, to text: inout FilledText) {
        let opens =
            (byte == UInt8(ascii: "$") || byte == UInt8(ascii: "%")) && source[position + 1] == UInt8(ascii: "{")
        // `$${` is not a substitution.
        let isEscaped = position > 0 && source[position - 1] == byte && literal.bytes.last == byte
        guard opens, !isEscaped else {
            literal.append(byte, origin: source.origin(of: position) ?? TracedText.nowhere)
            position += 1
            return
        }
        if !literal.isEmpty { text.pieces.append(.literal(literal)) }
        literal.removeAll()
        text.pieces.append(substitution())
    }

    private mutating func substitution() -> FilledText.Piece {
        let start = position
        position += 2
        var level = 1
        while let byte = source[position], level > 0 {
            switch byte {
            case UInt8(ascii: "{"): level += 1
            case UInt8(ascii: "}"): level -= 1
            case UInt8(ascii: "\"") where level < Self.depthLimit:
                skipQuoted()
                continue
            case 10: level = 0
            default: break
            }
            position += 1
        }
        let inner = source.text(min(start + 2, position)..<max(start + 2, position - 1)).trimmed
        return .expression(path: inner.string, written: source.text(start..<position))
    }

    /// Skips a quoted text inside a substitution.
    private mutating func skipQuoted() {
        position += 1
        while let byte = source[position], byte != 10 {
            position = min(position + (byte == UInt8(ascii: "\\") ? 2 : 1), source.count)
            if byte == UInt8(ascii: "\"") { return }
        }
    }

    private mutating func heredoc() -> FilledText? {
        position += 2
        if source[position] == UInt8(ascii: "-") { position += 1 }
        let start = position
        while let byte = source[position], Self.isNameByte(byte) { position += 1 }
        let name = source.bytes[start..<position]
        guard !name.isEmpty else { return nil }
        position = min(source.endOfLine(from: position) + 1, source.count)
        let first = position
        while position < source.count {
            let end = source.endOfLine(from: position)
            let line = source.bytes[position..<end].drop { $0 == 32 || $0 == 9 }
            if line.starts(with: name), line.dropFirst(name.count).allSatisfy(TracedText.isBlank) {
                let text = block(first..<position)
                position = end
                return text
            }
            position = min(end + 1, source.count)
        }
        fail("a heredoc is not closed")
        return nil
    }

    private mutating func block(_ range: Range<Int>) -> FilledText {
        var text = FilledText(written: source.text(range), isBlock: true)
        var literal = TracedText()
        position = range.lowerBound
        while position < range.upperBound, let byte = source[position] { piece(byte, after: &literal, to: &text) }
        if !literal.isEmpty { text.pieces.append(.literal(literal)) }
        return text
    }
}
