// SPDX-License-Identifier: Apache-2.0

/// Image names in a chart's values to which a prefix may be added elsewhere: by a template that could not be read, or
/// by the values of a parent chart. If such a name were replaced by a mirror's, it would become a part of another
/// image.
struct UnsureValues {
    typealias Index = YAMLDocument.Index

    private let view: YAMLView
    private let uses: ChartUses

    init(_ uses: ChartUses, in view: YAMLView) { (self.uses, self.view) = (uses, view) }

    /// The findings that must not be edited, with the open findings that replace them.
    func opened(_ findings: [Finding]) -> [Finding: Finding] {
        let unread = places(uses.unread.filter { !uses.proven.contains($0.key) }) {
            ValueLeaf.all(below: $0, in: view.document).map(\.index)
        }
        .merging(ends) { first, _ in first }
        let proven = Set(uses.proven.compactMap { index(at: $0) }.map { view.place(of: $0) })
        let overridden = places(siblings) { mapping in
            view.document.entries(mapping).map { view.document.resolved($0.value) }
                .filter { view.document.kind($0) == .scalar }
        }
        let open = places(uses.open) { [$0] }
        let globals = Set(HelmValuesScanner.globalRegistries.compactMap { index(at: $0) }.map { view.place(of: $0) })
        let registry = uses.overridden.first { $0.key.first == "global" }
        return findings.filter { $0.kind == .helmValues }.reduce(into: [:]) { opened, finding in
            // The name may be a part of a text that a template fills in.
            let ranges = finding.parts.filter { !Self.versions.contains($0.field) }.map(\.range) + [finding.range]
            if let decider = ranges.lazy.compactMap({ overridden[$0] }).first {
                opened[finding] = finding.decided(by: "repository", in: decider)
            } else if let registry, finding.parts.contains(where: { $0.field == .registry }) {
                opened[finding] = finding.decided(by: registry.key.joined(separator: "."), in: registry.value)
            } else if finding.hasBareName, !ranges.contains(where: proven.contains),
                let template = ranges.lazy.compactMap({ unread[$0] }).first
            {
                opened[finding] = finding.decided(by: template, in: nil)
            } else if finding.parts.contains(where: { $0.field == .registry && globals.contains($0.range) }),
                let name = finding.parts.first(where: { $0.field == .repository })?.range, !proven.contains(name),
                let template = unread[name], !template.contains("global"), !template.contains("include")
            {
                // The shape of the values says that the common registry is in front, and the template does not.
                opened[finding] = finding.decided(by: template, in: nil)
            } else if let kept = kept(finding, with: open) {
                opened[finding] = kept
            }
        }
    }

    /// The findings that templates make. Those whose registry is also in front of an image that nobody knows have no
    /// parts.
    func kept(_ findings: [Finding]) -> [Finding] {
        let open = places(uses.open) { [$0] }
        return findings.map { kept($0, with: open) ?? $0 }
    }

    private func kept(_ finding: Finding, with open: [Range<Int>: String]) -> Finding? {
        guard let front = finding.parts.first(where: { $0.field == .registry }), let template = open[front.range] else {
            return nil
        }
        var kept = finding
        kept.parts = []
        kept.deciders = [Decider("\"\(template)\"", file: "a template, which uses the registry")]
        return kept
    }

    private static let versions: Set<ReferencePart.Field> = [.tag, .digest]

    private func index(at path: [String]) -> Index? { view.document.value(at: path, in: view.root) }

    /// The mappings in which a parent sets a field. All fields of an image are in the same mapping.
    private var siblings: [[String]: String] {
        uses.overridden.reduce(into: [:]) { siblings, entry in siblings[entry.key.dropLast()] = entry.value }
            .filter { $0.key.first != "global" }
    }

    /// The scalars whose last keys are used by a template that could not be read.
    private var ends: [Range<Int>: String] {
        guard !uses.unreadEnds.isEmpty else { return [:] }
        return ValueLeaf.all(below: view.root, in: view.document).reduce(into: [:]) { ends, leaf in
            let template = leaf.path.indices.lazy.compactMap { uses.unreadEnds[Array(leaf.path[$0...])] }.first
            if let template { ends[view.place(of: leaf.index)] = template }
        }
    }

    private func places(
        _ paths: [[String]: String], _ scalars: (Index) -> [Index]
    ) -> [Range<Int>: String] {
        paths.reduce(into: [:]) { places, entry in
            guard let index = index(at: entry.key) else { return }
            for scalar in scalars(index) { places[view.place(of: scalar)] = entry.value }
        }
    }
}

extension Finding {
    /// Whether a chart's value names the image without a registry, and without a tag in the same text. A chart that
    /// takes such names may put a registry of its own before them.
    package var isNameInValues: Bool {
        kind == .helmValues && remark == nil && hasBareName && parts.contains { $0.field == .name } && !isBuilt
    }

    /// Whether the finding does not name the image's registry.
    var hasBareName: Bool {
        guard !parts.contains(where: { [.registry, .hub].contains($0.field) }),
            let name = parts.first(where: { [.name, .reference].contains($0.field) })
        else { return false }
        let text = name.value ?? text
        guard let slash = text.firstIndex(of: "/") else { return true }
        return text[..<slash] != "localhost" && !text[..<slash].contains { $0 == "." || $0 == ":" }
    }

    /// The same finding without a reference and parts, because another value decides the image.
    func decided(by variable: String, in file: String?) -> Finding {
        var open = self
        (open.meaning, open.parts) = (.unresolved(variable), [])
        open.deciders = [Decider(variable, file: file)]
        return open
    }
}
