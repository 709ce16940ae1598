// SPDX-License-Identifier: Apache-2.0

/// Reads the fields of a CUE file. It skips what it does not know: conditions, patterns, constraints.
struct CUEParser {
    private let tokens: ProgramTokens
    private var position = 0

    /// The deepest nesting of structs. Deeper structs are skipped.
    static let depthLimit = 100

    static func file(_ source: SourceText) -> CUEStruct {
        var parser = CUEParser(tokens: ProgramTokens(source, .cue))
        return parser.fields(depth: 0)
    }

    private init(tokens: ProgramTokens) { self.tokens = tokens }

    private var token: ProgramToken? { position < tokens.count ? tokens[position] : nil }

    private func isMark(_ mark: Unicode.Scalar, at index: Int) -> Bool {
        index < tokens.count && tokens[index].isMark(mark)
    }

    /// Reads fields up to the closing brace, or to the end of the file.
    private mutating func fields(depth: Int) -> CUEStruct {
        var result = CUEStruct()
        while let token, !token.isMark("}") {
            let start = position
            if let (name, next) = label(at: position) {
                position = next
                result.add(name, fieldValue(depth: depth))
            } else if token.name == "let", let name = ident(at: position + 1), isMark("=", at: name.next) {
                position = name.next + 1
                result.add(name.path, value(depth: depth))
            } else if token.name == "import" || token.name == "package" {
                skipClause()
            } else if token.name == "if" || token.name == "for" {
                skipCondition()
            } else if let embedded = value(depth: depth).structure {
                result.merge(embedded)
            }
            // Skips a token that does not begin an expression.
            if position == start { position += 1 }
        }
        return result
    }

    /// Reads a value, or one more label: `a: b: "x"`.
    private mutating func fieldValue(depth: Int) -> CUEValue {
        guard depth < Self.depthLimit, let (name, next) = label(at: position) else { return value(depth: depth) }
        position = next
        var result = CUEValue(structure: CUEStruct())
        result.structure?.add(name, fieldValue(depth: depth + 1))
        return result
    }

    // MARK: - Names

    /// A field's name, and the index of the token after its colon: `a:`, `"a":`, `a?:`, `a!:`, `[string]:`, `X=a:`.
    private func label(at start: Int) -> (name: String, next: Int)? {
        let index = behindAlias(at: start)
        guard index < tokens.count else { return nil }
        var (name, next) = ("", index + 1)
        if let text = tokens[index].text {
            name = text.written.string
        } else if let ident = ident(at: index) {
            (name, next) = (ident.path, ident.next)
        } else if isMark("[", at: index) || isMark("(", at: index) {
            next = tokens.next(after: index)
        } else {
            return nil
        }
        if isMark("?", at: next) || isMark("!", at: next) { next += 1 }
        return isMark(":", at: next) ? (name, next + 1) : nil
    }

    /// The index after `X=` before a label.
    private func behindAlias(at index: Int) -> Int {
        guard let ident = ident(at: index), isMark("=", at: ident.next), !isMark("=", at: ident.next + 1),
            !isMark("~", at: ident.next + 1)
        else { return index }
        return ident.next + 1
    }

    /// `a`, `#a`, `_#a`, `$a`: the marks belong to the name.
    private func ident(at index: Int) -> (path: String, next: Int)? {
        guard index < tokens.count else { return nil }
        if let name = tokens[index].name {
            guard name == "_", isMark("#", at: index + 1), !tokens[index + 1].isApart, index + 2 < tokens.count,
                let rest = tokens[index + 2].name
            else { return (name, index + 1) }
            return ("_#" + rest, index + 3)
        }
        guard isMark("#", at: index) || isMark("$", at: index), index + 1 < tokens.count,
            let name = tokens[index + 1].name, !tokens[index + 1].isApart
        else { return nil }
        return ((tokens[index].isMark("#") ? "#" : "$") + name, index + 2)
    }

    private mutating func skipClause() {
        position += 1
        if isMark("(", at: position) { return position = tokens.next(after: position) }
        while let token, !token.beginsLine, !token.isMark("}") { position += 1 }
    }

