// SPDX-License-Identifier: Apache-2.0

/// Variables that a pipeline or Compose fills into a text: `$x`, `${x}` and, for Compose, `${x:-w}` and similar forms.
struct Variables {
    var values: [String: TracedText] = [:]
    /// The other files that values come from, by the variables' names.
    private(set) var files: [String: String] = [:]
    /// Values may use other variables, which are filled in where the value is used, wherever they are set (GitLab,
    /// Cloud Build).
    var areNested = false
    /// `${x:=w}` is allowed, as in a shell.
    var takesAssignments = false

    /// Replaces all values.
    ///
    /// - Parameter files: the other files that values come from, by the variables' names.
    mutating func assign(_ values: [String: TracedText], from files: [String: String]) {
        self.values = values
        self.files = files
    }

    /// A text with its variables filled in.
    struct Filled {
        var text: TracedText
        /// The first variable that has no value.
        var missing: String?
        /// The variables that the text is composed of.
        var deciders: [Decider] = []
    }

    /// Fills in a text. A text that cannot be read stays as it is.
    func fill(_ text: TracedText) -> Filled {
        guard text.bytes.contains(UInt8(ascii: "$")) else { return Filled(text: text) }
        let text = areNested ? unfolded(text) : text
        var expansion = ShellExpansion(escapingDollars(text))
        expansion.variables = values
        expansion.escape = 0
        expansion.takesAssignments = takesAssignments
        do throws(ExpansionError) {
            let filled = try expansion.word()
            let isUsable =
                ImageName.reference(filled.string) != nil && filled.bytes.last.map { !".-_".utf8.contains($0) } ?? false
            return Filled(
                text: filled, missing: isUsable ? nil : expansion.unset.first ?? expansion.mentioned.first,
                deciders: expansion.mentioned.map { Decider($0, file: files[$0]) })
        } catch {
            return Filled(
                text: text, missing: error.variable ?? TemplateText.variable(in: text.string) ?? text.string)
        }
    }

    /// The text with its variables replaced by their values, repeatedly, because values may contain variables.
    func unfolded(_ text: TracedText) -> TracedText {
        var text = text
        // Values may name each other in a circle.
        for _ in 0..<8 where text.bytes.contains(UInt8(ascii: "$")) && !text.string.contains("$$") {
            var expansion = ShellExpansion(text)
            expansion.variables = values
            expansion.escape = 0
            expansion.keepsUnset = true
            guard let next = try? expansion.word(), next != text else { return text }
            text = next
        }
        return text
    }

    /// `$$` means a dollar sign. It is written in single quotes for the expansion.
    private func escapingDollars(_ text: TracedText) -> TracedText {
        var result = TracedText()
        var position = 0
        while position < text.count {
            if text.bytes[position...].starts(with: "$$".utf8) {
                let quote = UInt8(ascii: "'")
                result.append(quote, origin: TracedText.nowhere)
                result.append(at: position + 1, of: text)
                result.append(quote, origin: TracedText.nowhere)
                position += 2
            } else {
                result.append(at: position, of: text)
                position += 1
            }
        }
        return result
    }

    /// Reads `NAME=value` lines, as Compose reads `.env`: comments, `export`, quotes, and values that use earlier ones,
    /// except in single quotes (docs.docker.com, "Set, use, and manage variables").
    mutating func readDotEnv(_ bytes: [UInt8], file: String = ".env") {
        for line in bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            var line = line.drop(while: Self.isBlank)
            if line.starts(with: "export ".utf8) { line = line.dropFirst(7).drop { $0 == UInt8(ascii: " ") } }
            guard line.first != UInt8(ascii: "#"), let equals = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = Self.text(line[..<equals].filter { $0 != UInt8(ascii: " ") })
            values[name] = value(line[(equals + 1)...])
            files[name] = file
        }
    }

    private func value(_ text: ArraySlice<UInt8>) -> TracedText {
        let text = text.drop(while: Self.isBlank)
        if let quote = text.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"),
            let end = text.dropFirst().firstIndex(of: quote)
        {
            let quoted = TracedText(untraced: Self.text(text[..<end].dropFirst()))
            return quote == UInt8(ascii: "'") ? quoted : filled(quoted)
        }
        return filled(TracedText(untraced: Self.text(Self.plain(text))))
    }

    /// A text that cannot be filled in stays as it is, and is not an image.
    private func filled(_ text: TracedText) -> TracedText {
        guard text.bytes.contains(UInt8(ascii: "$")) else { return text }
        var expansion = ShellExpansion(text)
        expansion.variables = values
        expansion.escape = 0
        guard let filled = try? expansion.word(), expansion.unset.isEmpty else { return text }
        return filled
    }

    /// A value without quotes ends at a comment, which begins behind a blank.
    private static func plain(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isComment = { text[$0] == UInt8(ascii: " ") && text[($0 + 1)...].first == UInt8(ascii: "#") }
        var plain = text[..<(text.indices.first(where: isComment) ?? text.endIndex)]
        while plain.last.map(isBlank) ?? false { plain.removeLast() }
        return plain
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
