// SPDX-License-Identifier: Apache-2.0

import FileScans
import FileTree
import Files
import Scanning

/// What files give to charts in place of the charts' own values.
struct GivenOverrides {
    private var all: [(file: String, override: ChartOverride)] = []
    /// Files with values besides `values.yaml`, which people give to the chart around them: `ci/test-values.yaml`.
    private var valuesFiles: [String] = []

    mutating func add(_ report: FileReport) {
        all += report.result?.overrides.map { (report.file, $0) } ?? []
        let name = FilePath.name(of: report.file)
        if name != "values.yaml", FileKind(path: report.file) == .helmValues { valuesFiles.append(report.file) }
    }

    /// The fields that files set in place of those in a chart's values. Empty: the file is not a chart's values.
    func fields(forValuesAt source: RewriteSources.Source) -> [(file: String, fields: [[String]])] {
        let folder = FilePath.folder(of: source.resolved)
        guard source.resolved.hasSuffix("/values.yaml"), Self.isChart(folder) else { return [] }
        let given = all.compactMap { file, override -> (file: String, fields: [[String]])? in
            guard let place = Files.resolved(file) else { return nil }
            let fields = override.fields(forChartIn: folder, from: place, isChart: Self.isChart)
            return fields.isEmpty ? nil : (FilePath.name(of: file), fields)
        }
        return given + valuesFiles.compactMap { fields(in: $0, below: folder) }
    }

    private static func isChart(_ folder: String) -> Bool { FileFacts(path: folder + "Chart.yaml") != nil }

    /// The fields in a file of values that is in a folder of the chart, but not in the folder of another chart, and not
    /// beside the chart's own values, whose readers know it.
    private func fields(in file: String, below chart: String) -> (file: String, fields: [[String]])? {
        guard let place = Files.resolved(file), place.hasPrefix(chart) else { return nil }
        var folder = FilePath.folder(of: place)
        guard folder != chart else { return nil }
        while folder != chart {
            if Self.isChart(folder) { return nil }
            folder = FilePath.folder(of: String(folder.dropLast()))
        }
        guard let bytes = try? FileReader.read(place).bytes,
            let override = FileScanner.override(of: nil, in: bytes).first
        else { return nil }
        return (String(place.dropFirst(chart.count)), override.fields)
    }
}
