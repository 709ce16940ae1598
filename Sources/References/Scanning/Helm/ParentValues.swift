// SPDX-License-Identifier: Apache-2.0

/// The values that a chart sets for the charts that it depends on. They override those charts' own values
/// (helm.sh/docs, "Subcharts and Global Values").
struct ParentValues {
    typealias Index = YAMLDocument.Index

    /// The path of the file, relative to the folder of the chart below.
    let file: String
    /// The keys under which the values of the chart below are in the file. There are several if it is a dependency
    /// under several names.
    let prefixes: [[String]]
    /// The image fields that the file sets for the chart below, by their paths in that chart's own values.
    let said: [[String]]

    /// The fields that together name the location of an image.
    static let fields: Set<String> = ["registry", "repository", "repo", "image", "hub", "imageRegistry"]
    private static let depthLimit = 8
    private static let levelLimit = 8
    private static let prefixLimit = 64

    /// The values of the parent charts, the nearest first.
    ///
    /// - Parameters:
    ///   - name: the chart's name.
    ///   - folder: the path from the template's folder to the chart's, with a slash at its end.
    static func all(
        above name: String?, around template: NearbyFiles, from folder: String, _ memory: ChartMemory
    ) -> [ParentValues] {
        var (found, below, prefixes, up): ([ParentValues], String?, [[String]], String) = ([], name, [[]], "")
        for _ in 0..<levelLimit {
            up += "../../"
            guard let name = below, let chart = template.read(folder + up + "Chart.yaml") else { break }
            let inner = prefixes
            prefixes = Array(
                ChartDependencies(in: [chart, template.read(folder + up + "requirements.yaml") ?? []]).keys(of: name)
                    .flatMap { key in inner.map { [key] + $0 } }.prefix(prefixLimit))
            if let values = template.read(folder + up + "values.yaml") {
                let said = memory.said.value(of: values + Array("\(prefixes)".utf8)) {
                    Self.said(values, below: prefixes)
                }
                found.append(ParentValues(file: up + "values.yaml", prefixes: prefixes, said: said))
            }
            below = Chart.fields(chart)["name"]
        }
        return found
    }

    /// The paths of the image fields that values set, without the keys that lead to the values of one chart.
    static func said(
        _ values: [UInt8], below prefixes: [[String]] = [[]], _ fields: Set<String> = Self.fields
    ) -> [[String]] {
        YAMLView.first(of: values) { view in
            let document = view.document
            let own = prefixes.compactMap { document.value(at: $0, in: document.root) }
                .flatMap { said(below: $0, in: document, fields) }
            let global = document.value("global", in: document.root)
                .map { said(below: $0, at: ["global"], in: document, fields) }
            return own + (global ?? [])
        } ?? []
    }

    /// The image fields below a node that are not empty.
    static func said(
        below index: Index, at path: [String] = [], in document: YAMLDocument, _ fields: Set<String> = Self.fields
    ) -> [[String]] {
        ValueLeaf.all(below: index, at: path, in: document, entersLists: false).filter { leaf in
            leaf.path.last.map(fields.contains) == true && isSet(leaf.index, in: document)
        }.map(\.path)
    }

    /// Findings of a parent's values that are only image names, for which the charts below set the registries.
    ///
    /// - Parameter read: reads a file beside the parent's `Chart.yaml`.
    static func opened(
        _ findings: [Finding], in view: YAMLView, read: (String) -> [UInt8]?
    ) -> [Finding: Finding] {
        var places: [Range<Int>: String] = [:]
        for (key, name) in ChartDependencies(read: read).names {
            let file = "charts/\(name)/values.yaml"
            guard let below = view.document.value(key, in: view.root), let values = read(file) else { continue }
            let bare = YAMLView.first(of: values) { other in
                names(in: below, of: view, beside: other.root, in: other.document, depth: 0)
            }
            for place in bare ?? [] { places[place] = file }
        }
        return opened(findings, at: places)
    }

    /// Findings of a chart's other values that are only image names, for which the chart's own values set the
    /// registries.
    static func opened(_ findings: [Finding], in view: YAMLView, over values: [UInt8]) -> [Finding: Finding] {
        let places =
            YAMLView.first(of: values) { other -> [Range<Int>] in
                let hasGlobal = setsGlobal(other) && !setsGlobal(view)
                return names(
                    in: view.root, of: view, beside: other.root, in: other.document, hasGlobal: hasGlobal, depth: 0)
            } ?? []
        return opened(findings, at: Dictionary(places.map { ($0, "values.yaml") }) { $1 })
    }

    /// Whether values set a registry of all images.
    private static func setsGlobal(_ view: YAMLView) -> Bool {
        HelmValuesScanner.globalRegistries.contains { path in
            view.document.value(at: path, in: view.root).map { isSet($0, in: view.document) } ?? false
        }
    }

    private static func isSet(_ value: Index, in document: YAMLDocument) -> Bool {
        !document.isNull(value) && document.string(value)?.isEmpty == false
    }

    private static func opened(_ findings: [Finding], at places: [Range<Int>: String]) -> [Finding: Finding] {
        guard !places.isEmpty else { return [:] }
        return findings.filter(\.hasBareName).reduce(into: [:]) { opened, finding in
            guard let file = finding.parts.lazy.compactMap({ places[$0.range] }).first else { return }
            opened[finding] = finding.decided(by: "registry", in: file)
        }
    }

    /// The places of scalars in mappings for which the chart below sets a registry.
    private static func names(
        in index: Index, of view: YAMLView, beside other: Index, in document: YAMLDocument, hasGlobal: Bool = false,
        depth: Int
    ) -> [Range<Int>] {
        guard depth < depthLimit else { return [] }
        let hasRegistry =
            hasGlobal
            || ["registry", "hub"].contains { field in
                document.value(field, in: other).map { isSet($0, in: document) } ?? false
            }
        return view.document.entries(index).flatMap { key, value -> [Range<Int>] in
            if view.document.kind(value) == .scalar { return hasRegistry ? [view.place(of: value)] : [] }
            guard let name = view.document.string(key), let same = document.value(name, in: other) else { return [] }
            return names(in: value, of: view, beside: same, in: document, hasGlobal: hasGlobal, depth: depth + 1)
        }
    }
}
