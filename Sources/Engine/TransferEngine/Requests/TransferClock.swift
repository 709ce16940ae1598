// SPDX-License-Identifier: Apache-2.0

/// The clock of a run: durations since an arbitrary moment, and sleeping. It is injected, so that tests control it.
package protocol TransferClock: Sendable {
    var now: Duration { get }
    /// Returns when `now` has reached `deadline`.
    /// - Throws: `CancellationError`.
    func sleep(until deadline: Duration) async throws
}

/// The system's monotonic clock, which continues while the system sleeps.
package struct SystemTransferClock: TransferClock {
    private let start = ContinuousClock.now

    package init() {}

    package var now: Duration { ContinuousClock.now - start }

    package func sleep(until deadline: Duration) async throws {
        try await ContinuousClock().sleep(until: start + deadline)
    }
}
