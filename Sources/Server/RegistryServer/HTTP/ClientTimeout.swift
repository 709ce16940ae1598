// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// What a connection waits for from its client, and since when. Decides when that took too long; does nothing itself.
struct ClientTimeout {
    enum Wait: Hashable {
        /// The next request, of which nothing has arrived.
        case request
        /// The rest of a head.
        case head
        /// The rest of a request's body.
        case body
        /// That the client reads the response.
        case reading
        /// Nothing: the registry itself is at work.
        case nothing
    }

    enum Verdict: Hashable {
        case expired(Wait)
        case lookAgain(at: NIODeadline)
    }

    private let limits: ConnectionLimits
    private(set) var wait: Wait
    private var since: NIODeadline

    init(_ limits: ConnectionLimits, now: NIODeadline) {
        self.limits = limits
        wait = .request
        since = now
    }

    mutating func begin(_ wait: Wait, at now: NIODeadline) {
        self.wait = wait
        since = now
    }

    /// The client did something. The head of a request has to arrive as a whole in time, so a part of it is no progress.
    mutating func progress(at now: NIODeadline) { if wait != .head { since = now } }

    /// The time that went by was not the client's: it begins anew.
    mutating func begin(again now: NIODeadline) { since = now }

    /// The registry's own turn: no clock runs.
    mutating func pause() { wait = .nothing }

    func verdict(at now: NIODeadline) -> Verdict {
        guard let limit else { return .lookAgain(at: now + shortest) }
        let end = since + limit
        // What is waited for may change before the next look, and then the shortest limit counts.
        return end <= now ? .expired(wait) : .lookAgain(at: min(end, now + shortest))
    }

    private var limit: TimeAmount? {
        switch wait {
        case .request: limits.idleTimeout
        case .head: limits.headTimeout
        case .body, .reading: limits.bodyTimeout
        case .nothing: nil
        }
    }

    private var shortest: TimeAmount { min(limits.headTimeout, limits.idleTimeout, limits.bodyTimeout) }
}
