// SPDX-License-Identifier: Apache-2.0

/// The current progress of a plan.
package struct PlanState: Sendable, Hashable {
    package var lanes: [LaneState] = []
    /// The number of manifests whose content has all been requested.
    package var manifestsRead = 0
    /// The number of manifests that are known to be needed, but whose content is not known.
    package var manifestsUnread = 0
    /// The blobs that the plan reads and sends nowhere; nil if it reads none.
    package var reading: ReadingState?
    /// The fraction, 0 to 1, of a survey's known questions that are answered.
    package var sourcesRead = 0.0

    package init() {}
}

/// The bytes of blobs that a plan only reads.
package struct ReadingState: Sendable, Hashable {
    /// Bytes known to be needed so far, including those that were read.
    package var planned: Int64
    /// Bytes of blobs whose reading has ended, well or not.
    package var ended: Int64

    package init(planned: Int64 = 0, ended: Int64 = 0) {
        self.planned = planned
        self.ended = ended
    }
}

/// The current use of one store.
package struct LaneState: Sendable, Hashable {
    package var store: StoreID
    /// Requests under way.
    package var inFlight: Int
    /// The number of requests that may run at once, learned from the store's answers.
    package var limit: Int
    /// Blobs under way.
    package var moving = 0
    /// Requests that have ended since the beginning, well or not.
    package var answers = 0

    package init(_ store: StoreID, inFlight: Int, limit: Int) {
        self.store = store
        self.inFlight = inFlight
        self.limit = limit
    }
}
