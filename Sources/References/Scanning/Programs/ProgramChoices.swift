// SPDX-License-Identifier: Apache-2.0

/// Expressions that choose between others: `c ? a : b`, `a if c else b`, `if (c) a else b`, `x || a`, and calls with a
/// default.
extension ProgramValues {
    /// One possible value of an expression, and the index of its first token.
    struct Choice {
        let value: Value
        let start: Int
    }

    /// The deepest nesting of conditions.
    private static let conditionLimit = 16
    /// The most tokens of one expression.
    private static let expressionLimit = 256

    /// The possible values of the expression that begins at a token: each arm of a condition. Of an expression with a
    /// default, only the texts, as for a shell's `${X:-a}`.
    func choices(at start: Int) -> [Choice] {
        let end = end(from: start)
        let known = start < end ? choices(in: start..<end, depth: 0) : []
        return known.isEmpty ? [Choice(value: .other, start: start)] : known
    }

    private func choices(in range: Range<Int>, depth: Int) -> [Choice] {
        guard !range.isEmpty else { return [] }
        if depth < Self.conditionLimit {
            if let inner = bracketed(range, "("), !outer(inner).contains(where: { tokens[$0].isMark(",") }) {
                return choices(in: inner, depth: depth + 1)
            }
            let arms = arms(of: range)
            if !arms.isEmpty { return arms.flatMap { choices(in: $0, depth: depth + 1) } }
            let operands = operands(of: range)
            if operands.count > 1 { return firstTexts(operands, depth) }
            let given = defaultArgument(of: range).map { Self.texts(of: choices(in: $0, depth: depth + 1)) } ?? []
            if !given.isEmpty { return given }
        }
        if let named = texts(named: range) { return named }
        return [Choice(value: value(in: range), start: range.lowerBound)]
    }

    /// The operands that are texts. If there are none, the values of the first operand.
    private func firstTexts(_ operands: [Range<Int>], _ depth: Int) -> [Choice] {
        let all = operands.map { choices(in: $0, depth: depth + 1) }
        let known = Self.texts(of: all.flatMap { $0 })
        return known.isEmpty ? all[0] : known
    }

    private static func texts(of choices: [Choice]) -> [Choice] {
        choices.filter { if case .text(let text, _) = $0.value { !text.isEmpty } else { false } }
    }

    /// The values of a name alone, if its only assignment is a choice. nil: it is no such name.
    private func texts(named range: Range<Int>) -> [Choice]? {
        guard let path = path(in: range), let known = chosen(by: path.last) else { return nil }
        let written = TracedText(path.whole.utf8, origin: tokens[range.lowerBound].start)
        let values = known.texts.map { Value.text($0, written: written) }
        return (values + (known.isWhole ? [] : [.open(path.whole, written: written)])).map {
            Choice(value: $0, start: range.lowerBound)
        }
    }

    private func path(in range: Range<Int>) -> (whole: String, last: String)? {
        guard !range.isEmpty, range.count % 2 == 1 else { return nil }
        var names: [String] = []
        for (offset, index) in range.enumerated() {
            guard offset % 2 == 0 else {
                guard tokens[index].isMark(".") else { return nil }
                continue
            }
            guard let name = tokens[index].name else { return nil }
            names.append(name)
        }
        return (names.joined(separator: "."), names[names.count - 1])
    }

    /// Whether the expression that begins at a token is nothing but a text, a name or a call.
    func isOperand(at start: Int) -> Bool {
        let range = start..<end(from: start)
        guard !range.isEmpty else { return false }
        if let text = tokens[start].text { return range.count == 1 && text.names.isEmpty }
        guard let open = range.first(where: { tokens[$0].isMark("(") }) else { return path(in: range) != nil }
        return path(in: start..<open) != nil && tokens.close(of: open) == range.upperBound - 1
    }

    // MARK: - Where an expression ends

