// SPDX-License-Identifier: Apache-2.0

/// Renders texts of a chart's templates with the chart's own values, as far as those decide: literals, `.Values`, `.Chart`,
/// variables, branches, and functions that choose or join (helm.sh/docs, "Template Function List"). Everything else is open.
struct ChartRenderer {
    /// What depends on more than the chart's own files.
    struct Open: Error {}

    /// What stands at a path of the values.
    enum Value {
        case missing
        /// Quotes make a text of what else is a number or a truth value.
        case scalar(String, isQuoted: Bool)
        case collection(isEmpty: Bool)
    }

    let value: ([String]) -> Value
    let chart: [String: String]
    /// The bodies of what templates define.
    let definitions: [String: String]
    /// nil: open.
    var dot: ChartItem? = .root
    /// nil: open.
    var variables: [String: ChartItem?] = [:]
    private var depth = 0

    private static let depthLimit = 16

    init(
        value: @escaping ([String]) -> Value, chart: [String: String], definitions: [String: String]
    ) {
        self.value = value
        self.chart = chart
        self.definitions = definitions
    }

    func render(_ text: String) throws(Open) -> ChartRecipe {
        var renderer = self
        renderer.depth += 1
        guard renderer.depth < Self.depthLimit else { throw Open() }
        var position = 0
        let tokens = ChartTokens(text).tokens
        let (recipe, stop) = try renderer.block(tokens, &position, isActive: true)
        guard stop == nil else { throw Open() }
        return recipe
    }

    // MARK: - Blocks

    private static let limit = 1 << 12

    /// Up to the `else` or `end` that belongs to the block, which is given back.
    private mutating func block(
        _ tokens: [ChartTokens.Token], _ position: inout Int, isActive: Bool
    ) throws(Open) -> (ChartRecipe, stop: [Substring]?) {
        var result = ChartRecipe()
        while position < tokens.count {
            let token = tokens[position]
            position += 1
            switch token {
            case .text(let text): if isActive { result = result + ChartRecipe(text) }
            case .action(let text, _):
                let words = ChartTokens.words(text)
                let keyword = words.first ?? "/*"
                if keyword == "end" || keyword == "else" { return (result, words) }
                if let made = try action(words, tokens, &position, isActive) { result = result + made }
            }
            if result.pieces.count > Self.limit { throw Open() }
        }
        return (result, nil)
    }

    private mutating func action(
        _ words: [Substring], _ tokens: [ChartTokens.Token], _ position: inout Int, _ isActive: Bool
    ) throws(Open) -> ChartRecipe? {
        switch words.first ?? "/*" {
        case let word where word.hasPrefix("/*"): return nil
        case "if", "with": return try branches(words, tokens, &position, isActive)
        case "range", "define", "block":
            if isActive { throw Open() }
            _ = try branches(["if"], tokens, &position, false)
            return nil
        case "template" where isActive: return try text(of: call("include", Array(words.dropFirst())))
        case let word where word.hasPrefix("$") && words.count > 2 && (words[1] == ":=" || words[1] == "="):
            if isActive { variables[String(word)] = try? pipeline(Array(words.dropFirst(2))) }
            return nil
        default: return isActive ? try text(of: pipeline(words)) : nil
        }
    }

    private mutating func branches(
        _ words: [Substring], _ tokens: [ChartTokens.Token], _ position: inout Int, _ isActive: Bool
    ) throws(Open) -> ChartRecipe? {
        let outer = dot
        defer { dot = outer }
        var condition: [Substring]? = Array(words.dropFirst())
        var isWith = words.first == "with"
        var isDone = !isActive
        var result: ChartRecipe?
        while true {
            var isTaken = !isDone
            if isTaken, let condition {
                let item = try assigned(condition)
                isTaken = try isTrue(item)
                if isWith, isTaken { dot = item }
            }
            let (recipe, stop) = try block(tokens, &position, isActive: isTaken)
            dot = outer
            if isTaken { (result, isDone) = (recipe, true) }
            guard let stop, stop.first == "else" else { return result }
            isWith = stop.dropFirst().first == "with"
            condition = stop.count > 1 ? Array(stop.dropFirst(2)) : nil
        }
    }

