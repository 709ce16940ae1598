// SPDX-License-Identifier: Apache-2.0

/// Takes note of a pause of a store.
package typealias PauseHandler = @Sendable (StoreID, StorePause, PauseReason) -> Void

/// Why a store is paused.
package enum PauseReason: Sendable, Hashable {
    /// The store throttled requests, or asked for a pause.
    case asked
    /// The store answered before, and now returns only errors.
    case outage
}
