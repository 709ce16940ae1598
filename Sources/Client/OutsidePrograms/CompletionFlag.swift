// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A flag that one thread sets once. The waiting thread may stop waiting before.
final class CompletionFlag: Sendable {
    private struct State {
        var isSet = false
        var isAbandoned = false
    }

    private let state = Mutex(State())

    var isSet: Bool { state.withLock { $0.isSet } }

    /// - Parameter tell: called under the lock, unless the other thread has stopped waiting.
    func set(_ tell: () -> Void) {
        state.withLock { state in
            state.isSet = true
            if !state.isAbandoned { tell() }
        }
    }

    func abandon() { state.withLock { $0.isAbandoned = true } }
}
