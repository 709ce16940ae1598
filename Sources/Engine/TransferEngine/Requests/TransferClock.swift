// SPDX-License-Identifier: Apache-2.0

/// Time as a run sees it: durations since some moment, and waiting. Injected, so that tests turn the hands themselves.
package protocol TransferClock: Sendable {
    var now: Duration { get }
    /// Returns when `now` has reached `deadline`.
    /// - Throws: `CancellationError`.
    func sleep(until deadline: Duration) async throws
}

/// The machine's monotonic clock, which goes on while the machine sleeps.
package struct SystemTransferClock: TransferClock {
    private let start = ContinuousClock.now

    package init() {}

    package var now: Duration { ContinuousClock.now - start }

    package func sleep(until deadline: Duration) async throws {
        try await ContinuousClock().sleep(until: start + deadline)
    }
}
