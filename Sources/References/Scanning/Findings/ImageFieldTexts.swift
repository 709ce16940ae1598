// SPDX-License-Identifier: Apache-2.0

import OCI

/// An image whose name, tag and digest are scalars of their own.
struct ImageFieldTexts {
    typealias Index = YAMLDocument.Index

    let view: YAMLView
    let name: Index
    var tag: Index?
    var digest: Index?

    init(view: YAMLView, name: Index) {
        self.view = view
        self.name = name
    }

    private var number: PlainNumber? { tag.flatMap { PlainNumber(view, $0) } }

    /// What a tag does not look like.
    func warning(_ reader: String) -> ScanProblem? { number?.warning(reader) }

    /// - Parameter missing: what the name depends on besides.
    func finding(_ kind: FindingKind, missing: String? = nil) -> Finding? {
        let place = view.place(of: name)
        let shown = view.fileText(place)
        if let open = missing ?? firstOpen {
            return Finding(kind: kind, range: place, text: shown, meaning: .unresolved(open), parts: [])
        }
        guard let path = text(name) else { return nil }
        let whole = path + (tagText.map { ":" + $0 } ?? "") + (text(digest).map { "@" + $0 } ?? "")
        guard let reference = ImageName.reference(whole) else {
            return Finding(kind: kind, range: place, text: shown, meaning: .unresolved(whole), parts: [])
        }
        return Finding(kind: kind, range: place, text: shown, meaning: .reference(reference), parts: parts)
    }

    /// The first field with a variable in it.
    private var firstOpen: String? {
        [name, tag, digest].compactMap(\.self).lazy.compactMap { index in
            let text = view.fileText(view.place(of: index))
            return TemplateText.variable(in: text)
        }.first
    }

    private var tagText: String? { number?.value ?? text(tag) }

    /// nil where there is none, or an empty one.
    private func text(_ index: Index?) -> String? {
        guard let index, !view.document.isNull(index), let text = view.text(index), !text.isEmpty else { return nil }
        return text.string
    }

    private var parts: [ReferencePart] {
        guard tagText != nil || text(digest) != nil else {
            return view.text(name).map { ReferencePart.parts(of: $0, style: view.style(name)) } ?? []
        }
        let fields: [(ReferencePart.Field, Index?, String?)] = [
            (.name, name, text(name)), (.tag, tag, tagText), (.digest, digest, text(digest)),
        ]
        return fields.compactMap { field, index, value in
            guard let index, let value else { return nil }
            let place = view.place(of: view.document.resolved(index))
            return ReferencePart(field, place, value: value, style: view.style(index))
        }
    }
}
