// SPDX-License-Identifier: Apache-2.0

import Content
import Synchronization
package import TransferEngine

/// Tracks a running run, for the progress displays.
package final class ProgressTracker: ImmediateObserver {
    private let model: Mutex<ProgressModel>
    private let clock: @Sendable () -> Double
    private let onFailure = Mutex<(@Sendable () -> Void)?>(nil)

    /// - Parameter clock: seconds since the run began.
    package init(_ model: ProgressModel, clock: @escaping @Sendable () -> Double) {
        self.model = Mutex(model)
        self.clock = clock
    }

    package func receive(_ event: TransferEvent) {
        model.withLock { $0.receive(event, at: clock()) }
        if case .itemFinished(let report) = event, case .failed = report.outcome { tellFailure() }
    }

    package func expect(_ total: Int) { model.withLock { $0.expect(total) } }

    package func sourcesRead() { model.withLock { $0.sourcesRead() } }

    package func end(failure: ProgressFacts.Failure? = nil) {
        model.withLock { $0.end(failure: failure) }
        if failure != nil { tellFailure() }
    }

    package func pause(_ store: StoreID, _ pause: StorePause, _ reason: PauseReason) {
        model.withLock { $0.pause(store, pause, reason, at: clock()) }
    }

    /// Sets the action that is called for each failure, after the failure was recorded.
    package func whenSomethingFails(_ action: @escaping @Sendable () -> Void) { onFailure.withLock { $0 = action } }

    private func tellFailure() { onFailure.withLock { $0 }?() }

    package func facts(_ reading: MeterReading, clockTime: (Double) -> String) -> ProgressFacts {
        model.withLock { $0.facts(reading, at: clock(), clockTime: clockTime) }
    }
}
