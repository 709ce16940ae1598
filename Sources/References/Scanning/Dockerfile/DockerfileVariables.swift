// SPDX-License-Identifier: Apache-2.0

/// The variables that a FROM can use: what BuildKit sets by itself, the values given to the build, and ARGs before the
/// first FROM.
struct DockerfileVariables {
    private let given: [String: String]
    private let escape: UInt8
    private var values: [String: TracedText]
    /// Variables with incomplete values, and what they lack.
    private var open: [String: String] = [:]

    init(given: [String: String], escape: UInt8) {
        self.given = given
        self.escape = escape
        values = BuildArguments.automatic
            .merging(given.filter { BuildArguments.automatic[$0.key] != nil }) { $1 }
            .mapValues { TracedText(untraced: $0) }
    }

    /// Declares an argument without a default: it has the value given to the build, or else the one it had before.
    mutating func declare(_ name: String) {
        open[name] = nil
        if let value = given[name] { values[name] = TracedText(untraced: value) }
    }

    func isGiven(_ name: String) -> Bool { given[name] != nil }

    /// Declares an argument with a default that counts, because the build is given no value.
    ///
    /// - Throws: for a default that cannot be expanded. The argument has no value then.
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

    /// Notes that the value of an argument lacks something, which then is missing wherever the argument is used.
    mutating func note(missing: String?, of name: String) { open[name] = missing }

    func expand(_ text: TracedText) throws(ExpansionError) -> (value: TracedText, ShellExpansion) {
        var expansion = ShellExpansion(text)
        expansion.escape = escape
        expansion.variables = values
        return (try expansion.word(), expansion)
    }

    /// The variable without a value that a text was meant to have one of, named in it or inside of another one's value.
    ///
    /// BuildKit puts nothing in its place. Where that leaves a separator without anything on one side (`python:3.${MINOR}`,
    /// `a:$V-slim`), it was not meant so.
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
