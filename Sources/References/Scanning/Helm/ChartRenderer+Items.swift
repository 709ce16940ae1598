// SPDX-License-Identifier: Apache-2.0

/// Reads the words of an action, and evaluates them as texts or conditions.
extension ChartRenderer {
    func text(of item: ChartItem) throws(Open) -> ChartRecipe? {
        switch item {
        case .text(let recipe): return recipe
        case .values(let path):
            switch value(path) {
            case .missing: return nil
            case .scalar(let text, _): return text.isEmpty ? nil : ChartRecipe([.value(path)])
            case .collection: throw Open()
            }
        default: throw Open()
        }
    }

    func string(of item: ChartItem) throws(Open) -> String { string(of: try text(of: item)) }

    private func string(of recipe: ChartRecipe?) -> String {
        recipe?.pieces.map { piece in
            switch piece {
            case .text(let text): return text
            case .value(let path):
                if case .scalar(let text, _) = value(path) { return text }
                return ""
            }
        }.joined() ?? ""
    }

    func isTrue(_ item: ChartItem) throws(Open) -> Bool {
        switch item {
        case .root, .chart: return true
        case .fields(let fields): return !fields.isEmpty
        case .list(let items): return !items.isEmpty
        case .text(let recipe): return !["", "false", "0"].contains(string(of: recipe))
        case .values(let path):
            switch value(path) {
            case .missing: return false
            case .collection(let isEmpty, _): return !isEmpty
            case .scalar(let text, let isQuoted):
                return isQuoted ? !text.isEmpty : !["", "false", "0", "null", "~"].contains(text)
            }
        }
    }

    func pipeline(_ words: [Substring]) throws(Open) -> ChartItem {
        var result: ChartItem?
        for command in words.split(separator: "|") {
            let words = Array(command)
            if result == nil, words.count == 1 {
                result = try item(words[0])
            } else {
                result = try call(String(words[0]), Array(words.dropFirst()), piped: result)
            }
        }
        guard let result else { throw Open() }
        return result
    }

    func item(_ word: Substring) throws(Open) -> ChartItem {
        if word.hasPrefix("("), let close = word.lastIndex(of: ")") {
            let inner = try pipeline(ChartTokens.words(word[word.index(after: word.startIndex)..<close]))
            return try step(inner, word[word.index(after: close)...].split(separator: ".")[...])
        }
        if let literal = Self.literal(word) { return .text(literal.isEmpty ? nil : ChartRecipe(literal)) }
        if word == "." { return try known(dot) }
        if word == "$" { return .root }
        if word == "true" || word.allSatisfy(\.isNumber) { return .text(ChartRecipe(String(word))) }
        if word == "false" || word == "nil" { return .text(nil) }
        // Functions without arguments.
        if word == "dict" { return .fields([:]) }
        if word == "list" { return .list([]) }
        let names = word.split(separator: ".")
        if word.hasPrefix(".") { return try step(known(dot), names[...]) }
        guard word.hasPrefix("$"), let first = names.first else { throw Open() }
        let start: ChartItem = first == "$" ? .root : try known(variables[String(first)].flatMap { $0 })
        return try step(start, names.dropFirst())
    }

    private func known(_ item: ChartItem?) throws(Open) -> ChartItem {
        guard let item else { throw Open() }
        return item
    }

    func step(_ item: ChartItem, _ names: ArraySlice<Substring>) throws(Open) -> ChartItem {
        guard let name = names.first else { return item }
        let next: ChartItem
        switch item {
        case .root where name == "Values": next = .values([])
        case .root where name == "Chart": next = .chart
        case .chart:
            if name == "Annotations" {
                next = .fields(annotations.mapValues { .text(ChartRecipe($0)) })
            } else {
                guard let text = chart[name.lowercased()] else { throw Open() }
                next = .text(ChartRecipe(text))
            }
        case .values(let path): next = .values(path + [String(name)])
        case .fields(let fields): next = fields[String(name)] ?? .text(nil)
        // A field of nothing is nothing.
        case .text(nil): next = item
        default: throw Open()
        }
        return try step(next, names.dropFirst())
    }

    private static func literal(_ word: Substring) -> String? {
        guard word.count > 1, let quote = word.first, quote == word.last, quote == "\"" || quote == "`" else {
            return nil
        }
        return String(word.dropFirst().dropLast())
    }

    /// The keys with which the words of a text refer to unknown values, without the first name: `image` and
    /// `repository` of `{{ .worker.image.repository }}` in a template that is included with a `dict`.
    func unknownKeys(in text: String) -> [[String]] {
        ChartTokens(text).tokens.flatMap { token -> [[String]] in
            guard case .action(let action, _) = token else { return [] }
            let words = action.split { !($0.isLetter || $0.isNumber || "._$".contains($0)) }
            return words.filter { $0.hasPrefix(".") || $0.hasPrefix("$") }.compactMap { word in
                let keys = word.split(separator: ".").map(String.init)
                guard (try? item(word)) == nil, let last = keys.last, !last.hasPrefix("$") else { return nil }
                return keys.count > 1 ? Array(keys.dropFirst()) : keys
            }
        }
    }

    /// The paths of the values that single words of a text refer to, by the dot or by a variable.
    func paths(in text: String) -> [[String]] {
        ChartTokens(text).tokens.flatMap { token -> [[String]] in
            guard case .action(let action, _) = token else { return [] }
            return ChartTokens.words(action).filter { $0.hasPrefix(".") || $0.hasPrefix("$") }.flatMap { word in
                guard let item = try? pipeline([word]), let recipe = try? self.text(of: item) else {
                    return [[String]]()
                }
                return recipe.pieces.compactMap { if case .value(let path) = $0 { path } else { nil } }
            }
        }
    }
}