    /// Skips `if …` or `for …` up to its brace. The fields in the braces count.
    private mutating func skipCondition() {
        while let token, !token.isMark("{"), !token.isMark("}") {
            position = tokens.next(after: position)
        }
    }

    // MARK: - Values

    /// Reads a value up to a comma, a closing bracket, or the end of a line after an operand.
    private mutating func value(depth: Int) -> CUEValue {
        var result = CUEValue()
        var state = Expression()
        let start = position
        while let token, !ends(token, isFirst: position == start) {
            if case .mark(let mark) = token.kind, ident(at: position) == nil {
                read(mark, &state, into: &result, depth: depth)
            } else {
                operand(&state, into: &result)
            }
        }
        if state.isChoice { for index in result.texts.indices { result.texts[index].isChoice = true } }
        return result
    }

    /// What the marks before an operand say about it.
    private struct Expression {
        var isDefault = false
        var isJoined = false
        /// The operand is a constraint, and not the value itself.
        var isBound = false
        var isChoice = false
    }

    private func ends(_ token: ProgramToken, isFirst: Bool) -> Bool {
        if case .mark(let mark) = token.kind, ",)]}:".utf8.contains(mark) { return true }
        guard !isFirst, token.beginsLine else { return false }
        guard case .mark(let mark) = tokens[position - 1].kind else { return true }
        return !"&|+-*/=<>!~(".utf8.contains(mark)
    }

    private mutating func read(_ mark: UInt8, _ state: inout Expression, into result: inout CUEValue, depth: Int) {
        let open = position
        position += 1
        switch Unicode.Scalar(mark) {
        case "*": state = Expression(isDefault: true, isChoice: state.isChoice)
        case "|": state = Expression(isChoice: true)
        case "&": state = Expression(isChoice: state.isChoice)
        case "+": state.isJoined = !result.texts.isEmpty
        case "=", "!", "<", ">", "~": state.isBound = true
        case "{", "[", "(":
            guard depth < Self.depthLimit, !state.isBound else { return skip(from: open) }
            nested(mark, into: &result, depth: depth + 1)
            position += 1
        case "@": skip(from: position + 1)
        default: break
        }
    }

    private mutating func skip(from open: Int) {
        guard open < tokens.count else { return position = tokens.count }
        position = max(position, tokens.next(after: open))
    }

    /// Reads the content of brackets, without the closing bracket.
    private mutating func nested(_ mark: UInt8, into result: inout CUEValue, depth: Int) {
        switch Unicode.Scalar(mark) {
        case "{": result.merge(CUEValue(structure: fields(depth: depth)))
        case "(": result.merge(value(depth: depth))
        default:
            while let token, !token.isMark("]") {
                let start = position
                if token.name == "for" || token.name == "if" { skipCondition() }
                result.items.append(value(depth: depth))
                if position == start || isMark(",", at: position) { position += 1 }
            }
        }
    }

    private mutating func operand(_ state: inout Expression, into result: inout CUEValue) {
        guard let token else { return }
        let operand: CUEText.Operand
        if let text = token.text {
            position += 1
            operand = .text(text)
        } else {
            operand = named()
        }
        defer { state = Expression(isChoice: state.isChoice) }
        if state.isBound { return }
        if state.isJoined, !result.texts.isEmpty {
            result.texts[result.texts.count - 1].operands.append(operand)
        } else {
            result.texts.append(CUEText(operands: [operand], isDefault: state.isDefault))
        }
    }

    /// `a`, `#a.b`, and `f(…)`.
    private mutating func named() -> CUEText.Operand {
        let start = tokens[position].start
        var path = ""
        while let ident = ident(at: position) {
            path += ident.path
            position = ident.next
            guard isMark(".", at: position), self.ident(at: position + 1) != nil else { break }
            path += "."
            position += 1
        }
        let written = TracedText(path.utf8, origin: start)
        guard isMark("(", at: position) || isMark("[", at: position), !tokens[position].beginsLine else {
            return .reference(path: path, written: written)
        }
        let isCall = isMark("(", at: position)
        skip(from: position)
        return .call(path: path + (isCall ? "(…)" : "[…]"), written: written)
    }
}
