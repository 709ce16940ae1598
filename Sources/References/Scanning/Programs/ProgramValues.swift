// SPDX-License-Identifier: Apache-2.0

/// The values of a program's expressions, as far as they consist of texts and names with one text.
struct ProgramValues {
    let tokens: ProgramTokens
    /// All values that are assigned to a name.
    private var constants: [String: [Assigned]] = [:]
    /// Names that hold the result of a call. The image is found in the place of the call.
    private var made: Set<String> = []
    /// Whether names with the result of any other call are unresolved. Otherwise the call itself may name the image.
    private let callsAreOpen: Bool
    /// Calls that return their argument, and marks that return their text.
    private let wrappers: Set<String>

    /// The values that one expression gives to a name.
    struct Assigned {
        /// There are several if the expression is a choice.
        var texts: [TracedText]
        /// The name can have no other value.
        var isWhole: Bool
        /// The name is that of an argument in a call, and maybe also of a variable.
        var isArgument = false
    }

    enum Value {
        case text(TracedText, written: TracedText)
        /// Something without a value here decides it. The parts hold the name, if that can only be the tag.
        case open(String, written: TracedText, parts: [ReferencePart] = [])
        /// A call, an object, a number: nothing that names an image itself.
        case other
    }

    static let lengthLimit = 1 << 16
    private static let choiceLimit = 64
    /// The deepest nesting of wrappers.
    static let depthLimit = 4

    /// - Parameter hasParameters: whether calls declare parameters with defaults, as in a Jenkinsfile.
    init(
        _ tokens: ProgramTokens, callsAreOpen: Bool = false, wrappers: Set<String> = [], hasParameters: Bool = false
    ) {
        self.tokens = tokens
        self.callsAreOpen = callsAreOpen
        self.wrappers = wrappers
        for index in tokens.indices where tokens[index].isMark("=") { assign(at: index) }
        guard hasParameters else { return }
        for index in tokens.indices where tokens[index].name == "defaultValue" { assignDefault(at: index) }
    }

    /// `string(name: 'X', defaultValue: 'y')` (jenkins.io/doc, "Pipeline Syntax", parameters).
    private mutating func assignDefault(at index: Int) {
        guard mark(index + 1, in: ":".unicodeScalars), let open = tokens.opening(around: index),
            case .text(let text, _) = value(at: index + 2)
        else { return }
        let names = tokens.arguments(of: open).filter { start in
            start + 2 < tokens.count && tokens[start].name == "name" && tokens[start + 1].isMark(":")
        }
        for name in names.compactMap({ tokens[$0 + 2].text?.written.string }) {
            let name = name.filter { !"\"'".contains($0) }
            constants[name, default: []].append(Assigned(texts: [text], isWhole: true))
        }
    }

    /// `name = text`, `name: Type = text`, `name := text`.
    private mutating func assign(at index: Int) {
        let isComparison =
            [index - 1, index + 1].contains { mark($0, in: "=!<>+-*/%|&^".unicodeScalars) && !apart($0, index) }
        guard !isComparison, let name = assignedName(before: index) else { return }
        guard constants[name, default: []].count < Self.choiceLimit else { return }
        let choices = choices(at: index + 1)
        let texts = choices.compactMap { if case .text(let text, _) = $0.value { text } else { nil } }
        let isArgument = tokens.opening(around: index).map { tokens[$0].isMark("(") } ?? false
        constants[name, default: []].append(
            Assigned(texts: texts, isWhole: texts.count == choices.count, isArgument: isArgument))
        guard !isArgument, texts.isEmpty, let first = choices.first, case .other = first.value else { return }
        if !callsAreOpen || openCall(at: first.start) == nil { made.insert(name) }
    }

    /// The values of a name, if its only assignment is a choice.
    func chosen(by name: String) -> Assigned? {
        guard let known = constants[name], known.count == 1, !known[0].texts.isEmpty else { return nil }
        return known[0].texts.count > 1 || !known[0].isWhole ? known[0] : nil
    }

