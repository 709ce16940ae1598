// SPDX-License-Identifier: Apache-2.0

/// How a store is asked at the moment.
package struct LaneState: Sendable, Hashable {
    package var store: StoreID
    /// Requests under way.
    package var inFlight: Int
    /// How many may be at once, as the store's answers have taught.
    package var limit: Int

    package init(_ store: StoreID, inFlight: Int, limit: Int) {
        self.store = store
        self.inFlight = inFlight
        self.limit = limit
    }
}