    /// A condition, which may give its value a name.
    private mutating func assigned(_ words: [Substring]) throws(Open) -> ChartItem {
        guard words.count > 2, words[1] == ":=" else { return try pipeline(words) }
        let item = try pipeline(Array(words.dropFirst(2)))
        variables[String(words[0])] = item
        return item
    }

    // MARK: - Items

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
        case .text(let recipe): return !["", "false", "0"].contains(string(of: recipe))
        case .values(let path):
            switch value(path) {
            case .missing: return false
            case .collection(let isEmpty): return !isEmpty
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

    private func item(_ word: Substring) throws(Open) -> ChartItem {
        if word.hasPrefix("("), let close = word.lastIndex(of: ")") {
            let inner = try pipeline(ChartTokens.words(word[word.index(after: word.startIndex)..<close]))
            return try step(inner, word[word.index(after: close)...].split(separator: ".")[...])
        }
        if let literal = Self.literal(word) { return .text(literal.isEmpty ? nil : ChartRecipe(literal)) }
        if word == "." { return try known(dot) }
        if word == "$" { return .root }
        if word == "true" || word.allSatisfy(\.isNumber) { return .text(ChartRecipe(String(word))) }
        if word == "false" || word == "nil" { return .text(nil) }
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

    private func step(_ item: ChartItem, _ names: ArraySlice<Substring>) throws(Open) -> ChartItem {
        guard let name = names.first else { return item }
        let next: ChartItem
        switch item {
        case .root where name == "Values": next = .values([])
        case .root where name == "Chart": next = .chart
        case .chart:
            guard let text = chart[name.lowercased()] else { throw Open() }
            next = .text(ChartRecipe(text))
        case .values(let path): next = .values(path + [String(name)])
        case .fields(let fields): next = fields[String(name)] ?? .text(nil)
        // Nothing of nothing.
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

    // MARK: - Functions

    private func call(_ name: String, _ words: [Substring], piped: ChartItem? = nil) throws(Open) -> ChartItem {
        var items: [ChartItem] = []
        for word in words { items.append(try item(word)) }
        if let piped { items.append(piped) }
        switch name {
        case "default":
            guard items.count == 2 else { throw Open() }
            return try isTrue(items[1]) ? items[1] : items[0]
        case "coalesce", "or":
            for item in items where try isTrue(item) { return item }
            return items.last ?? .text(nil)
        case "and":
            for item in items where try !isTrue(item) { return item }
            return items.last ?? .text(nil)
        case "ternary" where items.count == 3: return try isTrue(items[2]) ? items[0] : items[1]
        case "required" where items.count == 2: return items[1]
        case "not", "empty": return Self.truth(try items.first.map { item throws(Open) in try !isTrue(item) } ?? true)
        case "eq", "ne":
            guard items.count == 2 else { throw Open() }
            return Self.truth((try string(of: items[0]) == string(of: items[1])) == (name == "eq"))
        case "contains", "hasPrefix", "hasSuffix":
            guard items.count == 2 else { throw Open() }
            return Self.truth(Self.holds(name, try string(of: items[1]), part: try string(of: items[0])))
        case "hasKey" where items.count == 2: return try hasKey(items[0], string(of: items[1]))
        case "dict": return try dictionary(items)
        case "include" where items.count == 2: return try include(string(of: items[0]), items[1])
        default: return .text(try textual(name, items))
        }
    }

    private static func truth(_ value: Bool) -> ChartItem { .text(value ? ChartRecipe("true") : nil) }

    private static func holds(_ function: String, _ text: String, part: String) -> Bool {
        switch function {
        case "hasPrefix": text.hasPrefix(part)
        case "hasSuffix": text.hasSuffix(part)
        default: part.isEmpty || text.place(of: part) != nil
        }
    }

    private func hasKey(_ item: ChartItem, _ name: String) throws(Open) -> ChartItem {
        switch item {
        case .fields(let fields): return Self.truth(fields[name] != nil)
        case .values(let path):
            if case .missing = value(path + [name]) { return Self.truth(false) }
            return Self.truth(true)
        default: throw Open()
        }
    }

    private func dictionary(_ items: [ChartItem]) throws(Open) -> ChartItem {
        guard items.count.isMultiple(of: 2) else { throw Open() }
        var fields: [String: ChartItem] = [:]
        for index in stride(from: 0, to: items.count, by: 2) { fields[try string(of: items[index])] = items[index + 1] }
        return .fields(fields)
    }

    private func include(_ name: String, _ dot: ChartItem) throws(Open) -> ChartItem {
        guard let body = definitions[name] else { throw Open() }
        var renderer = self
        renderer.dot = dot
        renderer.variables = [:]
        return .text(try renderer.render(body).trimmed)
    }

    private func textual(_ name: String, _ items: [ChartItem]) throws(Open) -> ChartRecipe? {
        switch name {
        case "quote", "squote", "toString", "trim", "print", "int", "nospace":
            guard items.count == 1 else { throw Open() }
            return try text(of: items[0])
        case "tpl":
            guard let item = items.first, try !string(of: item).contains("{{") else { throw Open() }
            return try text(of: item)
        case "printf":
            guard let format = items.first else { throw Open() }
            return try formatted(string(of: format), items.dropFirst())
        case "trimPrefix", "trimSuffix", "lower":
            guard let last = items.last else { throw Open() }
            let old = try string(of: last)
            let new = try Self.changed(name, old, items.count == 2 ? string(of: items[0]) : "")
            return new == old ? try text(of: last) : ChartRecipe(new)
        default: throw Open()
        }
    }

    private static func changed(_ name: String, _ text: String, _ part: String) -> String {
        switch name {
        case "trimPrefix" where text.hasPrefix(part): String(text.dropFirst(part.count))
        case "trimSuffix" where text.hasSuffix(part): String(text.dropLast(part.count))
        case "lower": text.lowercased()
        default: text
        }
    }

    private func formatted(_ format: String, _ items: ArraySlice<ChartItem>) throws(Open) -> ChartRecipe {
        var result = ChartRecipe()
        var items = items
        var rest = format[...]
        while let percent = rest.firstIndex(of: "%") {
            let verb = rest[percent...].dropFirst().first
            guard let verb, "svd".contains(verb), let item = items.popFirst() else { throw Open() }
            result = try result + ChartRecipe(String(rest[..<percent])) + (text(of: item) ?? ChartRecipe())
            rest = rest[percent...].dropFirst(2)
        }
        return result + ChartRecipe(String(rest))
    }
}

extension ChartRenderer {
    /// The values that the single words of a text name, by dot or by a variable.
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

extension ChartRecipe {
    /// Without blanks at its ends; nothing for nothing else.
    var trimmed: ChartRecipe? {
        var pieces = pieces
        if case .text(let text)? = pieces.first {
            pieces.removeFirst()
            let rest = String(text.drop(while: \.isWhitespace))
            if !rest.isEmpty {
                pieces.insert(.text(rest), at: 0)
            } else if pieces.first != nil {
                return ChartRecipe(pieces).trimmed
            }
        }
        if case .text(var text)? = pieces.last {
            pieces.removeLast()
            while text.last?.isWhitespace == true { text.removeLast() }
            if !text.isEmpty {
                pieces.append(.text(text))
            } else if pieces.last != nil {
                return ChartRecipe(pieces).trimmed
            }
        }
        return pieces.isEmpty ? nil : ChartRecipe(pieces)
    }
}
