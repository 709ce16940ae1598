// SPDX-License-Identifier: Apache-2.0

/// What a chart's values say for those that it depends on: they lie over those charts' own (helm.sh/docs, "Subcharts and Global
/// Values").
enum ParentValues {
    typealias Index = YAMLDocument.Index

    /// The fields that say, together with others, where an image is.
    private static let fields: Set<String> = ["registry", "repository", "repo", "image", "hub", "imageRegistry"]
    private static let depthLimit = 8

    /// What a parent says of a chart's images, by the paths in the chart's own values.
    ///
    /// - Parameters:
    ///   - name: the chart's.
    ///   - folder: from the template's folder to the chart's, with a slash at its end.
    static func overrides(
        of name: String?, around template: NearbyFiles, from folder: String, _ memory: ChartMemory
    ) -> [[String]: String] {
        guard let name, let chart = template.read(folder + "../../Chart.yaml"),
            let values = template.read(folder + "../../values.yaml")
        else { return [:] }
        return memory.overrides.value(of: chart + values + name.utf8) {
            overrides(of: ChartFile.keys(of: name, in: chart), in: values)
        }
    }

    /// - Parameter keys: those below which the parent's values for the chart stand.
    private static func overrides(of keys: [String], in values: [UInt8]) -> [[String]: String] {
        YAMLView.first(of: values) { view in
            let document = view.document
            let own = keys.compactMap { document.value($0, in: document.root) }
                .flatMap { leaves(of: $0, at: [], in: document, depth: 0) }
            let global =
                document.value("global", in: document.root)
                .map { leaves(of: $0, at: ["global"], in: document, depth: 0) } ?? []
            return Dictionary((own + global).map { ($0, "../../values.yaml") }) { first, _ in first }
        } ?? [:]
    }

    private static func leaves(of index: Index, at path: [String], in document: YAMLDocument, depth: Int) -> [[String]]
    {
        guard depth < depthLimit else { return [] }
        return document.entries(index).flatMap { key, value -> [[String]] in
            guard let name = document.string(key) else { return [] }
            if document.kind(value) == .mapping {
                return leaves(of: value, at: path + [name], in: document, depth: depth + 1)
            }
            let isSaid = document.kind(value) == .scalar && document.string(value)?.isEmpty == false
            return isSaid && !document.isNull(value) && fields.contains(name) ? [path + [name]] : []
        }
    }

    /// Findings of a parent's values that are only the names of images whose registries the charts below say themselves.
    ///
    /// - Parameters:
    ///   - chart: the parent's `Chart.yaml`.
    ///   - read: reads a file beside it.
    static func opened(
        _ findings: [Finding], in view: YAMLView, chart: [UInt8], read: (String) -> [UInt8]?
    ) -> [Finding: Finding] {
        var places: [Range<Int>: String] = [:]
        for (key, name) in Chart.dependencyNames(chart) {
            let file = "charts/\(name)/values.yaml"
            guard let below = view.document.value(key, in: view.root), let values = read(file) else { continue }
            let bare = YAMLView.first(of: values) { other in
                names(in: below, of: view, beside: other.root, in: other.document, depth: 0)
            }
            for place in bare ?? [] { places[place] = file }
        }
        guard !places.isEmpty else { return [:] }
        return findings.filter(\.hasBareName).reduce(into: [:]) { opened, finding in
            guard let file = finding.parts.lazy.compactMap({ places[$0.range] }).first else { return }
            opened[finding] = finding.decided(by: "registry", in: file)
        }
    }

    /// Scalars of mappings for which the chart below has a registry.
    private static func names(
        in index: Index, of view: YAMLView, beside other: Index, in document: YAMLDocument, depth: Int
    ) -> [Range<Int>] {
        guard depth < depthLimit else { return [] }
        let hasRegistry = ["registry", "hub"].contains { field in
            guard let value = document.value(field, in: other), document.string(value)?.isEmpty == false else {
                return false
            }
            return !document.isNull(value)
        }
        return view.document.entries(index).flatMap { key, value -> [Range<Int>] in
            if view.document.kind(value) == .scalar { return hasRegistry ? [view.place(of: value)] : [] }
            guard let name = view.document.string(key), let same = document.value(name, in: other) else { return [] }
            return names(in: value, of: view, beside: same, in: document, depth: depth + 1)
        }
    }
}
