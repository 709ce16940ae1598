// SPDX-License-Identifier: Apache-2.0

import DequeModule
import Synchronization

/// A budget of bytes. Requests are served in the order in which they come.
final class ByteBudget: Sendable {
    private struct Waiter {
        var bytes: Int
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var used = 0
        var waiting = Deque<Waiter>()
    }

    private let limit: Int
    private let state = Mutex(State())

    init(_ limit: Int) { self.limit = limit }

    var used: Int { state.withLock { $0.used } }
    var waiting: Int { state.withLock { $0.waiting.count } }

    /// Returns when the bytes fit. A request larger than the budget fits when the budget is unused.
    func take(_ bytes: Int) async {
        // The usual case does not suspend.
        if state.withLock({ $0.waiting.isEmpty && take(bytes, from: &$0) }) { return }
        await withCheckedContinuation { continuation in
            let fits = state.withLock { state in
                if state.waiting.isEmpty, take(bytes, from: &state) { return true }
                state.waiting.append(Waiter(bytes: bytes, continuation: continuation))
                return false
            }
            if fits { continuation.resume() }
        }
    }

    func give(back bytes: Int) {
        let woken = state.withLock { state in
            state.used -= bytes
            var woken: [Waiter] = []
            while let first = state.waiting.first, take(first.bytes, from: &state) {
                woken.append(state.waiting.removeFirst())
            }
            return woken
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    private func take(_ bytes: Int, from state: inout State) -> Bool {
        guard state.used == 0 || state.used + bytes <= limit else { return false }
        state.used += bytes
        return true
    }
}
