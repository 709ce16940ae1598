// SPDX-License-Identifier: Apache-2.0

import Content

/// What is read off beside the load, before and after.
package struct BenchProbe: Sendable {
    /// Of the process that measures.
    package var ownCPU: Double
    /// Sent so far.
    package var requests: Int
    /// Of the registry, where it is a process of this machine that the user named.
    package var registry: ProcessUse?

    package init(ownCPU: Double, requests: Int, registry: ProcessUse?) {
        self.ownCPU = ownCPU
        self.requests = requests
        self.registry = registry
    }
}

/// Measures a registry: each repetition goes through all phases, so that what changes on the machine meanwhile meets all
/// of them.
package struct RegistryBench: Sendable {
    private let load: RegistryLoad
    private let settings: RegistryBenchSettings
    private let runner: LoadRunner
    private let probe: @Sendable () -> BenchProbe
    private let began: @Sendable (RegistryPhase, _ repetition: Int) -> Void

    /// - Parameter began: told of each repetition of each phase; counts from 1.
    package init(
        _ load: RegistryLoad, settings: RegistryBenchSettings, runner: LoadRunner,
        probe: @escaping @Sendable () -> BenchProbe, began: @escaping @Sendable (RegistryPhase, Int) -> Void
    ) {
        self.load = load
        self.settings = settings
        self.runner = runner
        self.probe = probe
        self.began = began
    }

    /// Ends early where the task is cancelled.
    package func run() async -> [PhaseResult] {
        var results = settings.phases.map { PhaseResult($0) }
        for repetition in 1...max(1, settings.repetitions) {
            for place in results.indices where !Task.isCancelled {
                let phase = results[place].phase
                began(phase, repetition)
                if repetition == 1 { results[place].problem = await problem(beginning: phase) }
                guard results[place].problem == nil, !Task.isCancelled else { continue }
                let before = probe()
                let outcome = await run(
                    phase, repetition: repetition, at: settings.pace, within: settings.limits(of: phase))
                results[place].add(outcome, from: before, to: probe())
            }
        }
        return results
    }

    /// Stores what the phase reads, and goes through it once without measuring: connections and tokens are there then.
    private func problem(beginning phase: RegistryPhase) async -> PhaseResult.Problem? {
        do throws(ContentFailure) {
            try await load.prepare(phase)
            _ = try await load.perform(phase, repetition: 0, 0)
        } catch {
            return PhaseResult.Problem(
                isMissingFeature: error.kind == .unsupported, reason: error.message,
                isRefusal: [.unauthorized, .denied].contains(error.kind))
        }
        guard !phase.isOfLargeBlobs else { return nil }
        let limits = LoadLimits(duration: settings.duration, operations: settings.connections)
        _ = await runner.run(LoadSchedule(pace: .closed, limits: limits)) { [load] number throws(ContentFailure) in
            try await load.perform(phase, repetition: 0, number + 1)
        }
        return nil
    }

    private func run(
        _ phase: RegistryPhase, repetition: Int, at pace: LoadPace, within limits: LoadLimits
    ) async -> LoadOutcome {
        await runner.run(LoadSchedule(pace: pace, limits: limits)) { [load] number throws(ContentFailure) in
            try await load.perform(phase, repetition: repetition, number)
        }
    }
}
