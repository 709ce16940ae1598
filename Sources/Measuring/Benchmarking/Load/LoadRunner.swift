// SPDX-License-Identifier: Apache-2.0

package import Content
import OCI
import Synchronization

/// The result of one run of a phase.
package struct LoadOutcome: Sendable {
    /// Latencies of operations that succeeded, and of those that were due but never began.
    package var latencies = LatencyRecord()
    package var operations = 0
    package var bytes: Int64 = 0
    /// The number of failed operations, by the kind of failure.
    package var failures: [String: Int] = [:]
    package var firstFailure: ContentFailure?
    /// The number of operations of an open loop for which no connection was free in time.
    package var neverBegun = 0
    package var seconds = 0.0

    fileprivate mutating func succeed(after latency: Duration, bytes: Int64) {
        operations += 1
        self.bytes.add(saturating: bytes)
        latencies.record(latency)
    }

    fileprivate mutating func fail(_ failure: ContentFailure) {
        failures[failure.benchClass, default: 0] += 1
        firstFailure = firstFailure ?? failure
    }

    fileprivate mutating func add(_ other: LoadOutcome) {
        latencies.add(other.latencies)
        operations += other.operations
        bytes.add(saturating: other.bytes)
        failures.merge(other.failures, uniquingKeysWith: +)
        firstFailure = firstFailure ?? other.firstFailure
    }
}

extension ContentFailure {
    /// The failure's kind, and the HTTP status if there was one.
    fileprivate var benchClass: String { kind.rawValue + (status.map { " \($0)" } ?? "") }
}

/// The clock of a measurement. Its time counts from an arbitrary moment.
package struct LoadClock: Sendable {
    package let now: @Sendable () -> Duration
    package let sleep: @Sendable (Duration) async throws -> Void

    package init(
        now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.sleep = sleep
    }

    package static var system: LoadClock {
        let start = ContinuousClock.now
        return LoadClock(now: { ContinuousClock.now - start }) { try await Task.sleep(for: $0, tolerance: .zero) }
    }
}

/// Runs a schedule over a number of connections. Each connection is a task with one operation in flight.
package struct LoadRunner: Sendable {
    let connections: Int
    let clock: LoadClock
    /// The executors of the tasks, in round-robin order. Empty: the default executor.
    let executors: [any TaskExecutor]

    package init(connections: Int, clock: LoadClock = .system, executors: [any TaskExecutor] = []) {
        self.connections = connections
        self.clock = clock
        self.executors = executors
    }

    /// - Parameter operation: performs the operation with this number, and returns the number of bytes that it moved.
    package func run(
        _ schedule: LoadSchedule, _ operation: @escaping @Sendable (Int) async throws(ContentFailure) -> Int64
    ) async -> LoadOutcome {
        let shared = SharedSchedule(schedule)
        let start = clock.now()
        var outcome = await withTaskGroup(of: LoadOutcome.self) { group in
            for number in 0..<connections {
                let executor = executors.isEmpty ? nil : executors[number % executors.count]
                group.addTask(executorPreference: executor) { await work(shared, start, operation) }
            }
            return await group.reduce(into: LoadOutcome()) { $0.add($1) }
        }
        let end = clock.now() - start
        // The last operation ends before its share of the time has passed: the rate would seem to be higher than it was.
        outcome.seconds = max(end, Task.isCancelled ? .zero : shared.current.span).inSeconds
        for group in shared.current.neverBegun(endingAt: end) {
            outcome.latencies.record(group.waited, count: group.count)
            outcome.neverBegun += group.count
        }
        return outcome
    }

    private func work(
        _ schedule: SharedSchedule, _ start: Duration,
        _ operation: @Sendable (Int) async throws(ContentFailure) -> Int64
    ) async -> LoadOutcome {
        var outcome = LoadOutcome()
        while !Task.isCancelled, let turn = schedule.turn(at: clock.now() - start) {
            let early = turn.due - (clock.now() - start)
            if early > .zero, (try? await clock.sleep(early)) == nil { break }
            do throws(ContentFailure) {
                let bytes = try await operation(turn.number)
                outcome.succeed(after: turn.latency(endingAt: clock.now() - start), bytes: bytes)
            } catch {
                if Task.isCancelled { break }
                outcome.fail(error)
            }
        }
        return outcome
    }
}

private final class SharedSchedule: Sendable {
    private let schedule: Mutex<LoadSchedule>

    init(_ schedule: LoadSchedule) { self.schedule = Mutex(schedule) }

    var current: LoadSchedule { schedule.withLock { $0 } }

    func turn(at now: Duration) -> LoadSchedule.Turn? { schedule.withLock { $0.turn(at: now) } }
}
