// SPDX-License-Identifier: Apache-2.0

import OCI

/// What all places of a text make, and for what they use variables: one of one place may be used in another.
struct ShellUses {
    /// Images that are made: references in full, and texts as they stand.
    private var products: Set<String> = []
    /// Names of what is made, with the colon before the tag.
    private var productFronts: Set<Substring> = []
    /// Variables that are a part of what is run or made somewhere (`$IMAGE:$TAG`), and those that are all of it.
    private var partial: Set<String> = []
    private var whole: Set<String> = []
    /// Variables that are run somewhere, alone or as a part.
    private var runs: Set<String> = []

    /// Takes in a word that names what is made.
    mutating func add(product word: TracedText, in variables: ShellVariables) {
        products.insert(ShellVariables.unquoted(word).string)
        if let name = ShellVariables.variable(word) { products.insert("$" + name) }
        for case let value? in variables.values(of: word) + variables.tableTurns(of: word) {
            products.formUnion(Self.names(of: value.string))
        }
    }

    mutating func add(_ place: ShellPlace) {
        productFronts = Set(products.compactMap { OpenTag.front(ofMade: $0) })
        runs.formUnion(place.images.flatMap { VariableUse.all(in: $0.word) }.map(\.name))
        let words = place.images.map(\.word) + place.productWords + place.settings.map(\.raw)
        for use in words.flatMap({ VariableUse.all(in: $0) }) {
            if use.isPart { partial.insert(use.name) } else { whole.insert(use.name) }
        }
    }

    private static func names(of text: String) -> [String] {
        [text] + (ImageName.reference(text).map { [$0.canonical] } ?? [])
    }

    func isRun(_ name: String) -> Bool { runs.contains(name) }

    /// Whether a variable holds what is made, or is only a part of an image wherever it is used.
    func isNoImage(_ name: String) -> Bool {
        products.contains("$" + name) || (partial.contains(name) && !whole.contains(name))
    }

    func isProduct(front: Substring) -> Bool { productFronts.contains(front) }

    func isProduct(_ word: TracedText, in variables: ShellVariables) -> Bool {
        if products.contains(ShellVariables.unquoted(word).string) { return true }
        if let name = ShellVariables.variable(word), products.contains("$" + name) { return true }
        guard let text = variables.value(of: word) else { return false }
        return Self.names(of: text.string).contains { products.contains($0) }
    }
}