    /// The only text that a name holds.
    func text(of name: String) -> TracedText? {
        guard let all = constants[name] else { return nil }
        let variables = all.filter { !$0.isArgument }
        let known = variables.isEmpty ? all : variables
        guard known.count == 1, known[0].isWhole, known[0].texts.count == 1 else { return nil }
        return known[0].texts[0]
    }

    /// The value of a name in a text, such as Ruby's `#{name}`.
    func value(of path: String, written: TracedText) -> Value {
        let name = path.split(separator: ".").last.map(String.init) ?? path
        return text(of: name).map { .text($0, written: written) } ?? .open(path, written: written)
    }

    /// The names that are used outside of some expressions, and not only assigned.
    func names(outside expressions: IndexSpans) -> Set<String> {
        tokens.indices.reduce(into: []) { names, index in
            guard !expressions.contain(index) else { return }
            if let text = tokens[index].text {
                names.formUnion(text.names.compactMap { $0.split(separator: ".").last.map(String.init) })
            } else if let name = tokens[index].name, constants[name] != nil, !isKey(index) {
                names.insert(name)
            }
        }
    }

    /// Whether a name is that of a key, a field or a variable that gets a value.
    private func isKey(_ index: Int) -> Bool {
        if index > 0,
            tokens[index - 1].isMark(".")
                || ["var", "let", "const", "val", "local", "param"].contains(tokens[index - 1].name)
        {
            return true
        }
        guard index + 1 < tokens.count else { return false }
        if tokens[index + 1].isMark(":") { return true }
        guard tokens[index + 1].isMark("=") else { return false }
        return index + 2 >= tokens.count || !tokens[index + 2].isMark("=")
    }

    /// The only texts of the names in the expression that begins at a token.
    func texts(ofNamesAt start: Int) -> [TracedText] {
        guard tokens.indices.contains(start) else { return [] }
        return (start..<end(from: start)).flatMap { index -> [String] in
            if let text = tokens[index].text {
                return text.names.compactMap { $0.split(separator: ".").last.map(String.init) }
            }
            return [tokens[index].name].compactMap(\.self)
        }.compactMap(text)
    }

    /// The path of a call that does not make an image's name. The result of such a call is unresolved.
    func openCall(at index: Int) -> String? {
        guard tokens.indices.contains(index), var path = tokens[index].name, path != "new", path != "error" else {
            return nil
        }
        var next = index + 1
        while next + 1 < tokens.count, tokens[next].isMark("."), let name = tokens[next + 1].name {
            path += "." + name
            next += 2
        }
        guard next < tokens.count, tokens[next].isMark("("), !path.contains("Image"), !path.hasSuffix(".parse") else {
            return nil
        }
        return path
    }

    private func apart(_ first: Int, _ second: Int) -> Bool { tokens[max(first, second)].isApart }

    private func mark(_ index: Int, in marks: String.UnicodeScalarView) -> Bool {
        guard tokens.indices.contains(index) else { return false }
        return marks.contains { tokens[index].isMark($0) }
    }

    func assignedName(before index: Int) -> String? {
        guard index > 0 else { return nil }
        if tokens[index - 1].isMark(":") { return index > 1 ? tokens[index - 2].name : nil }
        // A type between the name and the sign: `name: Type = …`, and Bicep's `param name type = …`.
        if index > 2, let name = tokens[index - 3].name, tokens[index - 2].isMark(":") { return name }
        if index > 2, tokens[index - 3].name == "param" { return tokens[index - 2].name }
        return tokens[index - 1].name
    }

    // MARK: - Values

    /// The value that begins at a token and ends before a comma, a bracket or the end of its line.
    func value(at start: Int) -> Value { value(in: start..<max(start, tokens.count)) }

