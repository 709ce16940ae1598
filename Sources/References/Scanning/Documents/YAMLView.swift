// SPDX-License-Identifier: Apache-2.0

import OCI

/// One parsed document inside its file.
///
/// The document may be a text inside another one, or have its template actions blanked out. Places are always offsets
/// in the file.
struct YAMLView {
    typealias Index = YAMLDocument.Index

    let document: YAMLDocument
    /// Maps offsets in the document to offsets in the file.
    var origins = OriginMap.wholeFile
    /// The bytes of the file.
    let file: UnsafeBufferPointer<UInt8>
    /// Template actions were blanked out. If a key occurs twice, each one may be the one that counts.
    var isTemplate = false

    var root: Index { document.root }

    func fileRange(_ range: Range<Int>) -> Range<Int> {
        guard !range.isEmpty else {
            let place = origins.origin(of: max(range.lowerBound - 1, 0))
            return place..<place
        }
        let (first, last) = (origins.origin(of: range.lowerBound), origins.origin(of: range.upperBound - 1))
        // What is filled in comes from another place.
        return first..<max(first, last + 1)
    }

    /// Whether a template fills in a part of a node.
    func isFilledIn(_ index: Index) -> Bool { TemplateMask.holdsAction(file, place(of: index)) }

    func fileText(_ range: Range<Int>) -> String { String(decoding: file[range], as: UTF8.self) }

    /// The place of a node in the file: an alias with its star, a quoted text without its quotes.
    func place(of index: Index) -> Range<Int> {
        let node = document[index]
        return fileRange(node.kind == .alias ? Int(node.start)..<Int(node.end) : node.contentRange)
    }

    /// A scalar's text without blanks at its ends. Each byte has its place in the file.
    func text(_ index: Index) -> TracedText? {
        guard var text = document.text(index)?.trimmed else { return nil }
        if !origins.isWholeFile { text.mapOrigins { origins.origin(of: $0) } }
        return text
    }

    /// The text of a scalar, or the texts of the items of a sequence.
    func texts(_ index: Index) -> [TracedText] {
        (document.kind(index) == .sequence ? document.items(index) : [index]).compactMap { text($0) }
    }

    /// As `text`, with template actions as they are in the file.
    func written(_ index: Index) -> TracedText? { text(index).map(unmasked) }

    /// A text with template actions as they are in the file.
    func unmasked(_ text: TracedText) -> TracedText {
        guard isTemplate else { return text }
        var written = TracedText(capacity: text.count)
        for position in 0..<text.count {
            let origin = text.origins[position]
            written.append(origin == TracedText.nowhere ? text.bytes[position] : file[origin], origin: origin)
        }
        return written
    }

    func style(_ index: Index) -> ReferencePart.Style {
        switch document[document.resolved(index)].style {
        case .plain: .bare
        case .singleQuoted: .singleQuoted
        case .doubleQuoted: .doubleQuoted
        case .literal, .folded: .block
        }
    }

    // MARK: - Findings

    /// The finding for a scalar in the place of an image; nil for an empty one.
    ///
    /// - Parameter prefix: text before the reference that is not part of it, such as `docker://`.
    func finding(_ kind: FindingKind, at index: Index, prefix: String = "", owner: ResourceOwner? = nil) -> Finding? {
        guard var text = text(index), !document.isNull(index), text.bytes.starts(with: prefix.utf8) else { return nil }
        text = text[prefix.utf8.count..<text.count]
        return finding(kind, at: index, written: text, meaning: text, owner: owner)
    }

    /// - Parameters:
    ///   - written: the part of the scalar's text that is the reference.
    ///   - meaning: the same with variables filled in.
    ///   - variable: the first variable that has no value.
    ///   - isFilledIn: whether braces in `written` were already interpreted, so that they are not template actions.
    func finding(
        _ kind: FindingKind, at index: Index, written: TracedText, meaning: TracedText, variable: String? = nil,
        owner: ResourceOwner? = nil, isFilledIn: Bool = false
    ) -> Finding? {
        let isAlias = document[index].kind == .alias
        guard let shown = isAlias ? place(of: index) : written.coveringRange else { return nil }
        let raw = fileText(shown)
        let text = meaning.string
        guard !meaning.isEmpty || variable != nil, text != ImageName.nothing else { return nil }
        if let reference = ImageName.reference(text), variable == nil,
            isFilledIn || !TemplateMask.holdsAction(file, shown)
        {
            return Finding(
                kind: kind, range: shown, text: raw, meaning: .reference(reference),
                parts: parts(of: meaning, index), owner: owner)
        }
        let name = TemplateText.variable(in: isAlias ? text : raw)
        // In a template, only the file still contains the variable.
        let plain = TemplateMask.holdsAction(file, shown) ? TracedText(file[shown], origin: shown.lowerBound) : written
        let isOneText = plain.contiguousRange == shown && !isAlias
        return Finding(
            kind: kind, range: shown, text: raw, meaning: .unresolved(variable ?? name ?? text),
            parts: isOneText ? OpenTag.parts(of: plain, style: style(index)) : [], owner: owner)
    }

