// SPDX-License-Identifier: Apache-2.0

/// The values of the variables of a shell text, as far as the text itself assigns them.
struct ShellVariables {
    /// Every value that is assigned to a name. nil for a value that cannot be known.
    private var choices: [String: [TracedText?]] = [:]
    /// Names with one value, to fill in other texts.
    private(set) var single: [String: TracedText] = [:]

    /// The only value of a name, if it is an image with a tag that is not known: with other variables as they are written.
    private var partial: [String: TracedText] = [:]

    /// Names whose values all come from one loop or list.
    private var lists: Set<String> = []

    /// The only value of a name that is not known, as it is written.
    private var unknown: [String: TracedText] = [:]

    /// The words of lists that are written out in one place: `x=(a b)`, and `x+=(c)` after it.
    private var written: [String: [TracedText]] = [:]

    /// Tables of names whose values belong together: one row for each turn.
    private var tables: [[[String: TracedText]]] = []

    /// The most values of one name that are kept.
    private static let choiceLimit = 256

    /// - Parameter raw: the text after the equals sign, as written.
    mutating func assign(_ name: String, _ raw: TracedText) {
        if let value = value(of: raw, except: name) { return add(name, value) }
        let known = filled(raw)
        addBegun(name, Self.options(in: raw, behind: name))
        guard choices[name]?.count == 1 else { return }
        unknown[name] = Self.unquoted(raw)
        if OpenTag.front(of: known.string) != nil { partial[name] = known }
    }

    /// The text of a word with the values that are known, and with all other variables as they are written.
    func filled(_ raw: TracedText) -> TracedText {
        let text = Self.unquoted(raw)
        var result = TracedText(capacity: text.count)
        var index = 0
        while index < text.count, result.count < Self.lengthLimit {
            guard text.bytes[index] == UInt8(ascii: "$"), let (name, end) = Self.name(in: text, behind: index),
                let value = single[name] ?? partial[name]
            else {
                result.append(at: index, of: text)
                index += 1
                continue
            }
            result.append(value)
            index = end
        }
        return result
    }

    /// The variable without a value on which a variable depends: itself, or one in its only value.
    func decider(of name: String) -> String {
        var name = name
        for _ in 0..<Self.chainLimit {
            // Commands have variables of their own, and arguments are better known by the variable that holds them.
            guard let text = unknown[name], !text.string.contains("$("), !text.bytes.contains(UInt8(ascii: "`")),
                let inner = missing(in: text), inner.first?.isNumber == false
            else { return name }
            name = inner
        }
        return name
    }

    /// The first name in a text that is not a known value.
    private func missing(in text: TracedText) -> String? {
        text.bytes.indices.lazy.filter { text.bytes[$0] == UInt8(ascii: "$") }
            .compactMap { Self.name(in: text, behind: $0)?.0 }.first { single[$0] == nil }
    }

    /// The most variables of which each is the value of the one before.
    private static let chainLimit = 16

    /// The longest text that is filled in with more than it is known to need. Values that contain each other could double
    /// with each assignment.
    private static let lengthLimit = 4096

    /// The name of `$name` or `${name}`, and the index behind it.
    private static func name(in text: TracedText, behind dollar: Int) -> (String, Int)? {
        let isClosed = dollar + 1 < text.count && text.bytes[dollar + 1] == UInt8(ascii: "{")
        let start = dollar + (isClosed ? 2 : 1)
        let end = text.bytes[min(start, text.count)...].firstIndex { !VariableUse.isNameByte($0) } ?? text.count
        guard end > start, !isClosed || (end < text.count && text.bytes[end] == UInt8(ascii: "}")) else { return nil }
        return (text[start..<end].string, isClosed ? end + 1 : end)
    }

    /// Adds options to those that a name holds: `name+=text`.
    mutating func append(_ raw: TracedText, to name: String) {
        let text = ShellVariables.unquoted(raw).trimmed
        addBegun(name, text.bytes.first == UInt8(ascii: "-") ? text : nil)
    }

    /// Assigns the elements of a list, or the words of a loop.
    ///
    /// - Parameter isMore: whether they follow the elements that the list has.
    mutating func assign(_ name: String, list: [TracedText], isMore: Bool = false) {
        let isList = choices[name] == nil || isMore && lists.contains(name)
        let words = (isMore ? written[name] ?? [] : []) + list
        written[name] = isList && words.count <= Self.choiceLimit ? words : nil
        choices[name] = choices[name] ?? []
        for word in list {
            for value in values(of: word) { add(name, value) }
        }
        if isList { lists.insert(name) }
    }

