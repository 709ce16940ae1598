// SPDX-License-Identifier: Apache-2.0

/// The template functions, as far as the chart's own files decide their results.
extension ChartRenderer {
    func call(_ name: String, _ words: [Substring], piped: ChartItem? = nil) throws(Open) -> ChartItem {
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
            return Self.truth(Self.holds(try string(of: items[1]), part: try string(of: items[0]), by: name))
        case "kindIs" where items.count == 2: return Self.truth(try isKind(kind(of: items[1]), string(of: items[0])))
        case "typeIs" where items.count == 2: return Self.truth(try isKind(type(of: items[1]), string(of: items[0])))
        case "kindOf" where items.count == 1: return .text(ChartRecipe(try known(kind(of: items[0]))))
        case "typeOf" where items.count == 1: return .text(ChartRecipe(try known(type(of: items[0]))))
        case "join" where items.count == 2: return .text(try joined(items[1], by: string(of: items[0])))
        case "print" where items.count > 1: return .text(try joined(.list(items), by: ""))
        case "hasKey" where items.count == 2: return try hasKey(items[0], string(of: items[1]))
        case "dict": return try dictionary(items)
        case "list", "tuple": return .list(items)
        case "index": return try element(of: items)
        case "len" where items.count == 1: return .text(ChartRecipe(String(try length(of: items[0]))))
        case "first", "last":
            guard items.count == 1, case .list(let list) = items[0] else { throw Open() }
            return (name == "first" ? list.first : list.last) ?? .text(nil)
        case "include" where items.count == 2: return try include(string(of: items[0]), items[1])
        default: return .text(try textual(name, items))
        }
    }

    private static func truth(_ value: Bool) -> ChartItem { .text(value ? ChartRecipe("true") : nil) }

    private func isKind(_ kind: String?, _ wanted: String) throws(Open) -> Bool {
        if let kind { return kind == wanted }
        guard !wanted.hasPrefix("int"), !wanted.hasPrefix("uint"), !wanted.hasPrefix("float") else { throw Open() }
        return false
    }

    private func known(_ kind: String?) throws(Open) -> String {
        guard let kind else { throw Open() }
        return kind
    }

    /// The kind of a value as Go names it (pkg.go.dev/reflect, "Kind"). nil for a number, whose kind depends on how the
    /// values are given.
    private func kind(of item: ChartItem) throws(Open) -> String? {
        switch item {
        case .root, .chart: throw Open()
        case .fields: return "map"
        case .list: return "slice"
        case .text(nil): return "invalid"
        case .text: return Self.kind(ofPlain: try string(of: item))
        case .values(let path):
            switch value(path) {
            case .missing: return "invalid"
            case .collection(_, let kind): return kind
            case .scalar(let text, let isQuoted): return isQuoted ? "string" : Self.kind(ofPlain: text)
            }
        }
    }

    private static func kind(ofPlain text: String) -> String? {
        if ["true", "false"].contains(text.lowercased()) { return "bool" }
        let mayBeNumber = text.first.map { $0.isNumber || "+-.".contains($0) } ?? false
        return mayBeNumber && Double(text) != nil ? nil : "string"
    }

    private func type(of item: ChartItem) throws(Open) -> String? {
        switch try kind(of: item) {
        case "map": "map[string]interface {}"
        case "slice": "[]interface {}"
        case "invalid": "<nil>"
        case let kind: kind
        }
    }

    private func joined(_ item: ChartItem, by separator: String) throws(Open) -> ChartRecipe {
        guard case .list(let items) = item else { throw Open() }
        var result = ChartRecipe()
        for (position, item) in items.enumerated() {
            if position > 0 { result = result + ChartRecipe(separator) }
            result = try result + (text(of: item) ?? ChartRecipe())
        }
        return result
    }

    private static func holds(_ text: String, part: String, by function: String) -> Bool {
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

    /// The result of `index x 0 "a"`: the element of a collection, and then the element of that.
    private func element(of items: [ChartItem]) throws(Open) -> ChartItem {
        guard var item = items.first else { throw Open() }
        for key in items.dropFirst() {
            let key = try string(of: key)
            if case .list(let list) = item {
                guard let place = Int(key), list.indices.contains(place) else { throw Open() }
                item = list[place]
            } else {
                item = try step(item, [key[...]])
            }
        }
        return item
    }

    private func length(of item: ChartItem) throws(Open) -> Int {
        switch item {
        case .list(let items): items.count
        case .fields(let fields): fields.count
        default: try string(of: item).utf8.count
        }
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
            guard let item = items.first, try Self.isFixed(nameOf: string(of: item)) else { throw Open() }
            return try text(of: item)
        case "printf":
            guard let format = items.first else { throw Open() }
            return try formatted(string(of: format), items.dropFirst())
        case "trimPrefix", "trimSuffix", "lower":
            guard let last = items.last else { throw Open() }
            let old = try string(of: last)
            let new = try Self.changed(old, by: name, part: items.count == 2 ? string(of: items[0]) : "")
            return new == old ? try text(of: last) : ChartRecipe(new)
        default: throw Open()
        }
    }

    /// Whether a template in a text fills in nothing, or only the tag of an image. Then the text stands in the recipe as
    /// it is written.
    private static func isFixed(nameOf text: String) -> Bool {
        guard let action = text.place(of: "{{") else { return true }
        return text[..<action.lowerBound].split(separator: "/").last?.contains(":") ?? false
    }

    private static func changed(_ text: String, by function: String, part: String) -> String {
        switch function {
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
