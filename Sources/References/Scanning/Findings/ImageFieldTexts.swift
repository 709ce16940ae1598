// SPDX-License-Identifier: Apache-2.0

import OCI

/// An image whose name, tag and digest are separate scalars.
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

    /// A warning for a tag that is a number and means another value than it seems to.
    func warning(_ reader: String) -> ScanProblem? { number?.warning(reader) }

    /// - Parameter missing: a variable outside of these fields that the name depends on and that has no value.
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

    /// The variable in the first field that contains one.
    private var firstOpen: String? {
        [name, tag, digest].compactMap(\.self).lazy.compactMap { index in
            let text = view.fileText(view.place(of: index))
            return TemplateText.variable(in: text)
        }.first
    }

    private var tagText: String? { number?.value ?? text(tag) }

    /// The text of a scalar. nil: there is none, or it is empty.
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
