// SPDX-License-Identifier: Apache-2.0

import TransferEngine

/// For how long a registry has answered none of the requests under way.
struct Silence: Sendable {
    /// Seconds. A shorter silence is usual.
    static let shortest = 10.0

    /// Seconds since the run began; nil while no request is under way.
    private var since: Double?
    private var answers = 0
    private var bytesMoved: Int64 = 0

    init(since time: Double) { since = time }

    /// - Parameter bytesMoved: of all registries. While blobs of this one are under way, any byte may be theirs.
    mutating func note(_ lane: LaneState, bytesMoved: Int64, at time: Double) {
        let isHeard = lane.answers != answers || lane.moving > 0 && bytesMoved != self.bytesMoved
        (answers, self.bytesMoved) = (lane.answers, bytesMoved)
        since = lane.inFlight == 0 ? nil : isHeard ? time : since ?? time
    }

    /// Seconds; nil for a registry that answers.
    func length(at time: Double) -> Double? {
        guard let since, time - since >= Self.shortest else { return nil }
        return time - since
    }
}
