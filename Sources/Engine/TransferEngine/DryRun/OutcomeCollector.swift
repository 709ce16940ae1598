// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Keeps how each item ended.
final class OutcomeCollector: TransferObserver {
    private let state: Mutex<[ItemOutcome?]>

    private let itemEnded: @Sendable () -> Void

    init(count: Int, itemEnded: @escaping @Sendable () -> Void) {
        state = Mutex(Array(repeating: nil, count: count))
        self.itemEnded = itemEnded
    }

    var outcomes: [ItemOutcome?] { state.withLock { $0 } }

    func receive(_ event: TransferEvent) {
        guard case .itemFinished(let report) = event else { return }
        state.withLock { $0[report.item] = report.outcome }
        itemEnded()
    }
}