    /// A text that begins with an option, alone or behind the variable's own value, whatever else is in it: `-v $PWD:/x`,
    /// `$name -v a:b`.
    private static func options(in raw: TracedText, behind name: String) -> TracedText? {
        let text = unquoted(raw)
        if text.bytes.first == UInt8(ascii: "-") { return text }
        guard let blank = text.bytes.firstIndex(where: TracedText.isBlank), variable(text[0..<blank]) == name else {
            return nil
        }
        let rest = text[blank..<text.count].trimmed
        return rest.bytes.first == UInt8(ascii: "-") ? rest : nil
    }

    /// Assigns rows of values to names, such as the rows of a matrix. The values of one row belong together.
    mutating func assign(turns rows: [[String: TracedText]]) {
        guard !rows.isEmpty else { return }
        tables.append(rows)
        for name in Set(rows.flatMap(\.keys)).sorted() {
            var seen: Set<TracedText> = []
            for value in rows.compactMap({ $0[name] }) where seen.insert(value).inserted { add(name, value) }
        }
    }

    /// Removes all values of a name. Later assignments count in their place.
    mutating func forget(_ name: String) {
        choices[name] = nil
        (single[name], partial[name], unknown[name]) = (nil, nil, nil)
        lists.remove(name)
    }

    /// Takes over the values of names that have none here.
    mutating func adopt(_ others: ShellVariables) {
        for (name, values) in others.choices where choices[name] == nil {
            choices[name] = values
            (single[name], partial[name]) = (others.single[name], others.partial[name])
            unknown[name] = others.unknown[name]
            if others.lists.contains(name) { lists.insert(name) }
        }
    }

    /// Whether anything is assigned to a name.
    func isKnown(_ name: String) -> Bool { choices[name] != nil }

    /// Adds an unknown value: an argument, an input, the output of a command.
    mutating func open(_ name: String) { add(name, nil) }

    private mutating func add(_ name: String, _ value: TracedText?) {
        lists.remove(name)
        guard choices[name, default: []].count < Self.choiceLimit else { return }
        choices[name, default: []].append(value)
        (partial[name], unknown[name]) = (nil, nil)
        single[name] = choices[name]?.count == 1 ? value : nil
    }

    /// A value of which only the beginning is known.
    private mutating func addBegun(_ name: String, _ value: TracedText?) {
        add(name, value)
        single[name] = nil
    }

    /// The text of a word. nil: a part of it has no value.
    func value(of raw: TracedText, except name: String? = nil) -> TracedText? {
        guard case .text(let text) = expand(raw, except: name) else { return nil }
        return text
    }

    enum Expansion {
        case text(TracedText)
        /// Depends on this variable.
        case open(String)
    }

    func expand(_ raw: TracedText, except name: String? = nil) -> Expansion {
        var expansion = ShellExpansion(raw)
        expansion.variables = single
        expansion.takesAssignments = true
        if let name { expansion.variables[name] = nil }
        do throws(ExpansionError) {
            let text = try expansion.word()
            if let unset = expansion.unset.first { return .open(unset) }
            if text.bytes.contains(UInt8(ascii: "$")) || text.bytes.contains(UInt8(ascii: "`")) {
                return .open(TemplateText.variable(in: text.string) ?? text.string)
            }
            return .text(text)
        } catch {
            return .open(TemplateText.variable(in: raw.string) ?? error.variable ?? raw.string)
        }
    }

    /// The text of a word; of a variable whose only value is not known as a whole, the value as it is written.
    func written(_ raw: TracedText) -> TracedText? {
        value(of: raw) ?? Self.variable(raw).flatMap { unknown[$0] }
    }

    /// All texts that a word may be. There are several if it is a variable with several values, or a list.
    func values(of raw: TracedText) -> [TracedText?] {
        if let name = Self.variable(raw), let known = choices[name], !known.isEmpty {
            return known.flatMap { value -> [TracedText?] in
                guard let value else { return [nil] }
                let words = value.blankSeparated
                return words.isEmpty ? [] : words
            }
        }
        return [value(of: raw)]
    }

    /// Whether a word is a variable that holds options or nothing in every branch.
    ///
    /// - Parameter options: the options of the command.
    func isOptions(_ raw: TracedText, _ options: CommandOptions) -> Bool {
        if Self.makesOptions(raw) { return true }
        if Self.isList(raw), let words = Self.variable(raw).flatMap({ choices[$0] }) {
            return Self.isOptions(words, options)
        }
        let known = wholeValues(of: raw)
        return !known.isEmpty
            && known.allSatisfy { $0.map { $0.isEmpty || $0.bytes.first == UInt8(ascii: "-") } ?? false }
    }

