// SPDX-License-Identifier: Apache-2.0

/// The variables that a FROM can use: those that BuildKit sets itself, the values that the build is given, and the ARGs
/// before the first FROM.
struct DockerfileVariables {
    private let given: [String: String]
    private let escape: UInt8
    private var values: [String: TracedText]
    /// Variables with incomplete values, and the name of the variable that is missing in each.
    private var open: [String: String] = [:]

    init(given: [String: String], escape: UInt8) {
        self.given = given
        self.escape = escape
        values = BuildArguments.automatic
            .merging(given.filter { BuildArguments.automatic[$0.key] != nil }) { $1 }
            .mapValues { TracedText(untraced: $0) }
    }

    /// Declares an argument without a default. Its value is the one given to the build, otherwise the value it had
    /// before.
    mutating func declare(_ name: String) {
        open[name] = nil
        if let value = given[name] { values[name] = TracedText(untraced: value) }
    }

    func isGiven(_ name: String) -> Bool { given[name] != nil }

    /// Declares an argument whose default is used, because the build gives it no value.
    ///
    /// - Throws: `ExpansionError` for a default that cannot be expanded. The argument has no value afterwards.
    mutating func declare(
        _ name: String, default text: TracedText
    ) throws(ExpansionError) -> (value: TracedText, ShellExpansion) {
        open[name] = nil
        do throws(ExpansionError) {
            let result = try expand(text)
            values[name] = result.value
            return result
        } catch {
            values[name] = nil
            throw error
        }
    }

    /// Notes the variable that is missing in an argument's value. It is then missing wherever the argument is used.
    mutating func note(missing: String?, of name: String) { open[name] = missing }

    func expand(_ text: TracedText) throws(ExpansionError) -> (value: TracedText, ShellExpansion) {
        var expansion = ShellExpansion(text)
        expansion.escape = escape
        expansion.variables = values
        return (try expansion.word(), expansion)
    }

    /// A text with the values that are known, and with all other variables as they are written.
    func filled(_ text: TracedText) -> TracedText {
        var expansion = ShellExpansion(text)
        expansion.escape = escape
        expansion.variables = values.filter { open[$0.key] == nil }
        expansion.keepsUnset = true
        return (try? expansion.word()) ?? text
    }

    /// The variable that a text needs and that has no value. The text names it, or the value of another variable does.
    ///
    /// BuildKit expands a variable without a value to nothing. If this leaves nothing between two separators or ends of
    /// the text (`python:3.${MINOR}`, `a:$V-slim`), a value was needed.
    func missing(in text: TracedText, _ expansion: ShellExpansion) -> String? {
        if let name = expansion.mentioned.first(where: { open[$0] != nil }) { return open[name] }
        guard let name = expansion.unset.first else { return nil }
        var marked = self
        for name in expansion.unset { marked.values[name] = TracedText(untraced: Self.gapMark) }
        guard let bytes = try? marked.expand(text).value.bytes else { return nil }
        return bytes.indices.contains { Self.isGap($0, in: bytes) } ? name : nil
    }

    private static let gapMark = "\u{1}"

    private static func isGap(_ index: Int, in text: [UInt8]) -> Bool {
        guard text[index] == 1 else { return false }
        let isOpenBefore = index == 0 || ".-_:/@".utf8.contains(text[index - 1])
        let isOpenAfter = index + 1 == text.count || ".-_:/@".utf8.contains(text[index + 1])
        return isOpenBefore && isOpenAfter
    }
}