    /// The end of an expression: before a comma or a closing bracket, or at the end of a line that does not continue,
    /// neither by a sign nor in brackets.
    func end(from start: Int) -> Int {
        var level = 0
        for index in start..<max(start, min(tokens.count, start + Self.expressionLimit)) {
            if level == 0, index > start, tokens[index].beginsLine, !tokens.isJoined(index), !goesOn(at: index) {
                return index
            }
            guard case .mark(let byte) = tokens[index].kind else { continue }
            if ")]}".utf8.contains(byte) { level -= 1 }
            if level < 0 || level == 0 && ",;".utf8.contains(byte) { return index }
            if "([{".utf8.contains(byte) { level += 1 }
        }
        return min(tokens.count, start + Self.expressionLimit)
    }

    /// Whether a sign or a word shows that the previous line continues in the line that begins at a token.
    private func goesOn(at index: Int) -> Bool {
        let signs = "?:|&+"
        if let name = tokens[index].name, ["else", "then", "or", "and"].contains(name) { return true }
        return (signs + ".").unicodeScalars.contains(where: tokens[index].isMark)
            || signs.unicodeScalars.contains(where: tokens[index - 1].isMark)
    }

    /// The content of a bracket that is the whole range.
    private func bracketed(_ range: Range<Int>, _ mark: Unicode.Scalar) -> Range<Int>? {
        guard range.count > 2, tokens[range.lowerBound].isMark(mark),
            tokens.close(of: range.lowerBound) == range.upperBound - 1
        else { return nil }
        return range.lowerBound + 1..<range.upperBound - 1
    }

    /// The tokens of a range that are not inside brackets, including the opening brackets.
    private func outer(_ range: Range<Int>) -> [Int] {
        var level = 0
        return range.filter { index in
            guard case .mark(let byte) = tokens[index].kind else { return level == 0 }
            if ")]}".utf8.contains(byte) {
                level -= 1
                return false
            }
            defer { if "([{".utf8.contains(byte) { level += 1 } }
            return level == 0
        }
    }

    // MARK: - Conditions

    private func arms(of range: Range<Int>) -> [Range<Int>] {
        let outer = outer(range)
        if let question = outer.first(where: isQuestion) { return arms(of: range, outer, behind: question) }
        guard let condition = outer.first(where: { word("if", $0) }) else { return [] }
        return condition == range.lowerBound ? arms(ofLeading: range, outer) : arms(of: range, outer, around: condition)
    }

    /// `c ? a : b`, whose arms may be conditions.
    private func arms(of range: Range<Int>, _ outer: [Int], behind question: Int) -> [Range<Int>] {
        var level = 0
        for index in outer where index > question {
            if isQuestion(index) { level += 1 }
            guard isColon(index) else { continue }
            if level == 0 { return [question + 1..<index, index + 1..<range.upperBound] }
            level -= 1
        }
        return []
    }

    /// Python's `a if c else b`.
    private func arms(of range: Range<Int>, _ outer: [Int], around condition: Int) -> [Range<Int>] {
        guard let other = outer.first(where: { $0 > condition && word("else", $0) }) else { return [] }
        return [range.lowerBound..<condition, other + 1..<range.upperBound]
    }

    /// jsonnet's `if c then a else b`, and `if (c) a else b` of Kotlin and Scala, with or without braces.
    private func arms(ofLeading range: Range<Int>, _ outer: [Int]) -> [Range<Int>] {
        let first = outer.first { word("then", $0) }
        let isBraced = first == nil
        guard let start = first ?? conditionEnd(range) else { return [] }
        var level = 0
        for index in outer where index > start {
            if word("if", index) { level += 1 }
            guard word("else", index) else { continue }
            if level == 0 {
                return [start + 1..<index, index + 1..<range.upperBound].map { arm in
                    isBraced ? bracketed(arm, "{") ?? arm : arm
                }
            }
            level -= 1
        }
        return [start + 1..<range.upperBound]
    }

