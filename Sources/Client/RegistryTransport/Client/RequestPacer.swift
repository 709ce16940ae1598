// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Limits the rate of requests to an origin, evenly spread.
///
/// The requests of a plan already come at this rate, because the request machine begins each at its turn. Only requests
/// that the machine does not see wait here: pings, pages of a list, pieces of a blob, and requests of commands without a
/// plan.
final class RequestPacer: Sendable {
    private let interval: @Sendable (WireOrigin) -> Duration?
    private let now: @Sendable () -> ContinuousClock.Instant
    private let next = Mutex<[WireOrigin: ContinuousClock.Instant]>([:])

    /// - Parameter interval: the time from one request to the next; nil: no limit.
    init(
        interval: @escaping @Sendable (WireOrigin) -> Duration?,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.interval = interval
        self.now = now
    }

    /// The time at which a request to this origin may be sent; nil: at once. The next caller gets a later time.
    func turn(_ origin: WireOrigin) -> ContinuousClock.Instant? {
        guard let interval = interval(origin) else { return nil }
        let now = now()
        return next.withLock { next in
            let turn = max(next[origin] ?? now, now)
            next[origin] = turn + interval
            return turn > now ? turn : nil
        }
    }

    func wait(until turn: ContinuousClock.Instant, for origin: WireOrigin) async throws(WireFailure) {
        do { try await ContinuousClock().sleep(until: turn) } catch { throw WireFailure(.cancelled, at: origin) }
    }
}
