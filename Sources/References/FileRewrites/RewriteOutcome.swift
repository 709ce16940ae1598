// SPDX-License-Identifier: Apache-2.0

import FileScans
import OCI
package import Rewriting
import Scanning

/// What a rewriting would do, and what it could not judge.
package struct RewriteOutcome {
    /// A file that changes.
    package struct Change {
        /// As patches name it.
        package var shownPath: String
        /// Without symbolic links.
        package var path: String
        package var old: [UInt8]
        package var rewritten: RewrittenFile

        package var diff: UnifiedDiff { UnifiedDiff(path: shownPath, bytes: old, edits: rewritten.edits) }
    }

    package private(set) var changes: [Change] = []
    /// References of the files that are read, whether they change or not.
    private var references = 0
    /// Files, and documents in them.
    var unreadable = 0
    /// References that depend on a variable without a value, and so stay.
    private var open = 0
    /// References with a value that should change and cannot.
    private var refused = 0

    mutating func count(_ report: FileReport) {
        unreadable += report.problems.count
        references += report.findings.count { !$0.finding.isBuilt } - report.refuted.count
    }

    mutating func add(_ rewritten: RewrittenFile, of old: [UInt8], at path: String, shownAs shownPath: String) {
        open += rewritten.refused.count { $0.finding.reference == nil }
        refused += rewritten.refused.count { $0.finding.reference != nil }
        guard !rewritten.edits.isEmpty else { return }
        changes.append(Change(shownPath: shownPath, path: path, old: old, rewritten: rewritten))
    }

    /// Why `--check` cannot say that nothing has to change; empty where it can.
    ///
    /// - Parameters:
    ///   - allowsOpen: open references are known and accepted.
    ///   - allowsEmpty: there may be no reference at all.
    package func objections(allowsOpen: Bool, allowsEmpty: Bool) -> [String] {
        var objections = changes.map { "would change: \($0.shownPath.displayable)" }
        let unjudged = [(unreadable, "unreadable"), (allowsOpen ? 0 : open, "open"), (refused, "not to be changed")]
            .filter { $0.0 > 0 }
        if !unjudged.isEmpty {
            objections.append("error: not proven: " + unjudged.map { "\($0.0) \($0.1)" }.joined(separator: ", "))
        }
        if references == 0, unreadable == 0, !allowsEmpty {
            objections.append("error: no references in what was read: nothing is proven")
        }
        return objections
    }
}
