// SPDX-License-Identifier: Apache-2.0

import Content

// Items that have not ended although none of their requests is left.

extension TransferMachine {
    /// A bug in this program must not become a run that never ends. If no request runs or waits, nothing can end the items
    /// that are under way. They fail, and what they waited for is dropped, so that it does not block later items.
    ///
    /// - Returns: whether there were such items. Then other items may begin.
    mutating func failForgottenItems() -> Bool {
        // There are items under way only until the last one has ended. Items may also wait to begin because events wait for
        // the observer.
        guard requests.isEmpty, admits, states.endedCount < states.count else { return false }
        let forgotten = states.underWay
        nodes = ManifestNodes()
        blobs = [:]
        fanOut = [:]
        for item in forgotten { finish(item, .failed(.forgotten)) }
        return !forgotten.isEmpty
    }
}

extension TransferFailure {
    /// The state machine has lost an item.
    static let forgotten = TransferFailure(
        ContentFailure(
            .aborted, "nothing was left to ask, and the item had not arrived: this is a fault of this program",
            hint: "copy the item again, and report the fault with the output of -v"),
        side: .target)
}
