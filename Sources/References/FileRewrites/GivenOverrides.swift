// SPDX-License-Identifier: Apache-2.0

import FileScans
import FileTree
import Files
import Scanning

/// What files give to charts in place of the charts' own values.
struct GivenOverrides {
    private var all: [(file: String, override: ChartOverride)] = []
    /// Files with values besides `values.yaml`, which people give to the chart around them (`ci/test-values.yaml`), each with
    /// the folder of that chart. All are without symbolic links.
    private var valuesFiles: [(file: String, chart: String)] = []

    mutating func add(_ report: FileReport) {
        all += report.result?.overrides.map { (report.file, $0) } ?? []
        let name = FilePath.name(of: report.file)
        guard name != "values.yaml", FileKind(path: report.file) == .helmValues,
            let place = Files.resolved(report.file), let chart = Self.chart(around: place)
        else { return }
        valuesFiles.append((place, chart))
    }

    /// The folder of the chart that a file is in.
    private static func chart(around file: String) -> String? {
        var folder = FilePath.folder(of: file)
        while folder.count > 1 {
            if isChart(folder) { return folder }
            folder = FilePath.folder(of: String(folder.dropLast()))
        }
        return nil
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
        return given + valuesFiles.compactMap { fields(in: $0.file, of: $0.chart, forChartIn: folder) }
    }

    private static func isChart(_ folder: String) -> Bool { FileFacts(path: folder + "Chart.yaml") != nil }

    /// The fields in a file of values of a chart for this chart, or for one in its folder of charts. What is beside the
    /// chart's own values is known to their readers.
    private func fields(
        in file: String, of chart: String, forChartIn folder: String
    ) -> (file: String, fields: [[String]])? {
        guard folder.hasPrefix(chart), folder != chart || FilePath.folder(of: file) != chart,
            let bytes = try? FileReader.read(file).bytes,
            let override = FileScanner.override(of: chart, in: bytes).first
        else { return nil }
        let fields = override.fields(forChartIn: folder, from: file, isChart: Self.isChart)
        return fields.isEmpty ? nil : (String(file.dropFirst(chart.count)), fields)
    }
}
