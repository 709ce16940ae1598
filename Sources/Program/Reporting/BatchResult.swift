// SPDX-License-Identifier: Apache-2.0

package import TransferEngine

/// How the items of a list ended, as far as the summary, the exit status and the list of failures need it: a byte of each item, and
/// the failures.
package struct BatchResult: Sendable {
    package private(set) var tally: RunTally
    private var arrived: [Bool]
    private var failures: [ItemID: TransferFailure] = [:]

    /// - Parameter count: of all items of the list.
    package init(count: Int) {
        tally = RunTally(total: count)
        arrived = Array(repeating: false, count: count)
    }

    /// - Parameter reports: of all items of the list; nil for those that did not end.
    package init(_ reports: some Collection<ItemReport?>) {
        self.init(count: reports.count)
        for case let report? in reports { add(report) }
    }

    package mutating func add(_ report: ItemReport) {
        tally.add(report)
        if case .failed(let failure) = report.outcome {
            failures[report.item] = failure
        } else {
            arrived[report.item] = true
        }
    }

    /// Items that failed or did not end, with their failure where there is one, in the list's order.
    package var unarrived: [(item: ItemID, failure: TransferFailure?)] {
        arrived.indices.filter { !arrived[$0] }.map { ($0, failures[$0]) }
    }
}
