// SPDX-License-Identifier: Apache-2.0

import Content

// Items that nothing is asked for any more although they have not ended.

extension TransferMachine {
    /// A fault of this program must not become a run that never ends. Where no request runs or waits, nothing can end the items
    /// that are under way: they fail, and what they waited for is forgotten, so that it does not keep later items, too.
    ///
    /// - Returns: whether there were any; then others may begin.
    mutating func failForgottenItems() -> Bool {
        // Items under way exist only until the last one has ended. While events wait to be told, items may wait to begin.
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
