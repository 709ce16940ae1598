// SPDX-License-Identifier: Apache-2.0

/// The values of expressions, as far as the file itself decides them.
struct HCLResolver {
    /// Values by the paths that lead to them: `var.x`, `local.x`, in Bake's files `x`.
    private var values: [String: [HCLValue]] = [:]

    /// Bake's own functions, by name.
    private var functions: [String: Function] = [:]

    private struct Function {
        let parameters: [String]
        let result: HCLValue
    }

    enum Resolved {
        /// A text, and the text at its place of use.
        case text(TracedText, written: TracedText)
        case open(String, written: TracedText)
    }

    /// The longest chain of values made of values. A longer one is a cycle.
    private static let depthLimit = 16
    private static let lengthLimit = 1 << 16

    mutating func add(_ path: String, _ value: HCLValue) { values[path, default: []].append(value) }

    /// Replaces all known values of a name.
    mutating func set(_ path: String, _ value: HCLValue) { values[path] = [value] }

    /// `function "name" { params = […], result = … }` (docs.docker.com, "Bake file reference").
    mutating func add(function name: String, _ body: HCLBody) {
        guard case .list(let names)? = body.value("params"), let result = body.value("result") else { return }
        let parameters = names.compactMap { if case .reference(let path, _) = $0 { path } else { nil } }
        functions[name] = Function(parameters: parameters, result: result)
    }

    /// The result of a function for its arguments.
    private func call(_ function: Function, _ arguments: [HCLValue], depth: Int) -> [Resolved] {
        calling(function, arguments, depth: depth).resolve(function.result, depth: depth + 1)
    }

    /// The names that a function knows, with its arguments.
    private func calling(_ function: Function, _ arguments: [HCLValue], depth: Int) -> HCLResolver {
        var inner = self
        // Functions that call functions could grow without end.
        inner.functions = [:]
        for (name, argument) in zip(function.parameters, arguments) {
            let known = resolve(argument, depth: depth + 1).compactMap { resolved -> HCLValue? in
                if case .text(let text, _) = resolved { .text(FilledText(literal: text)) } else { nil }
            }
            inner.values[name] = known.isEmpty ? nil : known
        }
        return inner
    }

    /// The values that are given to a name.
    func definitions(of path: String) -> [HCLValue] { values[path] ?? [] }

    /// The known values of a name, or of a field of an object with that name.
    private func known(_ path: String) -> [HCLValue]? {
        if let known = values[path] { return known }
        guard let dot = path.lastIndex(of: "."), let holders = known(String(path[..<dot])) else { return nil }
        let field = path[path.index(after: dot)...]
        let fields = holders.compactMap { holder -> HCLValue? in
            guard case .object(let entries) = holder else { return nil }
            return entries.first { $0.name == field }?.value
        }
        return fields.isEmpty ? nil : fields
    }

    /// The known values of an element. nil: none, or a key is not known.
    private func parts(_ element: HCLElement, depth: Int) -> [HCLValue]? {
        guard depth < Self.depthLimit, var holders = known(element.base) else { return nil }
        for key in element.keys {
            guard let key = self.key(key, depth: depth) else { return nil }
            holders = holders.flatMap { whole($0, depth: depth) }.compactMap { $0.part(at: key) }
        }
        return holders.isEmpty ? nil : holders
    }

    private func key(_ key: HCLValue, depth: Int) -> String? {
        if case .reference(let path, _) = key, Int(path) != nil { return path }
        let texts = resolve(key, depth: depth + 1)
        guard texts.count == 1, case .text(let text, _) = texts[0] else { return nil }
        return text.string
    }

    /// What a name or an element stands for. Any other value stands for itself.
    private func whole(_ value: HCLValue, depth: Int) -> [HCLValue] {
        switch value {
        case .reference(let path, _): known(path) ?? []
        case .element(let element): parts(element, depth: depth + 1) ?? []
        default: [value]
        }
    }

    /// All values that an expression may have. Empty if it is not a text.
    func resolve(_ value: HCLValue, depth: Int = 0) -> [Resolved] {
        guard depth < Self.depthLimit else { return [] }
        switch value {
        case .text(let text): return [resolve(text, depth: depth)]
        case .reference(let path, let written):
            if ["true", "false", "null"].contains(path) || path.utf8.first.map({ $0 &- 48 < 10 }) == true { return [] }
            guard let known = known(path) else { return [.open(path, written: written)] }
            return known.flatMap { resolve($0, depth: depth + 1) }
        case .element(let element):
            guard let known = parts(element, depth: depth) else {
                return [.open(element.written.string, written: element.written)]
            }
            return known.flatMap { resolve($0, depth: depth + 1) }
        case .choice(let choices): return choices.flatMap { resolve($0, depth: depth + 1) }
        // developer.hashicorp.com/terraform, "Optional Object Type Attributes": a type and its default.
        case .call("optional", let arguments) where arguments.count == 2: return resolve(arguments[1], depth: depth + 1)
        case .call("coalesce", let arguments), .call("try", let arguments):
            return arguments.flatMap { resolve($0, depth: depth + 1) }
        case .call(let name, let arguments):
            if let function = functions[name] { return call(function, arguments, depth: depth) }
            return Self.place(of: arguments).map { [.open(name + "(…)", written: $0)] } ?? []
        case .other(let operands):
            guard operands.count > 1, let written = Self.place(of: operands) else {
                return operands.first.map { resolve($0, depth: depth + 1) } ?? []
            }
            return [.open(Self.name(of: operands) ?? written.string, written: written)]
        case .list, .object: return []
        }
    }

