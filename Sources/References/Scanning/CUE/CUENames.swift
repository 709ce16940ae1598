// SPDX-License-Identifier: Apache-2.0

/// Resolves names of CUE in one place, as far as the file defines them (cuelang.org, "The CUE Language Specification",
/// "Scopes").
struct CUENames {
    /// The structs around the place, the outermost first.
    private let scopes: [CUEStruct]
    /// The number of names that were looked up so far.
    private var steps = 0

    init(scopes: [CUEStruct]) { self.scopes = scopes }

    /// The longest chain of names that stand for names. A longer one is a cycle.
    private static let depthLimit = 8
    /// The most names that are looked up. Names that each stand for several names could grow without end.
    private static let stepLimit = 256
    private static let lengthLimit = 1 << 16

    /// nil: it is not a text, but a type, a number, or a definition that constrains a value.
    mutating func resolve(_ text: CUEText, depth: Int) -> HCLResolver.Resolved? {
        var (result, place) = (TracedText(), TracedText())
        var open: String?
        for operand in text.operands {
            switch operand {
            case .text(let filled):
                if place.isEmpty { place = filled.written }
                open = open ?? append(filled, to: &result, depth: depth)
            case .reference(let path, let written):
                if text.operands.count == 1, isType(path, depth: depth) { return nil }
                if place.isEmpty { place = written }
                guard let value = value(of: path, depth: depth) else {
                    open = open ?? path
                    continue
                }
                result.append(value)
            case .call(let path, let written):
                if place.isEmpty { place = written }
                open = open ?? path
            }
            if result.count > Self.lengthLimit { return nil }
        }
        return open.map { .open($0, written: place) } ?? .text(result, written: place)
    }

    /// - Returns: the name that has no value. nil: all have one.
    private mutating func append(_ text: FilledText, to result: inout TracedText, depth: Int) -> String? {
        for piece in text.pieces {
            switch piece {
            case .literal(let literal): result.append(literal)
            case .expression(let path, _):
                guard let value = value(of: path, depth: depth), result.count + value.count < Self.lengthLimit else {
                    return path
                }
                result.append(value)
            }
        }
        return nil
    }

    private static let types: Set<String> = [
        "string", "bytes", "bool", "int", "float", "number", "null", "true", "false", "_", "_|_",
    ]

    /// Whether a path is a type of the language, or a definition that is not a text.
    private mutating func isType(_ path: String, depth: Int) -> Bool {
        if Self.types.contains(path) || path.utf8.first.map({ $0 &- 48 < 10 }) == true { return true }
        let last = path.split(separator: ".").last ?? ""
        return (last.hasPrefix("#") || last.hasPrefix("_#")) && value(of: path, depth: depth) == nil
    }

    /// The single text that a name has. nil: there is none, or there are several.
    private mutating func value(of path: String, depth: Int) -> TracedText? {
        steps += 1
        guard depth < Self.depthLimit, steps < Self.stepLimit, let field = field(path) else { return nil }
        var texts: [TracedText] = []
        for text in field.chosen {
            switch resolve(text, depth: depth + 1) {
            case .text(let text, _): texts.append(text)
            case .open: return nil
            case nil: continue
            }
        }
        return texts.count == 1 ? texts[0] : nil
    }

    /// The field at a path. The first name belongs to the innermost struct that has it.
    private func field(_ path: String) -> CUEValue? {
        let names = path.split(separator: ".").map(String.init)
        guard let first = names.first, var value = scopes.last(where: { $0[first] != nil })?[first] else { return nil }
        for name in names.dropFirst() {
            guard let inner = value.structure?[name] else { return nil }
            value = inner
        }
        return value
    }
}