    /// A finding for an image of which only the name is here. Its tag is not known.
    func finding(
        _ kind: FindingKind, at index: Index, name: TracedText, lacking variable: String, owner: ResourceOwner? = nil
    ) -> Finding? {
        var finding = finding(kind, at: index, written: name, meaning: name, variable: variable, owner: owner)
        if let range = name.contiguousRange, ImageName.reference(name.string) != nil {
            finding?.parts = [ReferencePart(.name, range, value: name.string, style: style(index))]
        }
        return finding
    }

    /// A finding of text that was read with template actions blanked out. If an action fills in a part of it, it
    /// becomes unresolved.
    func opened(_ finding: Finding) -> Finding {
        guard isTemplate,
            ([finding.range] + finding.parts.map(\.range)).contains(where: { TemplateMask.holdsAction(file, $0) })
        else { return finding }
        let plain = TracedText(file[finding.range], origin: finding.range.lowerBound)
        var open = finding
        open.text = plain.string
        open.meaning = .unresolved(TemplateText.variable(in: plain.string) ?? finding.unresolved ?? plain.string)
        open.parts = OpenTag.parts(of: plain)
        return open
    }

    /// The values of a key: in a template those of all branches, otherwise the one that counts.
    func values(_ key: String, in index: Index) -> [Index] {
        let value = document.value(key, in: index)
        guard isTemplate, let value else { return value.map { [$0] } ?? [] }
        let all = document.entries(index).filter { document.isText($0.key, key) }.map(\.value)
        return all.isEmpty ? [value] : all
    }

    /// A scalar that is one whole reference can be replaced as a whole, even if it contains escapes.
    private func parts(of meaning: TracedText, _ index: Index) -> [ReferencePart] {
        let parts = ReferencePart.parts(of: meaning, style: style(index))
        guard parts.isEmpty, let range = meaning.coveringRange, !meaning.origins.contains(TracedText.nowhere),
            let whole = text(index)?.coveringRange, whole == range
        else { return parts }
        return [ReferencePart(.reference, range, value: meaning.string, style: style(index))]
    }
}

/// Text in which another program has to fill in values.
enum TemplateText {
    /// The name of the first variable or template action in a text.
    static func variable(in text: String) -> String? {
        if let action = between("{{", "}}", in: text) {
            return action.trimmingPrefix("-").trimmed
        }
        if let parameter = between("<<", ">>", in: text) { return parameter.trimmed }
        if let name = between("<%", "%>", in: text) {
            return name.drop { "=-".contains($0) }.trimmed
        }
        // Names in parentheses may have dashes (Kubernetes, Tekton). In braces, a dash begins a default value.
        if let name = between("$(", ")", in: text) { return String(name) }
        if let name = between("${", "}", in: text) {
            let end = name.firstIndex { ":-+?=#%/".contains($0) } ?? name.endIndex
            return String(name[..<end])
        }
        // Concourse.
        if let name = between("((", "))", in: text) { return String(name) }
        guard let dollar = text.firstIndex(of: "$") else { return nil }
        let name = text[dollar...].dropFirst().prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        return name.isEmpty ? nil : String(name)
    }

    private static func between(_ opening: String, _ closing: String, in text: String) -> Substring? {
        guard let start = text.place(of: opening) else { return nil }
        let rest = text[start.upperBound...]
        return rest.place(of: closing).map { rest[..<$0.lowerBound] }
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self.drop { $0 == " " || $0 == "-" }
        while text.last == " " || text.last == "-" { text = text.dropLast() }
        return String(text)
    }

    fileprivate func trimmingPrefix(_ prefix: String) -> Substring {
        hasPrefix(prefix) ? dropFirst(prefix.count) : self
    }
}
