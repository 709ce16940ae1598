// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// The figures of one repetition of a phase.
package struct PhaseSample: Sendable, Hashable {
    package var operations = 0
    package var bytes: Int64 = 0
    package var seconds = 0.0
    package var requests = 0
    /// The number of failed operations, by the kind of failure.
    package var failures: [String: Int] = [:]
    /// The number of operations of an open loop for which no connection was free in time.
    package var neverBegun = 0
    package var latency: LatencySummary?
    /// CPU seconds of the measuring process.
    package var ownCPU = 0.0
    /// CPU seconds of the registry, if its process is known.
    package var registryCPU: Double?
    /// The peak memory of the registry since its start, in bytes.
    package var registryPeakMemory: Int64?

    package init() {}

    package var operationsPerSecond: Double { seconds > 0 ? Double(operations) / seconds : 0 }
    package var bytesPerSecond: Double { seconds > 0 ? Double(bytes) / seconds : 0 }
}

/// All repetitions of a phase.
package struct PhaseResult: Sendable {
    /// Why a phase was not measured.
    package struct Problem: Sendable, Hashable {
        package enum Cause: Sendable, Hashable {
            /// The registry lacks the feature that the phase measures.
            case missingFeature
            /// The registry refused the credentials, as it will in every phase.
            case credentials
            /// The registry does not answer, or there is no connection to it.
            case silence
            case other
        }

        package var cause: Cause
        package var reason: String
        package var hint: String?

        package init(_ cause: Cause, reason: String, hint: String? = nil) {
            self.cause = cause
            self.reason = reason
            self.hint = hint
        }
    }

    package let phase: RegistryPhase
    package var problem: Problem?
    package var samples: [PhaseSample] = []
    /// The text of the first failure.
    package var firstFailure: String?
    /// The latency of all repetitions together.
    package var latency: LatencySummary?
    private var latencies = LatencyRecord()

    package init(_ phase: RegistryPhase) { self.phase = phase }

    mutating func add(_ outcome: LoadOutcome, from before: BenchProbe, to after: BenchProbe) {
        var sample = PhaseSample()
        sample.operations = outcome.operations
        sample.bytes = outcome.bytes
        sample.seconds = outcome.seconds
        sample.requests = after.requests - before.requests
        sample.failures = outcome.failures
        sample.neverBegun = outcome.neverBegun
        sample.latency = outcome.latencies.summary
        sample.ownCPU = after.ownCPU - before.ownCPU
        if let old = before.registry, let new = after.registry {
            sample.registryCPU = new.cpuSeconds - old.cpuSeconds
            sample.registryPeakMemory = new.peakMemory
        }
        samples.append(sample)
        latencies.add(outcome.latencies)
        latency = latencies.summary
        firstFailure = firstFailure ?? outcome.firstFailure?.message
    }
}

extension PhaseResult {
    package var operations: Int { samples.saturatedSum(of: \.operations) }
    package var requests: Int { samples.saturatedSum(of: \.requests) }
    package var neverBegun: Int { samples.saturatedSum(of: \.neverBegun) }
    package var ownCPU: Double { samples.reduce(0) { $0 + $1.ownCPU } }

    /// nil if the registry's process is not known.
    package var registryCPU: Double? {
        let known = samples.compactMap(\.registryCPU)
        return known.isEmpty ? nil : known.reduce(0, +)
    }

    package var failures: [String: Int] {
        samples.reduce(into: [:]) { $0.merge($1.failures) { $0.adding(saturating: $1) } }
    }

    package var failureCount: Int { failures.values.saturatedSum(of: \.self) }
}