    private func conditionEnd(_ range: Range<Int>) -> Int? {
        guard range.count > 1, tokens[range.lowerBound + 1].isMark("(") else { return nil }
        let end = tokens.close(of: range.lowerBound + 1)
        return end < range.upperBound ? end : nil
    }

    private func word(_ name: String, _ index: Int) -> Bool {
        tokens[index].name == name && !(index > 0 && tokens[index - 1].isMark("."))
    }

    /// A question mark that is not part of `??`, `?:`, `?.`, `.?`, `a?[0]` or a type.
    private func isQuestion(_ index: Int) -> Bool {
        guard tokens[index].isMark("?"), index > 0, index + 1 < tokens.count else { return false }
        let (before, after) = (tokens[index - 1], tokens[index + 1])
        if before.isMark(".") || before.isMark("?") && !tokens[index].isApart { return false }
        return after.isApart || !"?:.[>,".unicodeScalars.contains(where: after.isMark)
    }

    /// A colon that is not part of `?:` or `::`.
    private func isColon(_ index: Int) -> Bool {
        guard tokens[index].isMark(":") else { return false }
        let isSecond =
            !tokens[index].isApart && index > 0 && (tokens[index - 1].isMark("?") || tokens[index - 1].isMark(":"))
        return !isSecond && !(index + 1 < tokens.count && tokens[index + 1].isMark(":") && !tokens[index + 1].isApart)
    }

    // MARK: - Defaults

    /// The operands between `||`, `??`, `?:` and `or`. Of operands joined by `&&`, the last one counts.
    private func operands(of range: Range<Int>) -> [Range<Int>] {
        var operands: [Range<Int>] = []
        var start = range.lowerBound
        let outer = outer(range)
        for index in outer where index >= start {
            if let length = signLength(at: index, of: ["||", "??", "?:"], or: "or") {
                operands.append(start..<index)
                start = index + length
            } else if let length = signLength(at: index, of: ["&&"], or: "and") {
                start = index + length
            }
        }
        operands.append(min(start, range.upperBound)..<range.upperBound)
        return operands.filter { !$0.isEmpty }
    }

    private func signLength(at index: Int, of signs: [String], or name: String) -> Int? {
        if word(name, index) { return 1 }
        guard index + 1 < tokens.count, case .mark(let first) = tokens[index].kind,
            case .mark(let second) = tokens[index + 1].kind, !tokens[index + 1].isApart
        else { return nil }
        return signs.contains { $0.utf8.elementsEqual([first, second]) } ? 2 : nil
    }

    /// Calls that return their last argument if they find nothing, and the least number of their arguments.
    private static let defaults = [
        "get": 2, "getenv": 2, "getproperty": 2, "getordefault": 2, "getenvordefault": 2, "fetch": 2, "getorelse": 1,
        "orelse": 1,
    ]

    /// The last argument of `os.environ.get("X", "a")`, `System.getProperty("x", "a")`, `optional.orElse("a")`.
    private func defaultArgument(of range: Range<Int>) -> Range<Int>? {
        guard tokens[range.lowerBound].name != nil else { return nil }
        let outer = outer(range)
        guard let open = outer.last, tokens[open].isMark("("), open > range.lowerBound,
            tokens.close(of: open) == range.upperBound - 1,
            let count = tokens[open - 1].name.flatMap({ Self.defaults[$0.lowercased()] })
        else { return nil }
        var starts = [open + 1]
        for comma in self.outer(open + 1..<range.upperBound - 1) where tokens[comma].isMark(",") {
            starts.append(comma + 1)
        }
        guard starts.count >= count, let last = starts.last, last < range.upperBound - 1 else { return nil }
        // A named argument: `default="a"`.
        let isNamed = tokens[last].name != nil && tokens[last + 1].isMark("=")
        return min(isNamed ? last + 2 : last, range.upperBound - 1)..<range.upperBound - 1
    }
}
