extension ReferencePart {
    /// The parts of a reference that is written as one text: all of it where it stands in one piece, else those of its
    /// fields that do.
    ///
    /// - Parameter text: the reference after everything is filled in; `reference` was parsed from it.
    package static func parts(of text: TracedText, style: Style = .bare) -> [ReferencePart] {
        if let range = text.contiguousRange {
            return [ReferencePart(.reference, range, value: text.string, style: style)]
        }
        let bounds = ReferenceBounds(text.bytes)
        var parts: [ReferencePart] = []
        for (field, bound) in [(Field.name, bounds.name), (.tag, bounds.tag), (.digest, bounds.digest)] {
            guard let bound else { continue }
            let piece = text[bound]
            if let range = piece.contiguousRange {
                parts.append(ReferencePart(field, range, value: piece.string, style: style))
            }
        }
        return parts
    }
}

/// Where name, tag and digest stand inside the text of a reference.
package struct ReferenceBounds: Hashable, Sendable {
    /// Registry and path.
    package let name: Range<Int>?
    package let tag: Range<Int>?
    package let digest: Range<Int>?

    package init(_ text: [UInt8]) {
        let at = text.firstIndex(of: UInt8(ascii: "@")) ?? text.count
        let lastSlash = text[..<at].lastIndex(of: UInt8(ascii: "/")) ?? 0
        let colon = text[lastSlash..<at].lastIndex(of: UInt8(ascii: ":")) ?? at
        name = colon > 0 ? 0..<colon : nil
        tag = colon + 1 < at ? colon + 1..<at : nil
        digest = at + 1 < text.count ? at + 1..<text.count : nil
    }
}