    /// As `value(at:)`, but the value ends with the range at the latest.
    func value(in range: Range<Int>, depth: Int = 0) -> Value {
        var result = TracedText()
        var written: TracedText?
        var open: String?
        var parts: [ReferencePart] = []
        var index = range.lowerBound
        var isFirst = true
        while index >= 0, index < range.upperBound, !ends(at: index, isFirst) {
            let (operand, next) = operand(at: index, depth: depth)
            switch operand {
            case .text(let text, let place):
                result.append(text)
                written = written ?? place
                if result.count > Self.lengthLimit { return .other }
            case .open(let name, let place, let own):
                if open == nil {
                    let rest = (written == nil ? next : index)..<range.upperBound
                    parts = hasSlash(rest) ? [] : written == nil ? own : OpenTag.parts(ofBegun: result)
                }
                open = open ?? name
                written = written ?? place
            case .other:
                guard let written, let name = openName(at: index, behind: result) else { return .other }
                if open == nil, !hasSlash(index..<range.upperBound) { parts = OpenTag.parts(ofBegun: result) }
                return .open(open ?? name, written: written, parts: parts)
            }
            index = next
            isFirst = false
            guard index < range.upperBound, !ends(at: index, false) else { break }
            // In Python, two texts next to each other are one. Everything else is joined by a sign.
            if tokens[index].isMark("+") {
                index += 1
            } else if tokens[index].text == nil {
                guard let written, tokens[range.lowerBound].text != nil else {
                    return .open(written?.string ?? "", written: written ?? TracedText())
                }
                if open == nil,
                    let text = formatted(result, at: index) ?? made(of: result, byMethodAt: index, depth: depth)
                {
                    return .text(text, written: written)
                }
                // `"a:%s" % v`, `"a:{}".format(v)`
                if open == nil { parts = OpenTag.parts(of: written) }
                let other = name(behind: index) ?? (parts.isEmpty ? written.string : "…")
                return .open(open ?? other, written: written, parts: parts)
            }
        }
        guard let written else { return .other }
        return open.map { .open($0, written: written, parts: parts) } ?? .text(result, written: written)
    }

    /// Whether a text in the rest of an expression has a slash. Then what is filled in before it is no tag.
    private func hasSlash(_ range: Range<Int>) -> Bool {
        guard range.lowerBound < range.upperBound else { return false }
        let end = min(range.upperBound, end(from: range.lowerBound))
        return tokens[range.lowerBound..<end].contains { $0.text?.written.bytes.contains(UInt8(ascii: "/")) == true }
    }

    /// `"a:%s" % v` with the value of `v`.
    private func formatted(_ text: TracedText, at index: Int) -> TracedText? {
        guard tokens[index].isMark("%"), index + 1 < tokens.count,
            let mark = text.bytes.firstIndex(of: UInt8(ascii: "%")), text.bytes[mark...].starts(with: "%s".utf8),
            !text.bytes[(mark + 1)...].contains(UInt8(ascii: "%")),
            case (.text(let value, _), let next) = operand(at: index + 1, depth: Self.depthLimit),
            next >= tokens.count || ends(at: next, false), text.count + value.count < Self.lengthLimit
        else { return nil }
        return text[0..<mark] + value + text[mark + 2..<text.count]
    }

    /// The first name behind a sign or a method that fills values in.
    private func name(behind index: Int) -> String? {
        guard tokens[index].isMark("%") || tokens[index].isMark(".") else { return nil }
        var index = index + 1
        if tokens[index - 1].isMark(".") { index += 1 }
        while index < tokens.count, "([{".unicodeScalars.contains(where: tokens[index].isMark) { index += 1 }
        guard index < tokens.count, var path = tokens[index].isMark("$") ? "$" : tokens[index].name else { return nil }
        while index + 2 < tokens.count, tokens[index + 1].isMark("."), let name = tokens[index + 2].name {
            (path, index) = (path + "." + name, index + 2)
        }
        return path
    }

    /// The name of an operand after a text that is neither a text nor a name: a call after a colon.
    private func openName(at index: Int, behind begun: TracedText) -> String? {
        guard callsAreOpen, OpenTag.front(ofBegun: begun.string[...]) != nil else { return nil }
        return openCall(at: index).map { $0 + "(…)" }
    }

    func ends(at index: Int, _ isFirst: Bool) -> Bool {
        let token = tokens[index]
        if case .mark(let byte) = token.kind, ",)]};".utf8.contains(byte) { return true }
        guard !isFirst, token.beginsLine, !token.isMark("+"), !token.isMark("."), !tokens[index - 1].isMark("+") else {
            return false
        }
        // In brackets, texts of Python continue on the next line. In Bicep, a text on its own line is the next key.
        return token.text == nil || !tokens.isJoined(index)
    }

