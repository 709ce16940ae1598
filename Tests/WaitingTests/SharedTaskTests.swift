// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import Waiting

@Suite struct SharedTaskTests {
    /// Work that ends only by cancellation, and says when it began and how it ended.
    private final class Endless: Sendable {
        let began = AsyncStream<Void>.makeStream()
        let wasCancelled = Mutex(false)

        func work() async -> Bool {
            let silence = AsyncStream<Void>.makeStream()
            began.continuation.finish()
            await withTaskCancellationHandler {
                for await _ in silence.stream {}
            } onCancel: {
                silence.continuation.finish()
            }
            wasCancelled.withLock { $0 = Task.isCancelled }
            return false
        }
    }

    @Test func `ends the work once everybody who waits was cancelled`() async {
        let endless = Endless()
        let shared = SharedTask { await endless.work() }
        let waiters = (0..<3).map { _ in Task { await shared.value() } }
        for await _ in endless.began.stream {}
        for waiter in waiters { waiter.cancel() }
        for waiter in waiters { #expect(await waiter.value == false) }
        #expect(endless.wasCancelled.withLock { $0 })
        #expect(shared.isAbandoned)
    }

    @Test func `one who is cancelled leaves the work to the others`() async {
        let gate = AsyncStream<Int>.makeStream()
        let shared = SharedTask {
            for await value in gate.stream { return value }
            return -1
        }
        let waiters = (0..<3).map { _ in Task { await shared.value() } }
        while shared.waiters < 3 { await Task.yield() }
        waiters[0].cancel()
        gate.continuation.yield(7)
        for waiter in waiters { #expect(await waiter.value == 7) }
        #expect(!shared.isAbandoned)
    }

    @Test func `abandoned work is begun anew by whoever comes next`() async throws {
        struct Stopped: Error {}
        let flight = SingleFlight<Int, String, Stopped>()
        let endless = Endless()
        let first = Task {
            try await flight.value(for: 1) { () async throws(Stopped) in
                _ = await endless.work()
                throw Stopped()
            }
        }
        for await _ in endless.began.stream {}
        first.cancel()
        await #expect(throws: Stopped.self) { try await first.value }
        #expect(try await flight.value(for: 1) { () async throws(Stopped) in "new" } == "new")
    }
}