    /// Whether a word is a function of make whose arguments contain options (`$(addprefix -v ,$(VOLUMES))`), or an
    /// expression that chooses options: `${{ a == 'b' && '-it' || '' }}`.
    private static func makesOptions(_ raw: TracedText) -> Bool {
        guard raw.bytes.starts(with: "${".utf8), let blank = raw.bytes.firstIndex(where: TracedText.isBlank) else {
            return false
        }
        let arguments = raw[blank..<raw.count].bytes
        return zip(arguments, arguments.dropFirst()).contains { " ,'\"".utf8.contains($0) && $1 == UInt8(ascii: "-") }
    }

    /// Whether the elements of a list are options with their values, and nothing else.
    private static func isOptions(_ words: [TracedText?], _ options: CommandOptions) -> Bool {
        var isValue = false
        for word in words {
            if isValue {
                isValue = false
                continue
            }
            guard let word, let option = options.option(word.string) else { return false }
            isValue = option.takesNext
        }
        return !isValue
    }

    /// The words for which a word stands: those of a list that is written out, for `"${x[@]}"`, or the word itself.
    func elements(of raw: TracedText) -> [TracedText] {
        guard Self.isList(raw), let name = Self.variable(raw), lists.contains(name), let words = written[name] else {
            return [raw]
        }
        return words
    }

    /// Whether a word stands for all elements of a list: `"${x[@]}"`.
    static func isList(_ raw: TracedText) -> Bool {
        let text = unquoted(raw).bytes
        return text.starts(with: "${".utf8) && text.suffix(4).elementsEqual("[@]}".utf8)
    }

    /// Whether a word is a variable with a value that is a list of options.
    func mayBeOptions(_ raw: TracedText) -> Bool {
        wholeValues(of: raw).contains { $0?.bytes.first == UInt8(ascii: "-") }
    }

    /// The values of a word that is one variable, not split at blanks. Empty for other words.
    private func wholeValues(of raw: TracedText) -> [TracedText?] {
        Self.variable(raw).map { choices[$0] ?? [value(of: raw)] } ?? []
    }

    /// The texts of a word that contains one loop variable and other text: one for each value of the loop. Values that
    /// are assigned in several places are not tried with each word, because it is not known which one counts where.
    func turns(of raw: TracedText) -> [TracedText] {
        let unset = unset(in: raw)
        guard unset.count == 1, let name = unset.first, lists.contains(name), let values = choices[name] else {
            return tableTurns(of: raw)
        }
        return values.compactMap { value in
            guard let value else { return nil }
            return self.value(of: raw, given: [name: value])
        }
    }

    /// The texts of a word for each row of the one table that has all its names without a single value.
    func tableTurns(of raw: TracedText) -> [TracedText] {
        guard !tables.isEmpty else { return [] }
        let unset = unset(in: raw)
        guard !unset.isEmpty, let table = tables.first(where: { $0.contains { unset.isSubset(of: $0.keys) } }) else {
            return []
        }
        var seen: Set<TracedText> = []
        return table.filter { unset.isSubset(of: $0.keys) }.compactMap { value(of: raw, given: $0) }
            .filter { seen.insert($0).inserted }
    }

    /// Names in a word that have no value, or several values.
    private func unset(in raw: TracedText) -> Set<String> {
        var probe = ShellExpansion(raw)
        probe.variables = single
        return (try? probe.word()) == nil ? [] : Set(probe.unset)
    }

    private func value(of raw: TracedText, given row: [String: TracedText]) -> TracedText? {
        var turn = self
        turn.single.merge(row) { $1 }
        return turn.value(of: raw)
    }

    /// The name, if a word is one variable and nothing else: `$x`, `"${x}"`, `"${x[@]}"`.
    static func variable(_ raw: TracedText) -> String? {
        var text = Substring(unquoted(raw).string)
        guard text.hasPrefix("$") else { return nil }
        text = text.dropFirst()
        if text.hasPrefix("{"), text.hasSuffix("}") { text = text.dropFirst().dropLast() }
        for suffix in ["[@]", "[*]"] where text.hasSuffix(suffix) { text = text.dropLast(3) }
        let isName = !text.isEmpty && text.utf8.allSatisfy(VariableUse.isNameByte)
        return isName ? String(text) : nil
    }

    /// Whether a word contains `${x:-y}` or `${x-y}`.
    static func hasDefault(_ raw: TracedText) -> Bool {
        let bytes = raw.bytes
        return bytes.indices.contains { start in
            guard bytes[start...].starts(with: "${".utf8) else { return false }
            let rest = bytes[(start + 2)...].drop { $0 == 95 || ($0 | 32) &- 97 < 26 || $0 &- 48 < 10 }
            return rest.starts(with: ":-".utf8) || rest.first == UInt8(ascii: "-")
        }
    }

    /// The text without the quotes around it.
    static func unquoted(_ raw: TracedText) -> TracedText {
        guard raw.count > 1, let quote = raw.bytes.first, quote == raw.bytes.last,
            quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
        else { return raw }
        return raw[1..<raw.count - 1]
    }
}
