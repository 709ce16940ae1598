// SPDX-License-Identifier: Apache-2.0

/// The possible values of a CUE field: all operands of its expressions, from all places in the file.
struct CUEValue {
    var structure: CUEStruct?
    var texts: [CUEText] = []
    var items: [CUEValue] = []

    /// Adds another value. CUE unifies all values of one field (cuelang.org, "The CUE Language Specification",
    /// "Unification").
    mutating func merge(_ other: CUEValue) {
        texts += other.texts
        items += other.items
        guard let added = other.structure else { return }
        if structure == nil { structure = CUEStruct() }
        structure?.merge(added)
    }

    /// The texts that count if the value has to be a single text: definite texts, otherwise defaults, otherwise all.
    var chosen: [CUEText] {
        let said = texts.filter { !$0.isChoice && !$0.isDefault }
        let defaults = texts.filter(\.isDefault)
        return !said.isEmpty ? said : !defaults.isEmpty ? defaults : texts
    }
}

/// Fields by their names, each name once, in the order of the file.
struct CUEStruct {
    private(set) var fields: [(name: String, value: CUEValue)] = []
    private var places: [String: Int] = [:]

    subscript(name: String) -> CUEValue? { places[name].map { fields[$0].value } }

    mutating func add(_ name: String, _ value: CUEValue) {
        if let place = places[name] { return fields[place].value.merge(value) }
        places[name] = fields.count
        fields.append((name, value))
    }

    mutating func merge(_ other: CUEStruct) {
        if fields.isEmpty { return self = other }
        for (name, value) in other.fields { add(name, value) }
    }
}

/// Texts and names joined by plus signs. Mostly there is only one.
struct CUEText {
    enum Operand {
        case text(FilledText)
        /// Names with dots between them.
        case reference(path: String, written: TracedText)
        /// The result of a function, by the function's name.
        case call(path: String, written: TracedText)
    }

    var operands: [Operand]
    /// Marked with `*`.
    var isDefault = false
    /// One of several alternatives with `|` between them.
    var isChoice = false
}
