// SPDX-License-Identifier: Apache-2.0

import DequeModule
import Dispatch
import Synchronization

/// Threads for CPU work, separate from those that move bytes, and the budget of bytes that may wait for them.
///
/// A task that submits bytes suspends while `budget` is used up. Workers never wait, so submitted bytes are always
/// processed.
package final class InflateWorkers: Sendable {
    private struct State {
        var running = 0
        var ready = Deque<@Sendable () -> Void>()
    }

    private let limit: Int
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "layer-verification", qos: .userInitiated, attributes: .concurrent)
    let budget: ByteBudget
    /// The memory for the windows of decoders.
    let windows: ByteBudget

    /// - Parameters:
    ///   - threads: the most concurrent jobs.
    ///   - waitingBytes: memory of submitted buffers that have not been processed, for all layers together.
    ///   - windowBytes: memory for the windows of decoders, for all layers together. A single layer gets what it needs.
    package init(threads: Int, waitingBytes: Int = 16 << 20, windowBytes: Int = 64 << 20) {
        limit = max(1, threads)
        budget = ByteBudget(waitingBytes)
        windows = ByteBudget(windowBytes)
    }

    /// Runs `job` when a thread is free, in the order of submission.
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
