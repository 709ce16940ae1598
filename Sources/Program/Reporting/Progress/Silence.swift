// SPDX-License-Identifier: Apache-2.0

import TransferEngine

/// For how long a registry has answered none of the requests under way.
struct Silence: Sendable {
    /// The shortest silence that is reported, in seconds. Shorter ones are usual.
    static let shortest = 10.0

    /// Seconds since the run began; nil while no request is under way.
    private var since: Double?
    private var answers = 0
    private var bytesMoved: Int64 = 0

    init(since time: Double) { since = time }

    /// - Parameter bytesMoved: the bytes moved at all registries. While blobs of this registry are under way, any byte
    ///   may belong to them.
    mutating func note(_ lane: LaneState, bytesMoved: Int64, at time: Double) {
        let isHeard = lane.answers != answers || lane.moving > 0 && bytesMoved != self.bytesMoved
        (answers, self.bytesMoved) = (lane.answers, bytesMoved)
        since = lane.inFlight == 0 ? nil : isHeard ? time : since ?? time
    }

    /// The length of the silence in seconds; nil if the registry answers.
    func length(at time: Double) -> Double? {
        guard let since, time - since >= Self.shortest else { return nil }
        return time - since
    }
}
