// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// What a connection waits for from its client, and since when. Decides when a wait took too long, but takes no action
/// itself.
struct ClientTimeout {
    enum Wait: Hashable {
        /// The first byte of the next request.
        case request
        /// The rest of a request's head.
        case head
        /// The rest of a request's body.
        case body
        /// The client has to read the response.
        case reading
        /// Nothing: the registry itself is working.
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

    /// Notes that the client made progress. A head has to arrive completely within its limit, so a part of it is not
    /// progress.
    mutating func progress(at now: NIODeadline) { if wait != .head { since = now } }

    /// Restarts the time, because the delay was not caused by the client.
    mutating func begin(again now: NIODeadline) { since = now }

    /// Stops the time while the registry itself is working.
    mutating func pause() { wait = .nothing }

    func verdict(at now: NIODeadline) -> Verdict {
        guard let limit else { return .lookAgain(at: now + shortest) }
        let end = since + limit
        // The wait may change before the next check, and then the shortest limit may apply.
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
