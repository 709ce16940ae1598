// SPDX-License-Identifier: Apache-2.0

import FileTree
import Files
import Scanning

/// What files give to charts in place of the charts' own values.
struct GivenOverrides {
    private var all: [(file: String, override: ChartOverride)] = []

    mutating func add(_ overrides: [ChartOverride], in file: String) { all += overrides.map { (file, $0) } }

    /// The fields that files set in place of those in a chart's values. Empty: the file is not a chart's values.
    func fields(forValuesAt source: RewriteSources.Source) -> [(file: String, fields: [[String]])] {
        let folder = FilePath.folder(of: source.resolved)
        guard !all.isEmpty, source.resolved.hasSuffix("/values.yaml"), FileFacts(path: folder + "Chart.yaml") != nil
        else { return [] }
        return all.compactMap { file, override in
            guard let place = Files.resolved(file) else { return nil }
            let fields = override.fields(forChartIn: folder, from: place)
            return fields.isEmpty ? nil : (FilePath.name(of: file), fields)
        }
    }
}
