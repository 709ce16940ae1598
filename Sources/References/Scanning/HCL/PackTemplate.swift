// SPDX-License-Identifier: Apache-2.0

/// Converts templates of Nomad Pack to the HCL that they make (developer.hashicorp.com/nomad/tools/nomad-pack,
/// "Write packs"). Each `[[ … ]]` becomes a name without a value, or a substitution inside a text. Control statements
/// are left out.
struct PackTemplate {
    private let bytes: [UInt8]
    private var position = 0
    private var isQuoted = false
    /// The line already has text, apart from blanks and actions that were left out.
    private var lineHasText = false
    private var closing = NextPlace(of: "]]".utf8)
    private var result: TracedText

    static func asHCL(_ bytes: [UInt8]) -> TracedText {
        var template = PackTemplate(bytes)
        while template.position < bytes.count { template.step() }
        return template.result
    }

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
        result = TracedText(capacity: bytes.count)
    }

    private mutating func step() {
        guard let end = actionEnd() else { return copy() }
        let inner = bytes[position + 2..<end - 2]
        action(TracedText(inner, origin: inner.startIndex).trimmed, to: end)
        position = end
    }

    private mutating func copy() {
        let byte = bytes[position]
        if byte == 10 { (isQuoted, lineHasText) = (false, false) } else if byte != 32, byte != 9 { lineHasText = true }
        if byte == UInt8(ascii: "\""), position == 0 || bytes[position - 1] != UInt8(ascii: "\\") { isQuoted.toggle() }
        result.append(byte, origin: position)
        position += 1
    }

    /// The longest action in bytes. Longer texts are not read as actions.
    private static let actionLimit = 4096

    /// The end of the action that begins here. nil: no action begins here.
    private mutating func actionEnd() -> Int? {
        guard bytes[position...].starts(with: "[[".utf8) else { return nil }
        let start = position + 2
        // Both brackets are within the limit.
        return closing.first(in: bytes, from: start).flatMap { $0 - start <= Self.actionLimit - 2 ? $0 + 2 : nil }
    }

    private mutating func action(_ inner: TracedText, to end: Int) {
        if isQuoted {
            result.append(UInt8(ascii: "$"), origin: position)
            result.append(UInt8(ascii: "{"), origin: position + 1)
            result.append(Self.name(in: inner) ?? TracedText(untraced: "…"))
            result.append(UInt8(ascii: "}"), origin: end - 1)
            lineHasText = true
        } else if let name = Self.name(in: inner), !isStatement(inner), !isAlone(to: end) {
            result.append(name)
            lineHasText = true
        } else {
            result.append(32, origin: TracedText.nowhere)
        }
    }

    private static let statements: Set<String> = ["if", "else", "end", "range", "with", "define", "block"]

    private func isStatement(_ inner: TracedText) -> Bool {
        let words = inner.blankSeparated.map(\.string).drop { $0 == "-" }
        return words.first.map { Self.statements.contains($0) || $0.hasPrefix("/*") } ?? true
    }

    /// Whether only other actions share the line. An action on such a line writes whole lines.
    private func isAlone(to end: Int) -> Bool {
        guard !lineHasText else { return false }
        let after = bytes[end...].drop { $0 == 32 || $0 == 9 || $0 == 13 }
        return after.isEmpty || after.first == 10 || after.starts(with: "[[".utf8)
    }

    /// `image` of `var "image" .` and of `.image`, `pack.image` of `$pack.image | quote`.
    private static func name(in inner: TracedText) -> TracedText? {
        let quote = UInt8(ascii: "\"")
        let quoted = inner.cut(at: quote)?.after.cut(at: quote)?.before
        let start = inner.bytes.firstIndex { HCLParser.isNameByte($0) && !".-".utf8.contains($0) }
        guard let text = quoted ?? start.map({ inner[$0..<inner.count] }) else { return nil }
        let name = text[0..<(text.bytes.firstIndex { !HCLParser.isNameByte($0) } ?? text.count)]
        return name.isEmpty ? nil : name
    }
}
