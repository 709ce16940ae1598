// SPDX-License-Identifier: Apache-2.0

import OCI

/// The images that templates make of values, and the same images as the shape of the values says them.
extension Chart {
    /// Whether a finding is the name alone of another one, whose tag or digest is another value.
    static func isName(_ finding: Finding, of whole: Finding) -> Bool {
        guard finding.range == whole.range, let name = finding.reference, let reference = whole.reference,
            whole.parts.contains(where: { [.tag, .digest].contains($0.field) })
        else { return false }
        let bounds = ReferenceBounds(Array(name.asTyped.utf8))
        return !bounds.hasVersion && name.repositoryName == reference.repositoryName
    }

    /// Whether a finding that was found by the shape of the values and a recipe name one image from different values.
    static func isOther(_ recipe: ChartRecipe, _ finding: Finding, _ view: YAMLView) -> Bool {
        isWithoutRegistry(recipe, of: finding, view) || isBehind(recipe, finding, view)
    }

    /// Whether a recipe has a finding's name, and not the registry that the shape of the values gives it.
    private static func isWithoutRegistry(_ recipe: ChartRecipe, of finding: Finding, _ view: YAMLView) -> Bool {
        let places = places(at: recipe.paths, view)
        return places.contains(finding.range)
            && finding.parts.contains { part in part.field == .registry && !places.contains(part.range) }
    }

    /// Whether a recipe puts something before the name that is not a part of the finding, which was found by the shape
    /// of the values. If that finding's whole name were edited, the recipe would make another image.
    static func isBehind(_ recipe: ChartRecipe, _ finding: Finding, _ view: YAMLView) -> Bool {
        let names: Set<ReferencePart.Field> = [.reference, .name, .repository]
        var front = ""
        for piece in recipe.pieces {
            switch piece {
            case .text(let text): front += text
            case .value(let path):
                guard let index = view.document.value(at: path, in: view.root) else { continue }
                let place = view.place(of: view.document.resolved(index))
                let part = finding.parts.first { $0.range.overlaps(place) }
                if let part, names.contains(part.field) { return front.contains { $0 != "/" } }
                if part == nil { front += text(of: index, view)?.string ?? "" }
            }
        }
        return false
    }

    static func reference(_ recipe: ChartRecipe, _ view: YAMLView) -> Reference? {
        ImageName.reference(
            recipe.text { path in
                view.document.value(at: path, in: view.root).flatMap { text(of: $0, view) }
            }.string)
    }

    /// A scalar's text as Helm reads it. A plain number has the text of its value.
    static func text(of index: YAMLDocument.Index, _ view: YAMLView) -> TracedText? {
        guard let text = view.text(index) else { return nil }
        return PlainNumber(view, index)?.text(text) ?? text
    }

    /// The image that a recipe makes, if its name is in the values.
    static func finding(_ recipe: ChartRecipe, _ view: YAMLView) -> Finding? {
        func index(_ path: [String]) -> YAMLDocument.Index? { view.document.value(at: path, in: view.root) }
        let whole = recipe.text { index($0).flatMap { text(of: $0, view) } }
        guard let reference = ImageName.reference(whole.string),
            let end = ReferenceBounds(whole.bytes).name?.upperBound,
            let origin = whole.origins[..<end].last(where: { $0 != TracedText.nowhere })
        else { return nil }
        let places = recipe.pieces.compactMap { piece -> Range<Int>? in
            guard case .value(let path) = piece, let index = index(path) else { return nil }
            return view.place(of: view.document.resolved(index))
        }
        guard let place = places.first(where: { $0.contains(origin) }) else { return nil }
        let registries = recipe.paths.filter { $0.last?.lowercased().hasSuffix("registry") == true }
            .compactMap { index($0) }.map { view.place(of: view.document.resolved($0)) }
        let parts = ReferencePart.parts(of: whole).map { part in
            // Charts compare a registry and use it again, so the part stays a registry.
            let isHost = part.field == .hub && registries.contains(part.range) && part.value?.contains("/") == false
            return isHost ? ReferencePart(.registry, part.range, value: part.value, style: part.style) : part
        }
        var finding = Finding(
            kind: .helmValues, range: place, text: view.fileText(place), meaning: .reference(reference), parts: parts)
        finding.addFront(of: whole)
        if recipe.beginsWithPath { finding.deciders = [Decider("\"\(recipe.front)\"", file: "a template")] }
        return finding
    }
}