    private func operand(at index: Int, depth: Int) -> (Value, next: Int) {
        switch tokens[index].kind {
        case .text(let text): return (value(of: text), index + 1)
        case .name(let name): return named(name, at: index, depth: depth)
        case .mark where isOuterObject(index): return named("$", at: index, depth: depth)
        case .mark: return (.other, index + 1)
        }
    }

    /// Whether a sign is jsonnet's outermost object before one of its fields: `$.version`.
    private func isOuterObject(_ index: Int) -> Bool {
        tokens[index].isMark("$") && index + 2 < tokens.count && tokens[index + 1].isMark(".")
            && tokens[index + 2].name != nil
    }

    private func named(_ first: String, at index: Int, depth: Int) -> (Value, next: Int) {
        var (next, last) = (index + 1, first)
        var path = first
        while next + 1 < tokens.count, tokens[next].isMark("."), let name = tokens[next + 1].name {
            (path, last) = (path + "." + name, name)
            next += 2
        }
        if wrappers.contains(path) || Self.formats.contains(path), depth < Self.depthLimit,
            let handed = handedOn(by: path, next, depth)
        {
            return handed
        }
        if next < tokens.count, tokens[next].isMark("("), !tokens[next].beginsLine { return (.other, next) }
        if ["new", "await", "error", "nil", "null", "None", "true", "false", "True", "False"].contains(first)
            || Int(first) != nil
        {
            return (.other, next)
        }
        if made.contains(last) { return (.other, next) }
        let written = TracedText(path.utf8, origin: tokens[index].start)
        guard let text = text(of: last) else {
            return (.open(path, written: written), next)
        }
        return (.text(text, written: written), next)
    }

    /// The argument of a wrapper: `pulumi.String("x")`, and `pulumi.interpolate` before a text.
    private func handedOn(by path: String, _ index: Int, _ depth: Int) -> (Value, next: Int)? {
        guard index < tokens.count, !tokens[index].beginsLine else { return nil }
        if let text = tokens[index].text { return (value(of: text), index + 1) }
        guard tokens[index].isMark("(") else { return nil }
        var value = value(in: index + 1..<tokens.count, depth: depth + 1)
        if case .text(let text, let written) = value, text.bytes.contains(where: { "%{".utf8.contains($0) }) {
            let whole = filled(text, byCallAt: index, from: 1, depth: depth)
            value = whole.map { .text($0, written: written) } ?? .open(path + "(…)", written: written)
        }
        return (value, tokens.next(after: index))
    }

    private func value(of text: FilledText) -> Value {
        var result = TracedText()
        for piece in text.pieces {
            switch piece {
            case .literal(let literal): result.append(literal)
            case .expression(let path, _):
                guard case .text(let value, _) = value(of: path, written: text.written),
                    result.count + value.count < Self.lengthLimit
                else { return .open(path, written: text.written, parts: OpenTag.parts(of: text.written)) }
                result.append(value)
            }
        }
        return .text(result, written: text.written)
    }

    /// All values that are assigned to names, in the order of the names. nil for a value that is not a text.
    var assigned: [(name: String, values: [TracedText?])] {
        constants.sorted { $0.key < $1.key }.map { name, all in
            (name, all.flatMap { $0.texts + ($0.isWhole ? [] : [nil]) })
        }
    }

    /// Names with their texts, for settings whose names say that they hold an image.
    var settings: [(name: String, text: TracedText)] {
        constants.flatMap { name, all in all.flatMap(\.texts).map { (name, $0) } }
    }
}

extension FoundImages {
    /// Adds the value of an expression, in the place of the text if it stands in one.
    mutating func add(value: ProgramValues.Value) {
        switch value {
        case .text(let text, let written): add(text, written: text.contiguousRange == nil ? written : text)
        case .open(let name, let written, let parts): add(open: name, written: written, parts: parts)
        case .other: return
        }
    }
}
