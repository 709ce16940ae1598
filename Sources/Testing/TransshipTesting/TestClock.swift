// SPDX-License-Identifier: Apache-2.0

import Synchronization
package import TransferEngine

/// A clock on which sleeping never waits. A sleep advances the time and is recorded.
package final class JumpingClock: TransferClock {
    private struct State {
        var now: Duration = .zero
        var sleeps: [Duration] = []
    }

    private let state = Mutex(State())

    package init() {}

    package var now: Duration { state.withLock { $0.now } }

    /// The deadlines of all sleeps, in order.
    package var sleeps: [Duration] { state.withLock { $0.sleeps } }

    package func advance(by duration: Duration) { state.withLock { $0.now += duration } }

    package func sleep(until deadline: Duration) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            state.sleeps.append(deadline)
            state.now = max(state.now, deadline)
        }
        await Task.yield()
    }
}

/// Records every event, in order.
package final class EventRecorder: TransferObserver {
    private let state = Mutex<[TransferEvent]>([])

    package init() {}

    package func receive(_ event: TransferEvent) { state.withLock { $0.append(event) } }

    package var events: [TransferEvent] { state.withLock { $0 } }
}
