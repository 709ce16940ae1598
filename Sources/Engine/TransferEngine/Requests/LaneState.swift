// SPDX-License-Identifier: Apache-2.0

/// How far a plan is at the moment.
package struct PlanState: Sendable, Hashable {
    package var lanes: [LaneState] = []
    /// Manifests of which everything that they need has been asked for.
    package var manifestsRead = 0
    /// Manifests that are known to be needed, and not what they need.
    package var manifestsUnread = 0
    /// The part of a survey's questions that is answered, from 0 to 1, as far as they are known.
    package var sourcesRead = 0.0

    package init() {}
}

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
