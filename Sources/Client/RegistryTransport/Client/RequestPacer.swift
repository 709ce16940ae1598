// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Lets requests to an origin out at a rate, evenly spread.
///
/// The requests of a plan come here at that rate already: the request machine lets each begin at its turn. What waits here is what
/// the machine does not see: pings, the pages of a list, the pieces of a blob, and requests of commands without a plan.
final class RequestPacer: Sendable {
    private let interval: @Sendable (WireOrigin) -> Duration?
    private let now: @Sendable () -> ContinuousClock.Instant
    private let next = Mutex<[WireOrigin: ContinuousClock.Instant]>([:])

    /// - Parameter interval: time from one request to the next, nil where there is no limit.
    init(
        interval: @escaping @Sendable (WireOrigin) -> Duration?,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.interval = interval
        self.now = now
    }

    /// When a request to this origin may leave; the next one that asks gets a later time. nil: at once.
    func turn(_ origin: WireOrigin) -> ContinuousClock.Instant? {
        guard let interval = interval(origin) else { return nil }
        let now = now()
        return next.withLock { next in
            let turn = max(next[origin] ?? now, now)
            next[origin] = turn + interval
            return turn > now ? turn : nil
        }
    }

    func wait(for origin: WireOrigin) async throws(WireFailure) {
        guard let turn = turn(origin) else { return }
        do { try await ContinuousClock().sleep(until: turn) } catch { throw WireFailure(.cancelled, at: origin) }
    }
}
