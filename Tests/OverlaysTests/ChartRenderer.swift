// SPDX-License-Identifier: Apache-2.0

/// Values of a chart, read and merged as Helm does, for mappings of texts and numbers in block style.
///
/// Written apart from the scanner's own reader, so that no shared mistake can hide.
indirect enum ChartValue: Equatable {
    case text(String)
    case mapping([String: ChartValue])

    /// Numbers are what Go prints of them: `1.10` is 1.1.
    static func scalar(_ text: String) -> ChartValue {
        if text.count > 1, let quote = text.first, quote == "\"" || quote == "'", text.last == quote {
            return .text(String(text.dropFirst().dropLast()))
        }
        guard text.contains("."), let number = Double(text) else { return .text(text) }
        return .text(number == number.rounded() ? String(Int(number)) : String(number))
    }

    init(yaml: String) {
        var lines = yaml.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("#") }[...]
        self = Self.mapping(&lines, indent: 0)
    }

    private static func mapping(_ lines: inout ArraySlice<Substring>, indent: Int) -> ChartValue {
        var entries: [String: ChartValue] = [:]
        while let line = lines.first, line.prefix(while: { $0 == " " }).count == indent {
            lines.removeFirst()
            let halves = line.dropFirst(indent).split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let key = String(halves[0].filter { $0 != "\"" })
            let rest = halves.count > 1 ? halves[1].drop { $0 == " " } : ""
            if rest.isEmpty {
                let inner = lines.first?.prefix { $0 == " " }.count ?? 0
                entries[key] = inner > indent ? mapping(&lines, indent: inner) : .mapping([:])
            } else {
                entries[key] = scalar(String(rest))
            }
        }
        return .mapping(entries)
    }

    /// Key by key, the other one's first.
    func merged(with other: ChartValue) -> ChartValue {
        guard case .mapping(let mine) = self, case .mapping(let theirs) = other else { return other }
        return .mapping(mine.merging(theirs) { $0.merged(with: $1) })
    }

    subscript(path: Substring) -> String {
        var value = self
        for key in path.split(separator: ".") {
            guard case .mapping(let entries) = value, let next = entries[String(key)] else { return "" }
            value = next
        }
        if case .text(let text) = value { return text }
        return ""
    }
}

/// Renders exactly the expressions that charts make images of: values, `| default`, `if contains "/"`, `if`, `else`, `end`.
struct ChartRenderer {
    let values: ChartValue
    var appVersion = "2.3.4"

    /// One image for each template.
    func images(_ templates: [String]) -> [String] { templates.map(image) }

    private func image(_ template: String) -> String {
        var text = ""
        var rest = template[...]
        // Whether text at this depth counts.
        var counts = [true]
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            if counts.allSatisfy(\.self) { text += rest[..<open.lowerBound] }
            let words = rest[open.upperBound..<close.lowerBound].split(separator: " ")
            rest = rest[close.upperBound...]
            switch words.first {
            case "if": counts.append(holds(words.dropFirst()))
            case "else": counts[counts.count - 1].toggle()
            case "end": counts.removeLast()
            default: if counts.allSatisfy(\.self) { text += value(words[...]) }
            }
        }
        return text + (counts.allSatisfy(\.self) ? String(rest) : "")
    }

    private func holds(_ words: ArraySlice<Substring>) -> Bool {
        words.first == "contains" ? atom(words.last ?? "").contains("/") : !atom(words.first ?? "").isEmpty
    }

    /// `a | default b | default c`: the first that is not empty.
    private func value(_ words: ArraySlice<Substring>) -> String {
        words.split(separator: "|").lazy.map { atom($0.last ?? "") }.first { !$0.isEmpty } ?? ""
    }

    private func atom(_ word: Substring) -> String {
        if word == ".Chart.AppVersion" { return appVersion }
        if word.hasPrefix(".Global.") { return values["global." + word.dropFirst(".Global.".count)] }
        if word.hasPrefix(".Values.") { return values[word.dropFirst(".Values.".count)] }
        return word.filter { $0 != "\"" }
    }
}