    // MARK: - Lists

    /// The most values that are read for one list.
    private static let listLimit = 256

    /// The values of a list: one that is written out, that of a name, or the result of a function; of a choice, those of all.
    /// Empty if it is not known.
    func list(_ value: HCLValue) -> [HCLValue] {
        var budget = Self.listLimit
        return list(value, &budget, depth: 0)
    }

    private func list(_ value: HCLValue, _ budget: inout Int, depth: Int) -> [HCLValue] {
        guard depth < Self.depthLimit, budget > 0 else { return [] }
        budget -= 1
        switch value {
        case .list(let values): return values
        case .choice(let choices): return lists(choices, &budget, depth)
        case .reference, .element: return lists(whole(value, depth: depth), &budget, depth)
        case .other(let operands) where operands.count == 1: return lists(operands, &budget, depth)
        case .call(let name, let arguments):
            guard let function = functions[name] else { return [] }
            let inner = calling(function, arguments, depth: depth)
            return inner.list(function.result, &budget, depth: depth + 1).map { inner.literal($0, depth: depth + 1) }
        default: return []
        }
    }

    private func lists(_ values: [HCLValue], _ budget: inout Int, _ depth: Int) -> [HCLValue] {
        var result: [HCLValue] = []
        for value in values { result += list(value, &budget, depth: depth + 1) }
        return result
    }

    /// The text that a value has here, for places where its names mean something else.
    private func literal(_ value: HCLValue, depth: Int) -> HCLValue {
        let texts = resolve(value, depth: depth)
        guard texts.count == 1, case .text(let text, _) = texts[0] else { return value }
        return .text(FilledText(literal: text))
    }

    // MARK: - Texts

    private func resolve(_ text: FilledText, depth: Int) -> Resolved {
        var result = TracedText()
        for piece in text.pieces {
            switch piece {
            case .literal(let literal): result.append(literal)
            case .expression(let path, let written):
                guard let value = value(of: path, written, depth: depth),
                    result.count + value.count < Self.lengthLimit
                else {
                    guard text.isBlock else { return .open(path, written: text.written) }
                    // Documents and scripts are read with what is not known.
                    result.append(written)
                    continue
                }
                result.append(value)
            }
        }
        return .text(result, written: text.written)
    }

    /// The value of a substitution: a name's single value, a part of it, or the result of a function.
    private func value(of path: String, _ written: TracedText, depth: Int) -> TracedText? {
        var choices = known(path) ?? []
        let isExpression = path.contains("[") || !functions.isEmpty && path.contains("(")
        if choices.isEmpty, isExpression, written.count > 3 {
            var parser = HCLParser(SourceText(TracedText(untraced: "value=") + written[2..<written.count - 1]))
            choices = parser.file().value("value").map { [$0] } ?? []
        }
        guard choices.count == 1, case .text(let text, _)? = resolve(choices[0], depth: depth + 1).first else {
            return nil
        }
        return text
    }

    /// The known texts that a value is made of; for an open value, those of its names.
    func sources(of value: HCLValue) -> [TracedText] {
        if case .list(let values) = value { return values.flatMap(sources) }
        let texts = resolve(value).compactMap { resolved -> TracedText? in
            if case .text(let text, _) = resolved { text } else { nil }
        }
        return texts.isEmpty ? names(in: value).flatMap { sources(ofName: $0) } : texts
    }

    private func sources(ofName path: String) -> [TracedText] {
        resolve(.reference(path: path, written: TracedText())).compactMap { resolved in
            if case .text(let text, _) = resolved { text } else { nil }
        }
    }

    /// The names that an expression mentions, and those that the functions in it mention.
    private func names(in value: HCLValue, depth: Int = 0) -> [String] {
        guard depth < Self.depthLimit else { return [] }
        let inner = { (values: [HCLValue]) in values.flatMap { names(in: $0, depth: depth + 1) } }
        return switch value {
        case .text(let text): text.names
        case .reference(let path, _): [path]
        case .element(let element): [element.base]
        case .list(let values), .choice(let values), .other(let values): inner(values)
        case .object(let entries): inner(entries.map(\.value))
        case .call(let name, let arguments): inner(arguments + [functions[name]?.result].compactMap(\.self))
        }
    }

    /// The first text or name among operands.
    private static func place(of operands: [HCLValue]) -> TracedText? {
        for operand in operands {
            switch operand {
            case .text(let text) where !text.written.isEmpty: return text.written
            case .reference(_, let written): return written
            case .element(let element): return element.written
            case .call(_, let inner), .other(let inner): if let place = place(of: inner) { return place }
            default: continue
            }
        }
        return nil
    }

    private static func name(of operands: [HCLValue]) -> String? {
        for case .reference(let path, _) in operands { return path }
        return nil
    }
}

extension HCLValue {
    /// The value of an object at a name, or of a list at an index.
    fileprivate func part(at key: String) -> HCLValue? {
        switch self {
        case .object(let entries): entries.first { $0.name == key }?.value
        case .list(let values): Int(key).flatMap { values.indices.contains($0) ? values[$0] : nil }
        default: nil
        }
    }
}

extension FoundImages {
    /// Adds a resolved value. A text that is one piece of the file is found in its own place, any other text in its
    /// place of use.
    mutating func add(_ resolved: HCLResolver.Resolved) {
        switch resolved {
        case .text(let text, let written): add(text, written: text.contiguousRange == nil ? written : text)
        case .open(let name, let written): add(open: name, written: written)
        }
    }
}
