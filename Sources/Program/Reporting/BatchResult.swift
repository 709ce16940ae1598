// SPDX-License-Identifier: Apache-2.0

package import TransferEngine

/// How the items of a list ended, as far as the summary, the exit status and the list of failures need it. It holds one
/// byte for each item, and the failures.
package struct BatchResult: Sendable {
    package private(set) var tally: RunTally
    private var endings: [Mark]
    private var failures: [ItemID: TransferFailure] = [:]

    private enum Mark: UInt8 {
        case open
        case arrived
        case kept
    }

    /// - Parameter count: the number of all items of the list.
    package init(count: Int) {
        tally = RunTally(total: count)
        endings = Array(repeating: .open, count: count)
    }

    /// - Parameter reports: the reports of all items of the list; nil for an item that did not end.
    package init(_ reports: some Collection<ItemReport?>) {
        self.init(count: reports.count)
        for case let report? in reports { add(report) }
    }

    package mutating func add(_ report: ItemReport) {
        tally.add(report)
        switch report.outcome {
        case .failed(let failure): failures[report.item] = failure
        case .kept: endings[report.item] = .kept
        case .copied, .unchanged: endings[report.item] = .arrived
        }
    }

    /// Items that failed or did not end, with their failure where there is one, in the list's order.
    package var unarrived: [(item: ItemID, failure: TransferFailure?)] {
        endings.indices.filter { endings[$0] == .open }.map { ($0, failures[$0]) }
    }

    /// The exit status of a run that was not interrupted.
    ///
    /// - Parameter items: the items of the list.
    package func exitStatus(of items: some RandomAccessCollection<TransferItem>) -> ExitStatus {
        ExitStatus(endings.indices.lazy.map(ending)) {
            ItemStores(items[items.index(items.startIndex, offsetBy: $0)])
        }
    }

    private func ending(of item: ItemID) -> ItemEnding {
        switch endings[item] {
        case .arrived: .done
        case .kept: .kept
        case .open: failures[item].map { ItemEnding($0) } ?? .open
        }
    }
}
