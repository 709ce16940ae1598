// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Set once by one thread; the other may leave before.
final class CompletionFlag: Sendable {
    private struct State {
        var isSet = false
        var isAbandoned = false
    }

    private let state = Mutex(State())

    var isSet: Bool { state.withLock { $0.isSet } }

    /// - Parameter tell: called under the lock, unless nobody waits any more.
    func set(_ tell: () -> Void) {
        state.withLock { state in
            state.isSet = true
            if !state.isAbandoned { tell() }
        }
    }

    func abandon() { state.withLock { $0.isAbandoned = true } }
}
