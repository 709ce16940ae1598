// SPDX-License-Identifier: Apache-2.0

import OCI

/// When operations begin.
package enum LoadPace: Sendable, Hashable {
    /// Closed loop: each connection begins its next operation when the one before has ended, as fast as the registry
    /// allows.
    case closed
    /// Open loop: operations are due at a fixed rate, whatever the state of earlier operations.
    case open(perSecond: Double)
}

/// The limits of a phase.
package struct LoadLimits: Sendable, Hashable {
    /// No operation begins after this time. In an open loop, no operation is due after this time.
    package var duration: Duration
    package var operations: Int

    package init(duration: Duration, operations: Int = .max) {
        self.duration = duration
        self.operations = operations
    }
}

/// Decides which operation begins next and from when its latency counts. Times count from the start of the phase.
///
/// In an open loop the latency of an operation counts from the time at which it was due, not from the time at which a
/// connection was free for it. If a registry stops answering for a second, all operations of that second are slow, not
/// only the one that was in flight ("coordinated omission").
package struct LoadSchedule: Sendable {
    package struct Turn: Sendable, Hashable {
        /// The number of the operation, counted from 0.
        package let number: Int
        /// When the operation has to begin. The time may be in the past.
        package let due: Duration

        package func latency(endingAt end: Duration) -> Duration { max(.zero, end - due) }
    }

    private let pace: LoadPace
    private let limits: LoadLimits
    private var next = 0

    package init(pace: LoadPace, limits: LoadLimits) {
        self.pace = pace
        self.limits = limits
    }

    /// The next operation; nil after the end of the phase.
    package mutating func turn(at now: Duration) -> Turn? {
        guard next < planned, now < lastStart else { return nil }
        defer { next += 1 }
        return Turn(number: next, due: due(next) ?? now)
    }

    /// Operations that were due by the end of the phase and never began, because no connection was free. Each has the
    /// time that it had waited. Many operations are grouped: each group has the longest waiting time in it.
    package func neverBegun(endingAt end: Duration) -> [(waited: Duration, count: Int)] {
        guard case .open = pace, next < planned else { return [] }
        let step = max(1, (planned - next) / Self.mostGroups)
        return stride(from: next, to: planned, by: step).map { first in
            (max(.zero, end - (due(first) ?? end)), min(step, planned - first))
        }
    }

    private static let mostGroups = 1000

    /// The time from the start to the moment at which the operation after the last planned one would be due. Zero for a
    /// closed loop.
    package var span: Duration {
        if case .open(let rate) = pace { .seconds(Double(planned) / rate) } else { .zero }
    }

    /// The number of operations of the phase, as far as it is known beforehand.
    private var planned: Int {
        switch pace {
        case .closed: limits.operations
        case .open(let rate): min(limits.operations, Int(saturating: (limits.duration.inSeconds * rate).rounded(.up)))
        }
    }

    /// The time of the last start. An open loop that is late gets the same time again to catch up.
    private var lastStart: Duration {
        switch pace {
        case .closed: limits.duration
        case .open: limits.duration * 2
        }
    }

    private func due(_ number: Int) -> Duration? {
        switch pace {
        case .closed: nil
        case .open(let rate): .seconds(Double(number) / rate)
        }
    }
}

extension Duration {
    package var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    /// Nanoseconds, saturated; 0 for a negative duration.
    var inNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        let whole = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let sum = whole.partialValue.addingReportingOverflow(UInt64(clamping: attoseconds / 1_000_000_000))
        return whole.overflow || sum.overflow ? .max : sum.partialValue
    }
}
