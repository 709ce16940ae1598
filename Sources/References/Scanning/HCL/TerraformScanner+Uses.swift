// SPDX-License-Identifier: Apache-2.0

/// What names are used for besides images, and images in texts that are filled in.
extension TerraformScanner {
    /// Notes the known texts of names that are used for something else than images, too: the address of a registry that is
    /// logged in to.
    ///
    /// - Parameter uses: the name of each use in the module.
    mutating func keepTextsOfOtherUses(_ uses: [String]) {
        let counts = Dictionary(uses.map { ($0, 1) }, uniquingKeysWith: +)
        for (name, count) in counts where imageUses[name, default: 0] < count && imageUses[name] != nil {
            for text in rows.flatMap({ $0.sources(of: .reference(path: name, written: TracedText())) }) {
                shared.formUnion(SharedBytes.all(of: text.withoutForeign, .other))
            }
        }
    }

    /// A script may pull images, and log in to the same registry or push to it.
    mutating func count(script: HCLValue) {
        let isOfImages = TerraformGate.scripts(in: script).allSatisfy { text in
            ["login", "push", "://"].allSatisfy { text.place(of: $0) == nil }
        }
        if isOfImages { count(script) }
    }

    mutating func count(_ value: HCLValue) {
        for use in value.nameUses {
            imageUses[use.name, default: 0] += 1
            guard countedNames.insert(use.name).inserted else { continue }
            for definition in rows.first?.definitions(of: use.name) ?? [] { count(definition) }
        }
    }

    /// Notes the known texts that an open image is made of.
    mutating func keepRegistries(of value: HCLValue, beside written: TracedText) {
        for text in rows.flatMap({ $0.sources(of: value) }) {
            shared.formUnion(SharedBytes.beside(written, of: text.withoutForeign))
        }
    }

    mutating func embed(_ text: TracedText, _ content: EmbeddedDocument.Content) {
        let known = Set(embedded.map(\.range))
        let text = EmbeddedDocument.withoutSubstitutions(text)
        for finding in EmbeddedDocument.findings(in: text, of: file, content, kind: found.kind)
        where !known.contains(finding.range) && !addFilled(finding) {
            embedded.append(finding)
        }
    }

    /// Adds an image of a text with the values that its names have in the module.
    ///
    /// - Returns: whether all of them have one.
    mutating func addFilled(_ finding: Finding) -> Bool {
        let text = TracedText(file[finding.range], origin: finding.range.lowerBound)
        guard finding.unresolved != nil, text.string.contains("${") else { return false }
        let quote = TracedText(untraced: "\"")
        var parser = HCLParser(SourceText(TracedText(untraced: "image=") + quote + text + quote))
        guard let value = parser.file().value("image"), parser.problem == nil else { return false }
        let isKnown = rows.contains { row in
            row.resolve(value).contains { if case .text = $0 { true } else { false } }
        }
        if isKnown {
            add(value, .container)
        } else {
            count(value)
            keepRegistries(of: value, beside: text)
        }
        return isKnown
    }
}
