// SPDX-License-Identifier: Apache-2.0

/// A text of a chart's template, as far as the chart's own values decide what it comes to: literals, `.Values` and `.Chart`, and
/// functions that choose or join (helm.sh/docs, "Template Functions and Pipelines"). Everything else has no value here.
struct ChartExpression {
    /// What names stand for.
    let values: (_ path: [String]) -> TracedText?
    let chart: [String: String]
    /// The bodies of what templates define.
    let definitions: [String: String]

    private static let depthLimit = 12
    private static let lengthLimit = 1 << 12

    /// nil where something in the text has no value.
    func value(of text: String, depth: Int = 0) -> TracedText? {
        guard depth < Self.depthLimit else { return nil }
        var result = TracedText()
        var rest = text[...]
        while let open = rest.firstRange(of: "{{") {
            result.append(TracedText(untraced: String(rest[..<open.lowerBound])))
            guard let close = rest[open.upperBound...].firstRange(of: "}}"),
                let value = action(rest[open.upperBound..<close.lowerBound], depth: depth + 1),
                result.count + value.count < Self.lengthLimit
            else { return nil }
            result.append(value)
            rest = rest[close.upperBound...]
        }
        result.append(TracedText(untraced: String(rest)))
        return result.trimmed
    }

    private func action(_ text: Substring, depth: Int) -> TracedText? {
        var text = text
        if text.hasPrefix("-") { text = text.dropFirst() }
        if text.hasSuffix("-") { text = text.dropLast() }
        return pipeline(Self.words(text), depth: depth)
    }

    // MARK: - Words

    /// Words between blanks; texts in quotes and what stands in parentheses is one each, `|` a word of its own.
    static func words(_ text: Substring) -> [Substring] {
        var words: [Substring] = []
        var start: Substring.Index?
        var level = 0
        var quote: Character?
        func end(_ index: Substring.Index) {
            if let begin = start { words.append(text[begin..<index]) }
            start = nil
        }
        for index in text.indices {
            let character = text[index]
            if let open = quote {
                if character == open { quote = nil }
                continue
            }
            if character == "\"" || character == "`" { quote = character }
            if character == "(" { level += 1 }
            if character == ")" { level -= 1 }
            if level == 0, character.isWhitespace || character == "|" {
                end(index)
                if character == "|" { words.append(text[index...index]) }
            } else if start == nil {
                start = index
            }
        }
        end(text.endIndex)
        return words
    }

    private func pipeline(_ words: [Substring], depth: Int) -> TracedText? {
        var value: TracedText?
        for (number, command) in words.split(separator: "|").enumerated() {
            guard let first = command.first else { return nil }
            let piped = number > 0 ? [value] : []
            if command.count == 1, piped.isEmpty, let term = term(first, depth: depth) {
                value = term
            } else {
                let terms = command.dropFirst().map { word in
                    Self.takesContext.contains(String(first)) ? nil : term(word, depth: depth)
                }
                value = call(String(first), Array(command.dropFirst()), terms + piped, depth: depth)
            }
        }
        return value
    }

    /// Functions whose arguments are no values.
    private static let takesContext: Set<String> = ["include"]

    private func term(_ word: Substring, depth: Int) -> TracedText? {
        guard depth < Self.depthLimit else { return nil }
        if word.hasPrefix("("), word.hasSuffix(")") {
            return pipeline(Self.words(word.dropFirst().dropLast()), depth: depth + 1)
        }
        if let literal = Self.literal(word) { return TracedText(untraced: literal) }
        let path = word.hasPrefix("$.") ? word.dropFirst(2) : word.hasPrefix(".") ? word.dropFirst() : ""
        let names = path.split(separator: ".").map(String.init)
        switch names.first {
        case "Values": return values(Array(names.dropFirst()))
        case "Chart" where names.count == 2: return chart[names[1].lowercased()].map { TracedText(untraced: $0) }
        default: return nil
        }
    }

    private static func literal(_ word: Substring) -> String? {
        guard word.count > 1, let quote = word.first, quote == word.last, quote == "\"" || quote == "`" else {
            return nil
        }
        return String(word.dropFirst().dropLast())
    }

    // MARK: - Functions

    /// An empty text is none, as for `default`.
    private func call(_ name: String, _ words: [Substring], _ terms: [TracedText?], depth: Int) -> TracedText? {
        switch name {
        case "quote", "squote", "toString", "trim", "print": return terms.count == 1 ? terms[0] : nil
        case "tpl": return terms.first.flatMap { $0 }.flatMap { $0.string.contains("{{") ? nil : $0 }
        case "required": return terms.last.flatMap { $0 }
        case "default": return terms.count == 2 ? terms[1] ?? terms[0] : nil
        case "coalesce": return terms.lazy.compactMap(\.self).first
        case "printf": return terms.first.flatMap { $0 }.flatMap { Self.formatted($0.string, Array(terms.dropFirst())) }
        case "include":
            guard words.count == 2, words[1] == "." || words[1] == "$", let name = Self.literal(words[0]) else {
                return nil
            }
            return definitions[name].flatMap { value(of: $0, depth: depth + 1) }
        default: return nil
        }
    }

    private static func formatted(_ format: String, _ terms: [TracedText?]) -> TracedText? {
        var result = TracedText()
        var terms = terms[...]
        var rest = format[...]
        while let percent = rest.firstIndex(of: "%") {
            result.append(TracedText(untraced: String(rest[..<percent])))
            let verb = rest[percent...].dropFirst().first
            guard verb == "s" || verb == "v", let term = terms.popFirst(), let term else { return nil }
            result.append(term)
            rest = rest[percent...].dropFirst(2)
        }
        result.append(TracedText(untraced: String(rest)))
        return result
    }
}
