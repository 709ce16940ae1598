// SPDX-License-Identifier: Apache-2.0

extension ReferencePart {
    /// The parts of a reference that is written as one text: the whole text if it is one piece of the file, otherwise
    /// each field that is one piece.
    ///
    /// - Parameter text: the text of the reference after everything is filled in.
    package static func parts(of text: TracedText, style: Style = .bare) -> [ReferencePart] {
        if let range = text.contiguousRange {
            return [ReferencePart(.reference, range, value: text.string, style: style)]
        }
        let bounds = ReferenceBounds(text.bytes)
        var parts = bounds.name.map { halves(of: text[$0], style) } ?? []
        for (field, bound) in [(Field.name, bounds.name), (.tag, bounds.tag), (.digest, bounds.digest)] {
            guard let bound, field != .name || parts.isEmpty else { continue }
            let piece = text[bound]
            if let range = piece.contiguousRange {
                parts.append(ReferencePart(field, range, value: piece.string, style: style))
            }
        }
        return parts
    }

    /// The parts of a name that consists of two pieces with a slash between them, such as `ARG HUB=quay.io` and
    /// `${HUB}/a/b`. The first piece can name the place of the copy, and the second piece does not change.
    static func halves(of name: TracedText, _ style: Style) -> [ReferencePart] {
        guard name.contiguousRange == nil, let cut = name.firstGap, name.bytes[cut] == UInt8(ascii: "/") else {
            return []
        }
        let (front, back) = (name[0..<cut], name[cut + 1..<name.count])
        guard let first = front.contiguousRange, let second = back.contiguousRange else { return [] }
        return [
            ReferencePart(.hub, first, value: front.string, style: style),
            ReferencePart(.repository, second, value: back.string, style: style),
        ]
    }

    /// The parts of `name:tag` for what finds images by the name, as Argo CD and kustomize do: a new name goes behind it,
    /// as in `name=new:tag`. Empty if the name is not in one piece of the file.
    static func parts(behindNameOf text: TracedText, style: Style = .bare) -> [ReferencePart] {
        let bounds = ReferenceBounds(text.bytes)
        func part(_ field: Field, _ bounds: Range<Int>?) -> ReferencePart? {
            guard let found = bounds.map({ text[$0] }), let range = found.contiguousRange else { return nil }
            return ReferencePart(field, range, value: found.string, style: style)
        }
        guard let name = part(.name, bounds.name) else { return [] }
        return [name.behindName] + [part(.tag, bounds.tag), part(.digest, bounds.digest)].compactMap(\.self)
    }

    /// This part of a name as one that is written behind the name.
    var behindName: ReferencePart {
        let end = range.upperBound
        return ReferencePart(field, end..<end, value: value, insertion: Insertion(before: "="))
    }

    /// The first piece of a name that consists of several, as `hub`, and the text after it. Example:
    /// `registry: quay.io` in a chart's values and `{{ .Values.registry }}/acme/app` in its template.
    static func front(of text: TracedText, style: Style = .bare) -> (part: ReferencePart, end: String)? {
        guard let bound = ReferenceBounds(text.bytes).name else { return nil }
        let name = text[bound]
        guard let cut = name.firstGap, let range = name[0..<cut].contiguousRange else { return nil }
        let (front, end) = (name[0..<cut].string, name[cut..<name.count].string)
        guard front.hasSuffix("/") != end.hasPrefix("/") else { return nil }
        return (ReferencePart(.hub, range, value: front, style: style), end)
    }
}

extension Finding {
    /// Adds the part for the beginning of a name of which something else decides a later part: `quay.io/$ORG/app`. The rest of
    /// the name stays.
    mutating func addFront(of text: TracedText) {
        guard !saysName, let front = ReferencePart.front(of: text) else { return }
        parts.append(front.part)
        nameEnd = front.end
    }
}

extension TracedText {
    /// The index of the first byte that does not follow the byte before it in the file.
    fileprivate var firstGap: Int? {
        origins.indices.dropFirst().first { origins[$0] != origins[$0 - 1] + 1 }
    }
}

/// The ranges of name, tag and digest in the text of a reference.
package struct ReferenceBounds: Hashable, Sendable {
    /// Registry and path.
    package let name: Range<Int>?
    package let tag: Range<Int>?
    package let digest: Range<Int>?

    /// Whether there is a tag or a digest.
    package var hasVersion: Bool { tag != nil || digest != nil }

    package init(_ text: [UInt8]) {
        let at = text.firstIndex(of: UInt8(ascii: "@")) ?? text.count
        let lastSlash = text[..<at].lastIndex(of: UInt8(ascii: "/")) ?? 0
        let colon = text[lastSlash..<at].lastIndex(of: UInt8(ascii: ":")) ?? at
        name = colon > 0 ? 0..<colon : nil
        tag = colon + 1 < at ? colon + 1..<at : nil
        digest = at + 1 < text.count ? at + 1..<text.count : nil
    }
}
