// SPDX-License-Identifier: Apache-2.0

/// Writes the expressions that a runner fills into shell text as `${{ … }}`, which a shell's lexer reads as a part of
/// one word, whatever is in it.
struct PipelineExpressions {
    private struct Form: Sendable {
        let opening: [UInt8]
        let closing: [UInt8]
        /// Whether an expression is the path of a name and nothing else. `<<` also begins a heredoc.
        let isPath: Bool

        init(_ opening: String, _ closing: String, isPath: Bool = false) {
            (self.opening, self.closing, self.isPath) = (Array(opening.utf8), Array(closing.utf8), isPath)
        }
    }

    private static let forms: [FindingKind: Form] = [
        // docs.gitlab.com, "CI/CD inputs".
        .gitlabCI: Form("$[[", "]]"),
        // circleci.com/docs, "Configuration reference", "Pipeline values and parameters".
        .circleCI: Form("<<", ">>", isPath: true),
        // taskfile.dev, "Templating reference".
        .taskfile: Form("{{", "}}"),
    ]

    private let form: Form
    private var closings: NextPlace
    private var lines = NextPlace(of: "\n".utf8)

    /// - Returns: nil if the expressions of the format are read without this.
    init?(of kind: FindingKind) {
        guard let form = Self.forms[kind] else { return nil }
        self.form = form
        closings = NextPlace(of: form.closing)
    }

    /// The first byte of an expression.
    var beginning: [UInt8] { [form.opening[0]] }

    /// Appends the expression that begins at `index`. Call this with rising places in one text.
    ///
    /// - Returns: the place behind the expression; nil if there is none.
    mutating func append(_ text: TracedText, at index: Int, to result: inout TracedText) -> Int? {
        let start = index + form.opening.count
        guard text.bytes[index...].starts(with: form.opening), let close = closings.first(in: text.bytes, from: start),
            close < lines.first(in: text.bytes, from: start) ?? text.count, !form.isPath || isPath(text, start, close)
        else { return nil }
        let end = close + form.closing.count
        let content = Self.content(text[start..<close])
        let isAlone = index == 0 || TracedText.isBlank(text.bytes[index - 1])
        if isAlone, form.opening == Array("{{".utf8), Self.isStatement(content) { return end }
        for byte in "${{".utf8 { result.append(byte, origin: text.origins[index]) }
        for (byte, origin) in zip(content.bytes, content.origins) {
            result.append("{}\\$`".utf8.contains(byte) ? 32 : byte, origin: origin)
        }
        for byte in "}}".utf8 { result.append(byte, origin: text.origins[end - 1]) }
        return end
    }

    /// Whether there are only a path of at least two names and blanks between two places.
    private func isPath(_ text: TracedText, _ start: Int, _ end: Int) -> Bool {
        var place = start
        while place < end, text.bytes[place] == 32 { place += 1 }
        let name = place
        while place < end, VariableUse.isNameByte(text.bytes[place]) || ".-".utf8.contains(text.bytes[place]) {
            place += 1
        }
        let path = text.bytes[name..<place]
        while place < end, text.bytes[place] == 32 { place += 1 }
        return place == end && path.contains(UInt8(ascii: "."))
    }

    /// What is between the marks, without the dashes by which an action takes blanks away.
    private static func content(_ text: TracedText) -> TracedText {
        let start = text.bytes.first == UInt8(ascii: "-") ? 1 : 0
        let end = text.bytes.last == UInt8(ascii: "-") && text.count > 1 ? text.count - 1 : text.count
        return text[start..<end]
    }

    /// Actions of Go's templates that print nothing themselves (pkg.go.dev/text/template, "Actions").
    private static let statements: Set<String> = ["if", "else", "end", "range", "with", "break", "continue"]

    private static func isStatement(_ content: TracedText) -> Bool {
        content.trimmed.blankSeparated.first.map { statements.contains($0.string) } ?? false
    }
}
