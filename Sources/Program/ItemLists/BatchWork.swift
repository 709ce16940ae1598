// SPDX-License-Identifier: Apache-2.0

package import Reporting
package import TransferEngine

/// The items of a run, and what is needed to report on them.
package struct BatchWork: Sendable {
    /// The items that the run can copy.
    package var runnable: DerivedList<TransferItem>
    /// `runnable`, then a stand-in for each line that failed before it became an item.
    package var items: DerivedList<TransferItem>
    /// The names of `items`.
    package var names: DerivedList<ItemName>
    /// The reports of the stand-ins.
    package var failureReports: [ItemReport]
    /// Follows the run for its report.
    package let collector: ReportCollector

    init(
        runnable: DerivedList<TransferItem>, items: DerivedList<TransferItem>, names: DerivedList<ItemName>,
        failureReports: [ItemReport], reportedTo report: String?
    ) {
        self.runnable = runnable
        self.items = items
        self.names = names
        self.failureReports = failureReports
        collector = ReportCollector(items: items, names: names, reportedTo: report)
    }
}
