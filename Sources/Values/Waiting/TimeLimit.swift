// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension Task where Success == Void, Failure == Never {
    /// Waits until the task has ended, but no longer than `limit` allows, even if the waiting task was cancelled. The task
    /// itself continues.
    ///
    /// - Parameter limit: returns when the time is over. It runs in its own task, which is cancelled at the end.
    package func ended(within limit: @escaping @Sendable () async -> Void) async {
        let end = FirstEnd()
        let watch = Task {
            await self.value
            end.come()
        }
        let clock = Task {
            await limit()
            end.come()
        }
        await end.wait()
        clock.cancel()
        _ = watch
    }

    /// The same, with a duration.
    package func ended(within limit: Duration) async {
        await ended { try? await Task<Never, Never>.sleep(for: limit) }
    }
}

/// Waits for the first of several events.
package final class FirstEnd: Sendable {
    private struct State {
        var hasCome = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    package init() {}

    package func come() {
        let waiter = state.withLock { state in
            state.hasCome = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// For one waiter.
    package func wait() async {
        await withCheckedContinuation { continuation in
            let hasCome = state.withLock { state in
                if !state.hasCome { state.waiter = continuation }
                return state.hasCome
            }
            if hasCome { continuation.resume() }
        }
    }
}
