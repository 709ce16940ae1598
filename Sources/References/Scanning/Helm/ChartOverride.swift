// SPDX-License-Identifier: Apache-2.0

/// Fields of images' names that a file gives to a chart. They take the place of those in the chart's own values
/// (helm.sh/docs, "Values Files").
package struct ChartOverride: Hashable, Sendable {
    /// The chart as the file writes it: a path, or a name in a repository. nil: not known.
    let chart: String?
    /// The paths of the fields in the chart's values.
    package let fields: [[String]]

    /// The fields that are a part of an image: of its name, and what comes behind that.
    static let known = ParentValues.fields.union(versions)
    static let versions: Set<String> = ["tag", "digest", "imageTag"]

    /// - Parameter paths: of any fields.
    /// - Returns: nil if none of them is a part of an image.
    init?(of chart: String?, _ paths: [[String]]) {
        let fields = paths.filter { $0.last.map(Self.known.contains) == true }
        if fields.isEmpty { return nil }
        (self.chart, self.fields) = (chart, fields)
    }

    /// - Parameter values: a file of values.
    package init?(of chart: String?, in values: [UInt8]) { self.init(of: chart, ParentValues.said(values, Self.known)) }

    /// - Parameter values: a mapping with values for the chart.
    init?(of chart: String?, at values: YAMLDocument.Index, in document: YAMLDocument) {
        self.init(of: chart, ParentValues.said(below: values, in: document, Self.known))
    }

    /// The same fields for a chart that gets them below a key.
    package init?(of chart: String?, in values: [UInt8], below key: String) {
        self.init(of: chart, ParentValues.said(values, below: [[key]], Self.known))
    }

    /// The fields that are given to the chart in a folder, by their paths in its own values. Empty: another chart is meant.
    ///
    /// - Parameters:
    ///   - folder: the chart's folder, without symbolic links.
    ///   - file: the file that gives the fields, without symbolic links.
    ///   - nearest: the nearest chart to which the path leads, if it leads to one.
    package func fields(forChartIn folder: String, from file: String, nearest: String?) -> [[String]] {
        let (place, nearest) = (Self.parts(FilePath.folder(of: file)), nearest.map(Self.parts))
        var (parts, keys) = (Self.parts(folder), [String]())
        while true {
            if nearest.map({ $0 == parts }) ?? isMeant(parts, from: place) {
                return fields.compactMap { Self.path($0, below: keys) }
            }
            // A chart in the folder `charts` of another one gets the values below its name.
            guard parts.count > 2, parts[parts.count - 2] == "charts" else { return [] }
            keys.insert(parts.removeLast(), at: 0)
            parts.removeLast()
        }
    }

    private static func parts(_ path: String) -> [String] { path.split(separator: "/").map(String.init) }

    private static func path(_ path: [String], below keys: [String]) -> [String]? {
        if path.starts(with: keys) { return Array(path.dropFirst(keys.count)) }
        return path.first == "global" ? path : nil
    }

    /// The names of a path behind the last one with a variable. nil: the chart is not known.
    private var names: [String]? {
        guard let chart else { return nil }
        let names = Self.parts(chart).filter { $0 != "." }
        // A pattern, too, may be any name.
        guard let open = names.lastIndex(where: { $0.contains { "${}*".contains($0) } }) else { return names }
        return open + 1 < names.count ? Array(names[(open + 1)...]) : nil
    }

    /// The folder with a chart to which the path leads from the nearest folder, from that of a file upwards.
    ///
    /// - Parameter isChart: whether a folder has a chart.
    package func nearestChart(from file: String, _ isChart: (String) -> Bool) -> String? {
        let place = Self.parts(FilePath.folder(of: file))
        guard let names, !names.isEmpty else { return nil }
        return (0...place.count).reversed().lazy.map { count in
            let path = names.reduce(into: Array(place.prefix(count))) { path, name in
                if name == ".." { _ = path.popLast() } else { path.append(name) }
            }
            return "/" + path.joined(separator: "/") + "/"
        }.first(where: isChart)
    }

    /// No file says in which folder a path begins, so that its end decides.
    private func isMeant(_ folder: [String], from file: [String]) -> Bool {
        guard let names = names?.filter({ $0 != ".." }) else { return true }
        guard !names.isEmpty else { return folder.starts(with: file) || file.starts(with: folder) }
        return folder.suffix(names.count) == names[...]
    }
}

extension ScanResult {
    /// Adds the bytes of a chart's values that must not change because other files set another part of the same images,
    /// and tells of images that get another tag there.
    ///
    /// - Parameter others: each file, as a user is told, and the fields that it sets.
    package mutating func keep(below others: [(file: String, fields: [[String]])], in bytes: [UInt8]) {
        guard !others.isEmpty, !findings.isEmpty else { return }
        var kept = self
        _ = YAMLView.first(of: bytes) { view in
            for (file, fields) in others { kept.keep(below: fields, of: file, in: view) }
        }
        self = kept
    }

    private mutating func keep(below fields: [[String]], of file: String, in view: YAMLView) {
        let names = fields.filter { $0.last.map(ParentValues.fields.contains) == true }
        shared += OtherValues.shared(findings, in: view, below: names, of: file)
        let versions = fields.filter { $0.last.map(ChartOverride.versions.contains) == true }
        findings = OtherValues.told(findings, in: view, below: versions, of: file)
    }
}

extension ChartSettings {
    /// What the values are for a chart whose own values have other ones.
    func override(of chart: String?) -> ChartOverride? {
        ChartOverride(of: chart, paths)
    }
}
