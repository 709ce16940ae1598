// SPDX-License-Identifier: Apache-2.0

import FileScans
import FileTree
import Files
import Scanning

/// What files give to charts in place of the charts' own values.
struct GivenOverrides {
    private struct Given {
        let override: ChartOverride
        /// The file, as a user is told, and without symbolic links.
        let shown: String
        let place: String
        /// The nearest chart to which the override's path leads.
        let nearest: String?
        /// The chart whose own readers know the file.
        var knownTo: String?
    }

    private var all: [Given] = []
    /// The charts' values that were read.
    private var read: Set<String> = []

    mutating func add(_ report: FileReport) {
        let name = FilePath.name(of: report.file)
        let overrides = report.result?.overrides ?? []
        let isValues = FileKind(path: report.file) == .helmValues
        let given: String?? = if case .values(let chart)? = report.given { .some(chart) } else { nil }
        guard !overrides.isEmpty || isValues || given != nil, let place = Files.resolved(report.file) else { return }
        for override in overrides { add(override, in: place, as: name) }
        let isNew = isValues && read.insert(place).inserted
        guard isNew || given != nil, let bytes = try? FileReader.read(place).bytes else { return }
        if let given { add(ChartOverride(of: given, in: bytes), in: place, as: name) }
        if isNew { add(valuesAt: place, bytes) }
    }

    private mutating func add(
        _ override: ChartOverride?, in place: String, as shown: String, knownTo chart: String? = nil
    ) {
        guard let override else { return }
        let nearest = override.nearestChart(from: place, Self.isChart)
        all.append(Given(override: override, shown: shown, place: place, nearest: nearest, knownTo: chart))
    }

    /// Adds the values of a chart for those that it depends on, and other values in the chart's folders, which people give to
    /// it (`ci/test-values.yaml`).
    private mutating func add(valuesAt place: String, _ bytes: [UInt8]) {
        let folder = FilePath.folder(of: place)
        guard let chart = Self.chart(around: folder) else { return }
        guard FilePath.name(of: place) == "values.yaml" else {
            let shown = String(place.dropFirst(chart.count))
            return add(
                ChartOverride(of: chart, in: bytes), in: place, as: shown, knownTo: folder == chart ? chart : nil)
        }
        guard folder == chart else { return }
        let files = ChartDependencies.files.compactMap { try? FileReader.read(chart + $0).bytes }
        for (key, path) in ChartDependencies(in: files).folders.sorted(by: { $0.key < $1.key }) {
            add(ChartOverride(of: path, in: bytes, below: key), in: place, as: FilePath.name(of: place))
        }
    }

    /// The folder of the chart that a folder belongs to.
    private static func chart(around start: String) -> String? {
        var folder = start
        while folder.count > 1 {
            if isChart(folder) { return folder }
            folder = FilePath.folder(of: String(folder.dropLast()))
        }
        return nil
    }

    private static func isChart(_ folder: String) -> Bool { FileFacts(path: folder + "Chart.yaml") != nil }

    /// The fields that files set in place of those in a chart's values. Empty: the file is not a chart's values.
    func fields(forValuesAt source: RewriteSources.Source) -> [(file: String, fields: [[String]])] {
        let folder = FilePath.folder(of: source.resolved)
        guard source.resolved.hasSuffix("/values.yaml"), Self.isChart(folder) else { return [] }
        return all.compactMap { given in
            guard given.knownTo != folder else { return nil }
            let fields = given.override.fields(forChartIn: folder, from: given.place, nearest: given.nearest)
            return fields.isEmpty ? nil : (given.shown, fields)
        }
    }
}
