// SPDX-License-Identifier: Apache-2.0

import DequeModule
import Dispatch
import Synchronization

/// Threads for work that keeps a core busy, apart from those that move bytes, and the bytes that may wait for them.
///
/// Whoever brings bytes waits without a thread while `budget` is used up; workers never wait for anybody, so what was
/// brought is always worked off.
package final class InflateWorkers: Sendable {
    private struct State {
        var running = 0
        var ready = Deque<@Sendable () -> Void>()
    }

    private let limit: Int
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "layer-verification", qos: .userInitiated, attributes: .concurrent)
    let budget: ByteBudget
    /// What decoders keep to look back on.
    let windows: ByteBudget

    /// - Parameters:
    ///   - threads: at most so many works at once.
    ///   - waitingBytes: memory of buffers handed over and not worked off yet, of all layers together.
    ///   - windowBytes: memory that decoders keep to look back on, of all layers together. One layer gets what it needs.
    package init(threads: Int, waitingBytes: Int = 16 << 20, windowBytes: Int = 64 << 20) {
        limit = max(1, threads)
        budget = ByteBudget(waitingBytes)
        windows = ByteBudget(windowBytes)
    }

    /// Does `job` when a thread is free, in the order of submission.
    func submit(_ job: @escaping @Sendable () -> Void) {
        let starts = state.withLock { state in
            guard state.running < limit else {
                state.ready.append(job)
                return false
            }
            state.running += 1
            return true
        }
        if starts { queue.async { self.work(job) } }
    }

    private func work(_ first: @Sendable () -> Void) {
        first()
        while let job = next() { job() }
    }

    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            let job = state.ready.popFirst()
            if job == nil { state.running -= 1 }
            return job
        }
    }
}
