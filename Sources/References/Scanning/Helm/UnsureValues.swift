// SPDX-License-Identifier: Apache-2.0

/// Names in a chart's values before which something may stand that is not said there: a template that could not be read puts it
/// there, or the values of a parent chart do. Under a mirror's name they would become parts of another image.
struct UnsureValues {
    typealias Index = YAMLDocument.Index

    private let view: YAMLView
    private let uses: ChartUses

    init(_ uses: ChartUses, in view: YAMLView) { (self.uses, self.view) = (uses, view) }

    /// What findings of the values' shape come to: open, and not to be edited.
    func opened(_ findings: [Finding]) -> [Finding: Finding] {
        let unread = places(uses.unread.filter { !uses.proven.contains($0.key) }) { scalars(in: $0, depth: 0) }
            .merging(ends) { first, _ in first }
        let proven = Set(uses.proven.compactMap { index(at: $0) }.map { view.place(of: $0) })
        let overridden = places(siblings) { mapping in
            view.document.entries(mapping).map { view.document.resolved($0.value) }
                .filter { view.document.kind($0) == .scalar }
        }
        let registry = uses.overridden.first { $0.key.first == "global" }
        return findings.filter { $0.kind == .helmValues }.reduce(into: [:]) { opened, finding in
            let ranges = finding.parts.filter { !Self.versions.contains($0.field) }.map(\.range)
            if let decider = ranges.lazy.compactMap({ overridden[$0] }).first {
                opened[finding] = finding.decided(by: "repository", in: decider)
            } else if let registry, finding.parts.contains(where: { $0.field == .registry }) {
                opened[finding] = finding.decided(by: registry.key.joined(separator: "."), in: registry.value)
            } else if finding.hasBareName, !ranges.contains(where: proven.contains),
                let template = ranges.lazy.compactMap({ unread[$0] }).first
            {
                opened[finding] = finding.decided(by: template, in: nil)
            }
        }
    }

    private static let versions: Set<ReferencePart.Field> = [.tag, .digest]
    private static let depthLimit = 8
    /// Aliases may name the same nodes any number of times.
    private static let visitLimit = 1 << 16

    private func index(at path: [String]) -> Index? { view.document.value(at: path, in: view.root) }

    /// The mappings in which a parent says a field: all fields of one image stand there.
    private var siblings: [[String]: String] {
        uses.overridden.reduce(into: [:]) { siblings, entry in siblings[entry.key.dropLast()] = entry.value }
            .filter { $0.key.first != "global" }
    }

    /// The scalars whose last keys a template names that could not be read.
    private var ends: [Range<Int>: String] {
        guard !uses.unreadEnds.isEmpty else { return [:] }
        var (ends, visits): ([Range<Int>: String], Int) = ([:], 0)
        func visit(_ index: Index, at path: [String], depth: Int) {
            visits += 1
            guard visits < Self.visitLimit, depth < Self.depthLimit else { return }
            let target = view.document.resolved(index)
            guard view.document.kind(target) != .scalar else {
                let template = path.indices.lazy.compactMap { uses.unreadEnds[Array(path[$0...])] }.first
                if let template { ends[view.place(of: target)] = template }
                return
            }
            for item in view.document.items(target) { visit(item, at: path, depth: depth + 1) }
            for (key, value) in view.document.entries(target) {
                guard let key = view.document.string(key) else { continue }
                visit(value, at: path + [key], depth: depth + 1)
            }
        }
        visit(view.root, at: [], depth: 0)
        return ends
    }

    private func places(
        _ paths: [[String]: String], _ scalars: (Index) -> [Index]
    ) -> [Range<Int>: String] {
        paths.reduce(into: [:]) { places, entry in
            guard let index = index(at: entry.key) else { return }
            for scalar in scalars(index) { places[view.place(of: scalar)] = entry.value }
        }
    }

    /// The scalar, or all in a collection.
    private func scalars(in index: Index, depth: Int) -> [Index] {
        let target = view.document.resolved(index)
        switch view.document.kind(target) {
        case .scalar: return [target]
        case _ where depth > Self.depthLimit: return []
        case .sequence: return view.document.items(target).flatMap { scalars(in: $0, depth: depth + 1) }
        default: return view.document.entries(target).flatMap { scalars(in: $0.value, depth: depth + 1) }
        }
    }
}

extension Finding {
    /// Whether nothing here says in which registry the image is.
    var hasBareName: Bool {
        guard !parts.contains(where: { [.registry, .hub].contains($0.field) }),
            let name = parts.first(where: { [.name, .reference].contains($0.field) })
        else { return false }
        let text = name.value ?? text
        guard let slash = text.firstIndex(of: "/") else { return true }
        return text[..<slash] != "localhost" && !text[..<slash].contains { $0 == "." || $0 == ":" }
    }

    /// The same place, open: what decides is said elsewhere.
    func decided(by variable: String, in file: String?) -> Finding {
        var open = self
        (open.meaning, open.parts) = (.unresolved(variable), [])
        open.deciders = [Decider(variable, file: file)]
        return open
    }
}
