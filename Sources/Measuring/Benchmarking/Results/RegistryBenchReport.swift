// SPDX-License-Identifier: Apache-2.0

/// The result of a measurement of a registry, and the conditions in which it was made.
package struct RegistryBenchReport: Sendable {
    package var program = ""
    /// The command line without the program's name.
    package var arguments: [String] = []
    /// ISO 8601.
    package var started = ""
    package var ended = ""
    package var registry = ""
    /// nil in reports of programs that did not note it.
    package var machine: BenchMachine?
    package var settings = RegistryBenchSettings()
    /// The process ID of the registry, if the user named one.
    package var process: Int?
    package var phases: [PhaseResult] = []
    package var leftovers: Leftovers?
    /// Whether a signal ended the measurement early.
    package var isStopped = false
    /// Whether the measurement ended early because the registry no longer answered.
    package var endedInSilence = false

    package init() {}

    /// Whether nothing was measured because the registry refused the credentials.
    package var isRefused: Bool {
        let causes = phases.compactMap(\.problem?.cause).filter { $0 != .missingFeature }
        return phases.allSatisfy { $0.operations == 0 } && !causes.isEmpty && causes.allSatisfy { $0 == .credentials }
    }

    /// Whether every phase that the registry offers was measured without a failure.
    package var isWhole: Bool {
        phases.allSatisfy { phase in
            phase.failureCount == 0 && (phase.problem.map { $0.cause == .missingFeature } ?? !phase.samples.isEmpty)
        }
    }
}
