// SPDX-License-Identifier: Apache-2.0

/// Fields of images' names that a file gives to a chart. They take the place of those in the chart's own values
/// (helm.sh/docs, "Values Files").
package struct ChartOverride: Hashable, Sendable {
    /// The chart as the file writes it: a path, or a name in a repository. nil: not known.
    let chart: String?
    /// The paths of the fields in the chart's values.
    package let fields: [[String]]

    /// - Returns: nil if no field is part of a name.
    init?(of chart: String?, _ fields: [[String]]) {
        if fields.isEmpty { return nil }
        (self.chart, self.fields) = (chart, fields)
    }

    /// - Parameter values: a mapping with values for the chart.
    init?(of chart: String?, at values: YAMLDocument.Index, in document: YAMLDocument) {
        self.init(of: chart, ParentValues.said(below: values, in: document))
    }

    /// The fields that are given to the chart in a folder, by their paths in its own values. Empty: another chart is meant.
    ///
    /// - Parameters:
    ///   - folder: the chart's folder, without symbolic links.
    ///   - file: the file that gives the fields, without symbolic links.
    package func fields(forChartIn folder: String, from file: String) -> [[String]] {
        var parts = folder.split(separator: "/").map(String.init)
        let place = FilePath.folder(of: file).split(separator: "/").map(String.init)
        var keys: [String] = []
        while true {
            if isMeant(parts, from: place) { return fields.compactMap { Self.path($0, below: keys) } }
            // A chart in the folder `charts` of another one gets the values below its name.
            guard parts.count > 2, parts[parts.count - 2] == "charts" else { return [] }
            keys.insert(parts.removeLast(), at: 0)
            parts.removeLast()
        }
    }

    private static func path(_ path: [String], below keys: [String]) -> [String]? {
        if path.starts(with: keys) { return Array(path.dropFirst(keys.count)) }
        return path.first == "global" ? path : nil
    }

    /// No file says in which folder a path begins, so that its end decides.
    private func isMeant(_ folder: [String], from file: [String]) -> Bool {
        guard let chart else { return true }
        var names = chart.split(separator: "/").map(String.init).filter { $0 != "." && $0 != ".." }
        guard !names.isEmpty else { return folder.starts(with: file) || file.starts(with: folder) }
        if let open = names.lastIndex(where: { $0.contains { "${}".contains($0) } }) { names.removeFirst(open + 1) }
        return folder.suffix(names.count) == names[...]
    }
}

extension ScanResult {
    /// Adds the bytes of a chart's values that must not change because other files set another part of the same images.
    ///
    /// - Parameter others: each file, as a user is told, and the fields that it sets.
    package mutating func keep(below others: [(file: String, fields: [[String]])], in bytes: [UInt8]) {
        for (file, fields) in others { shared += OtherValues.shared(findings, in: bytes, below: fields, of: file) }
    }
}

extension ChartSettings {
    /// What the values are for a chart whose own values have other ones.
    func override(of chart: String?) -> ChartOverride? {
        ChartOverride(of: chart, paths.filter { $0.last.map(ParentValues.fields.contains) == true })
    }
}
