// SPDX-License-Identifier: Apache-2.0

/// Names between marks, in whose place a tool puts values: `${{ matrix.image }}`, `$(params.image)`,
/// `<< parameters.tag >>`, `{{inputs.parameters.image}}`. Everything except a plain name stays unresolved.
struct Placeholders {
    let opening: [UInt8]
    let closing: [UInt8]
    var values: [String: TracedText] = [:]

    init(_ opening: String, _ closing: String) {
        self.opening = Array(opening.utf8)
        self.closing = Array(closing.utf8)
    }

    func areIn(_ text: TracedText) -> Bool { position(of: opening, in: text, from: 0) != nil }

    /// The name, if the whole text is one placeholder.
    func name(alone text: String) -> String? {
        let bytes = text.utf8
        guard bytes.starts(with: opening), bytes.suffix(closing.count).elementsEqual(closing) else { return nil }
        let inner = text.utf8.dropFirst(opening.count).dropLast(closing.count)
        guard !inner.contains(closing[0]), let name = String(inner) else { return nil }
        return Self.name(name)
    }

    /// The text with all known names filled in, and the first name that has no value.
    func fill(_ text: TracedText) -> Variables.Filled {
        var result = Variables.Filled(text: TracedText())
        var offset = 0
        var room = Self.roomLimit
        while let start = position(of: opening, in: text, from: offset),
            let end = position(of: closing, in: text, from: start + opening.count)
        {
            result.text.append(text[offset..<start])
            let name = Self.name(text[start + opening.count..<end].trimmed.string)
            if let value = values[name], value.count <= room {
                room -= value.count
                result.text.append(value)
                result.deciders.append(Decider(name))
            } else {
                result.missing = result.missing ?? name
                result.text.append(text[start..<end + closing.count])
            }
            offset = end + closing.count
        }
        result.text.append(text[offset..<text.count])
        return result
    }

    /// The most bytes that values add to a text. A value may hold another one several times, which holds another one.
    private static let roomLimit = 4096
    /// The most bytes between the marks that are read as a name.
    private static let nameLimit = 256

    /// The text with its names written as shell variables.
    ///
    /// - Parameter variable: returns the shell's name for a name. nil: the name stays unchanged.
    func asShell(_ text: TracedText, _ variable: (String) -> String?) -> TracedText {
        var result = TracedText(capacity: text.count)
        var offset = 0
        while let start = position(of: opening, in: text, from: offset) {
            let inside = start + opening.count
            let near = text[inside..<min(text.count, inside + Self.nameLimit)]
            result.append(text[offset..<start])
            if let length = position(of: closing, in: near, from: 0),
                let name = variable(Self.name(near[0..<length].trimmed.string))
            {
                offset = inside + length + closing.count
                result.append(UInt8(ascii: "$"), origin: text.origins[start])
                result.append(UInt8(ascii: "{"), origin: text.origins[start + 1])
                result.append(TracedText(untraced: name))
                result.append(UInt8(ascii: "}"), origin: text.origins[offset - 1])
            } else {
                result.append(text[start..<inside])
                offset = inside
            }
        }
        result.append(text[offset..<text.count])
        return result
    }

    /// `a['b']` and `a["b"]` are `a.b`.
    private static func name(_ text: String) -> String {
        guard text.contains("[") else { return text }
        return text.replacing("['", with: ".").replacing("[\"", with: ".").replacing("']", with: "")
            .replacing("\"]", with: "")
    }

    private func position(of word: [UInt8], in text: TracedText, from start: Int) -> Int? {
        guard start + word.count <= text.count else { return nil }
        return (start...text.count - word.count).first { text.bytes[$0...].starts(with: word) }
    }
}

/// The possible values of a text if names have several values. Each row of values is used by itself.
struct Choices {
    /// The most rows that a text is filled in with.
    static let limit = 256

    private(set) var rows: [[String: TracedText]] = []

    init() {}

    /// Combines the rows of several tables. Later tables override earlier ones. Empty if there is nothing to choose.
    init(crossing tables: [[[String: TracedText]]]) {
        var crossed: [[String: TracedText]] = [[:]]
        for table in tables where !table.isEmpty && crossed.count * table.count <= Self.limit {
            crossed = crossed.flatMap { row in table.map { row.merging($0) { $1 } } }
        }
        rows = crossed == [[:]] ? [] : crossed
    }

    mutating func add(_ row: [String: TracedText]) {
        if rows.count < Self.limit { rows.append(row) }
    }

    mutating func remove(where isLeftOut: ([String: TracedText]) -> Bool) { rows.removeAll(where: isLeftOut) }

    /// Adds values to a row. They override earlier values of the same names.
    mutating func extend(at index: Int, with row: [String: TracedText]) { rows[index].merge(row) { $1 } }

    /// Adds a row for each combination of values.
    mutating func add(combinationsOf axes: [(name: String, values: [[String: TracedText]])]) {
        var combined: [[String: TracedText]] = [[:]]
        for axis in axes where !axis.values.isEmpty {
            guard combined.count * axis.values.count <= Self.limit else { continue }
            combined = combined.flatMap { row in axis.values.map { row.merging($0) { $1 } } }
        }
        if !axes.isEmpty { combined.forEach { add($0) } }
    }

    /// All possible values of a text, each once. If all are unresolved, only the first one.
    func fillings(
        of text: TracedText, _ fill: (TracedText, [String: TracedText]) -> Variables.Filled
    ) -> [Variables.Filled] {
        let all = (rows.isEmpty ? [[:]] : rows).map { fill(text, $0) }
        var seen: Set<TracedText> = []
        let known = all.filter { $0.missing == nil && seen.insert($0.text).inserted }
        return known.isEmpty ? Array(all.prefix(1)) : known
    }
}
