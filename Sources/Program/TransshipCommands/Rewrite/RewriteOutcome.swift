// SPDX-License-Identifier: Apache-2.0

import OCI
import Reporting
import Rewriting
import Scanning

/// What a rewriting would do, and what it could not judge.
struct RewriteOutcome {
    var changes: [RewriteRun.Change] = []
    /// References of the files that are read, whether they change or not.
    var references = 0
    /// Files, and documents in them.
    var unreadable = 0
    /// References that depend on a variable without a value, and so stay.
    var open = 0
    /// References with a value that should change and cannot.
    var refused = 0

    mutating func add(_ rewritten: RewrittenFile) {
        open += rewritten.refused.count { $0.finding.reference == nil }
        refused += rewritten.refused.count { $0.finding.reference != nil }
    }

    /// What `--check` says of it.
    ///
    /// - Parameter allowsOpen: people know of the references that are open.
    /// - Parameter allowsEmpty: there may be no reference at all.
    func verdict(allowsOpen: Bool, allowsEmpty: Bool) -> (status: ExitStatus, notes: [String]) {
        var notes = changes.map { "would change: \($0.shownPath.displayable)" }
        let unjudged = [(unreadable, "unreadable"), (allowsOpen ? 0 : open, "open"), (refused, "not to be changed")]
            .filter { $0.0 > 0 }
        if !unjudged.isEmpty {
            notes.append("error: not proven: " + unjudged.map { "\($0.0) \($0.1)" }.joined(separator: ", "))
        }
        if references == 0, unreadable == 0, !allowsEmpty {
            notes.append("error: no references in what was read: nothing is proven")
        }
        return (notes.isEmpty ? .success : .someFailed, notes)
    }
}
