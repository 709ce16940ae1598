// SPDX-License-Identifier: Apache-2.0

import Content
import Synchronization
import Testing

@testable import Benchmarking

/// Time that moves only when somebody sleeps or works.
private final class WorkTime: Sendable {
    private let time = Mutex(Duration.zero)

    var clock: LoadClock {
        LoadClock(now: { self.time.withLock { $0 } }, sleep: { self.pass($0) })
    }

    func pass(_ duration: Duration) { time.withLock { $0 += duration } }
}

@Suite struct LoadRunnerTests {
    /// A hundred a second, each a millisecond long, but for one that takes a second.
    private func stalled(_ pace: LoadPace) async -> LoadOutcome {
        let time = WorkTime()
        let schedule = LoadSchedule(pace: pace, limits: LoadLimits(duration: .seconds(5)))
        return await LoadRunner(connections: 1, clock: time.clock).run(schedule) { number in
            time.pass(number == 100 ? .seconds(1) : .milliseconds(1))
            return 10
        }
    }

    @Test func `a registry that stops for a second makes every operation of that second slow`() async throws {
        let open = await stalled(.open(perSecond: 100))
        #expect(open.operations == 500 && open.neverBegun == 0)
        let latency = try #require(open.latencies.summary)
        // A fifth of the load was due while nothing was answered.
        #expect(latency.p90 > 0.4 && latency.p50 < 0.002)
        let closed = try #require(await stalled(.closed).latencies.summary)
        #expect(closed.p99 < 0.002, "the closed loop sees one slow operation only")
    }

    @Test func `counts operations, bytes and failures by what they are`() async {
        let time = WorkTime()
        let limits = LoadLimits(duration: .seconds(1), operations: 10)
        let schedule = LoadSchedule(pace: .closed, limits: limits)
        let outcome = await LoadRunner(connections: 1, clock: time.clock).run(schedule) {
            number throws(ContentFailure) in
            time.pass(.milliseconds(1))
            if number == 3 { throw ContentFailure(.rateLimited, "too many", status: 429) }
            return 5
        }
        #expect(outcome.operations == 9 && outcome.bytes == 45 && outcome.latencies.count == 9)
        #expect(outcome.failures == ["rate-limited 429": 1] && outcome.firstFailure?.message == "too many")
        #expect(outcome.seconds == 0.01)
    }

    @Test func `an open loop is never faster than its rate`() async throws {
        let time = WorkTime()
        let schedule = LoadSchedule(pace: .open(perSecond: 10), limits: LoadLimits(duration: .seconds(2)))
        let outcome = await LoadRunner(connections: 1, clock: time.clock).run(schedule) { _ in 0 }
        #expect(outcome.operations == 20 && outcome.seconds == 2)
    }

    @Test func `operations that never began count as waiting`() async throws {
        let time = WorkTime()
        let schedule = LoadSchedule(pace: .open(perSecond: 10), limits: LoadLimits(duration: .seconds(1)))
        let outcome = await LoadRunner(connections: 1, clock: time.clock).run(schedule) { _ in
            time.pass(.seconds(3))
            return 0
        }
        #expect(outcome.operations == 1 && outcome.neverBegun == 9 && outcome.latencies.count == 10)
        #expect(try #require(outcome.latencies.summary).p50 > 2)
    }
}
