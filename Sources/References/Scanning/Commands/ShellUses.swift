// SPDX-License-Identifier: Apache-2.0

import OCI

/// What all places of a text make, and how they use variables. A variable of one place may be used in another.
struct ShellUses {
    /// Images that are made: full references, and texts as written.
    private var products: Set<String> = []
    /// Those of the products whose value is certain: not the values of a variable that several places assign.
    private var made: Set<String> = []
    /// Names of images that are made with tags that are named elsewhere.
    private var tagged: Set<String> = []
    /// Names of images that are made, with the colon before the tag.
    private var productFronts: Set<Substring> = []
    /// Images that are pulled: texts as written, and their values.
    private var pulled: Set<String> = []
    /// Variables that are a part of an image somewhere (`$IMAGE:$TAG`), and those that are a whole image.
    private var partial: Set<String> = []
    private var whole: Set<String> = []
    /// Variables in images that are run somewhere, alone or as a part.
    private var runs: Set<String> = []

    /// Adds a word that names an image that is made.
    mutating func add(product word: TracedText, in variables: ShellVariables) {
        let certain =
            [word, variables.filled(word)] + [variables.value(of: word)].compactMap(\.self)
            + variables.turns(of: word)
        let names = certain.flatMap { Self.names(of: ShellVariables.unquoted($0).string) }
        made.formUnion(names)
        products.formUnion(names)
        if let name = ShellVariables.variable(word) { products.insert("$" + name) }
        for case let value? in variables.values(of: word) { products.formUnion(Self.names(of: value.string)) }
    }

    /// Adds the name of an image that is made with tags that the text does not say.
    mutating func add(tagged word: TracedText, in variables: ShellVariables) {
        tagged.insert(ProductName.of(variables.filled(word).string))
    }

    mutating func add(_ place: ShellPlace) {
        productFronts = Set(products.compactMap { OpenTag.front(ofMade: $0) })
        let images = place.images.map(\.word) + place.named.map(\.word) + place.replacements.map(\.image)
        runs.formUnion(images.flatMap { VariableUse.all(in: $0) }.map(\.name))
        for word in images + place.settings.filter({ ImageText.mayHoldImage($0.name) }).map(\.raw) {
            pulled.insert(ShellVariables.unquoted(word).string)
            for case let value? in place.variables.values(of: word) { pulled.insert(value.string) }
        }
        let words = images + place.locals.map(\.word) + place.productWords + place.settings.map(\.raw)
        for use in words.flatMap({ VariableUse.all(in: $0) }) {
            if use.isPart { partial.insert(use.name) } else { whole.insert(use.name) }
        }
        partial.formUnion(place.chartSettings.flatMap(\.words).flatMap(Self.namesInFields))
    }

    /// The variables in fields of a chart that are a part of an image: `image.repository=$NAME`.
    private static func namesInFields(of settings: TracedText) -> [String] {
        ShellVariables.unquoted(settings).commaSeparatedFields.flatMap { field -> [String] in
            guard let (path, value) = field.cut(at: UInt8(ascii: "=")),
                let key = path.string.split(separator: ".").last, fields.contains(String(key))
            else { return [] }
            return VariableUse.all(in: value).map(\.name)
        }
    }

    private static let fields: Set<String> = ["registry", "repository", "repo", "hub"]

    private static func names(of text: String) -> [String] {
        [spelled(text)] + (ImageName.reference(text).map { [$0.canonical] } ?? [])
    }

    /// A text with one spelling for each variable and each expression: blanks in `${{ … }}` mean nothing.
    private static func spelled(_ text: String) -> String {
        text.utf8.contains(UInt8(ascii: "$")) ? ProductName.withBraces(text.filter { $0 != " " }) : text
    }

    func isRun(_ name: String) -> Bool { runs.contains(name) }

    /// Whether a variable holds an image that is made here, or is only a part of an image wherever it is used.
    func isNoImage(_ name: String) -> Bool {
        products.contains("$" + name) || (partial.contains(name) && !whole.contains(name))
    }

    /// Whether the image of a word, which has to be on this machine, comes from a registry: it is pulled elsewhere in the
    /// texts, or it names one. What is only removed may have been there before.
    func isPulled(_ word: TracedText, isRemoved: Bool, in variables: ShellVariables) -> Bool {
        let texts = variables.values(of: word).compactMap { $0?.string } + [variables.filled(word).string]
        if pulled.contains(ShellVariables.unquoted(word).string) || texts.contains(where: pulled.contains) {
            return true
        }
        return !isRemoved && texts.contains { ImageText.hasHost($0) && !$0.prefix { $0 != "/" }.contains("$") }
    }

    func isProduct(front: Substring) -> Bool { productFronts.contains(front) }

    func isProduct(_ word: TracedText, in variables: ShellVariables) -> Bool {
        if products.contains(Self.spelled(ShellVariables.unquoted(word).string)) { return true }
        if let name = ShellVariables.variable(word), products.contains("$" + name) { return true }
        if isTagged(word, in: variables) { return true }
        if products.contains(Self.spelled(variables.filled(word).string)) { return true }
        guard let text = variables.value(of: word) else { return false }
        return Self.names(of: text.string).contains { products.contains($0) }
    }

    /// Whether a text outside of the commands certainly names an image that they make.
    func makes(_ text: TracedText, in variables: ShellVariables) -> Bool {
        let texts = [text.string, variables.filled(text).string]
        return texts.contains { Self.names(of: $0).contains(where: made.contains) } || isTagged(text, in: variables)
    }

    /// The same for what was found in a document.
    func makes(_ finding: Finding, in variables: ShellVariables) -> Bool {
        finding.reference.map { makes(TracedText(untraced: $0.asTyped), in: variables) } ?? false
    }

    private func isTagged(_ word: TracedText, in variables: ShellVariables) -> Bool {
        !tagged.isEmpty && tagged.contains(ProductName.of(variables.filled(word).string))
    }
}
