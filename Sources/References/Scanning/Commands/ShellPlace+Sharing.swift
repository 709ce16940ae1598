// SPDX-License-Identifier: Apache-2.0

import OCI

/// What variables hold besides images: names of images that are made, and anything else that a text uses them for.
extension ShellPlace {
    var sharedBytes: [SharedBytes] {
        var shared: Set<SharedBytes> = []
        for text in productWords.flatMap(texts) { shared.formUnion(SharedBytes.all(of: text, .product)) }
        shared.formUnion(names(searched, soughtBy: "a kustomization in this file"))
        shared.formUnion(names(replacements.map(\.name), soughtBy: "a kustomization"))
        for text in others.flatMap(texts) { shared.formUnion(SharedBytes.all(of: text, .other)) }
        for (word, written) in images { shared.formUnion(besideOpen(word, written: written)) }
        return shared.sorted { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    }

    /// Values in an image's name of which another part has no value.
    private func besideOpen(_ word: TracedText, written: TracedText?) -> [SharedBytes] {
        guard case .open = variables.expand(word), variables.turns(of: word).isEmpty else { return [] }
        let known = variables.filled(word)
        guard OpenTag.parts(of: known).isEmpty else { return [] }
        return SharedBytes.beside(written ?? ShellVariables.unquoted(word), of: known)
    }

    /// Names by which images are found, and which therefore stay.
    private func names(_ words: [TracedText], soughtBy file: String) -> [SharedBytes] {
        words.flatMap(texts).flatMap { SharedBytes.all(of: $0, .part(ofNameIn: file)) }
    }

    /// The text of a word. If something in it has no value, the rest of it and the values of its variables.
    private func texts(of word: TracedText) -> [TracedText] {
        if case .text(let text) = variables.expand(word) { return [text] }
        return [variables.filled(word)]
            + VariableUse.all(in: word).flatMap { variables.values(of: TracedText(untraced: "$" + $0.name)) }
            .compactMap(\.self)
    }

    /// Images that are made under names without a host. Commands in other files find them on this machine, too.
    var localProducts: [BuildProduct] {
        localNames(productWords).map { BuildProduct($0, users: .commands, defaultTag: "latest") }
    }

    func localNames(_ words: [TracedText]) -> [String] {
        words.flatMap(localNames).filter {
            ImageName.reference($0) != nil && ProductName.hasNoHost(ProductName.of($0))
        }
    }

    /// A name that a variable holds counts only without a version: users set such variables, and `golang:1.26` is somebody
    /// else's image.
    private func localNames(_ word: TracedText) -> [String] {
        let text = ShellVariables.unquoted(word)
        guard text.bytes.contains(UInt8(ascii: "$")) else { return [text.string] }
        let values = variables.value(of: word).map { [$0] } ?? variables.turns(of: word)
        return values.map(\.string).filter { value in
            ImageName.reference(value).map { $0.tag == nil || $0.tag?.name == "latest" } == true
        }
    }

    /// The names for which commands search in files.
    var soughtNames: [SoughtName] { edits.flatMap { $0.soughtNames { variables.filled($0).string } } }

    /// The names in `NAME=IMAGE`, `NAME:TAG` and `NAME@DIGEST` that are written out.
    var kustomizationEdits: [KustomizationEdit] {
        replacements.compactMap { replacement in
            guard let value = variables.value(of: replacement.name)?.string,
                let end = ReferenceBounds(Array(value.utf8)).name?.upperBound
            else { return nil }
            return KustomizationEdit(
                name: NamePattern(String(decoding: value.utf8.prefix(end), as: UTF8.self)), folder: replacement.folder)
        }
    }
}
