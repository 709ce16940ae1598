// SPDX-License-Identifier: Apache-2.0

import FileScans
import Files
import Scanning

/// The files with references, each once, and all that other files say about reading them.
struct RewriteSources {
    struct Source {
        /// By the name under which it was found first.
        var path: String
        /// Without symbolic links.
        var resolved: String
        fileprivate var followed: [FollowUp.Kind?]
        /// Whether the file has a patch that compares an image.
        fileprivate(set) var compares = false

        /// How the file is read. Templates make more of a chart's values than the values say, and in some places something
        /// else, so the values alone do not count.
        var readings: [FollowUp.Kind?] { isChart ? followed.filter { $0 != nil } : followed }

        /// Whether the templates that use the values have been read.
        var isChart: Bool { followed.contains { if case .chartValues? = $0 { true } else { false } } }
    }

    private(set) var all: [Source] = []
    /// What the files make themselves.
    private(set) var made = MadeImages()
    /// What files give to charts in place of their own values.
    private(set) var overrides = GivenOverrides()
    /// The texts with which patches compare images.
    private(set) var compared: Set<String> = []
    private var positions: [String: Int] = [:]

    /// Adds a file. One file by several names is one source.
    mutating func add(_ report: FileReport) {
        if let result = report.result { made.add(result, of: report.file) }
        overrides.add(report)
        // A caller that says the same as the file now will no longer do so once the file has changed.
        guard !report.findings.isEmpty || report.followed != nil, let resolved = Files.resolved(report.file) else {
            return
        }
        let compared = report.findings.map(\.finding).filter(\.isCompared)
        self.compared.formUnion(compared.compactMap(\.image))
        if let position = positions[resolved] {
            if !all[position].followed.contains(report.followed) { all[position].followed.append(report.followed) }
        } else if !report.findings.isEmpty {
            positions[resolved] = all.count
            all.append(
                Source(
                    path: report.file, resolved: resolved, followed: [report.followed], compares: !compared.isEmpty))
        }
    }
}
