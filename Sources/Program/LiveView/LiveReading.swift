// SPDX-License-Identifier: Apache-2.0

package import Reporting

/// A run as it is at one moment.
package struct LiveReading: Sendable {
    /// Bytes of blobs read from and written to one registry, including repeated bytes.
    package struct Traffic: Sendable, Hashable {
        package var registry: String
        package var read: Int64
        package var written: Int64

        package init(_ registry: String, read: Int64, written: Int64) {
            self.registry = registry
            self.read = read
            self.written = written
        }
    }

    /// The report of the run without its items.
    package var report: RunReport
    package var facts: ProgressFacts
    package var changes: ReportCollector.Changes
    package var traffic: [Traffic] = []

    package init(_ report: RunReport, _ facts: ProgressFacts, _ changes: ReportCollector.Changes) {
        self.report = report
        self.facts = facts
        self.changes = changes
    }
}

/// A run that is shown live.
package protocol LiveRun: Sendable {
    /// The names of all items, in the order of the list.
    var names: [ItemName] { get }
    /// The run as it is now, with the items that ended since a position of an earlier reading.
    func reading(since position: Int) async -> LiveReading
}
