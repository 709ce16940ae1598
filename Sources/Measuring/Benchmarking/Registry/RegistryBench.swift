// SPDX-License-Identifier: Apache-2.0

import Content

/// Counters that are read before and after the load.
package struct BenchProbe: Sendable {
    /// CPU seconds of the measuring process.
    package var ownCPU: Double
    /// The number of requests that were sent so far.
    package var requests: Int
    /// The use of the registry, if the user named its process on this machine.
    package var registry: ProcessUse?

    package init(ownCPU: Double, requests: Int, registry: ProcessUse?) {
        self.ownCPU = ownCPU
        self.requests = requests
        self.registry = registry
    }
}

/// Measures a registry. Each repetition runs all phases, so that changes on the machine affect all of them.
package struct RegistryBench: Sendable {
    private let load: RegistryLoad
    private let settings: RegistryBenchSettings
    private let runner: LoadRunner
    private let probe: @Sendable () -> BenchProbe
    private let began: @Sendable (RegistryPhase, _ repetition: Int) -> Void

    /// - Parameter began: called at each repetition of each phase. Repetitions count from 1.
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

    /// Runs all repetitions. Ends early if the task is cancelled.
    package func run() async -> [PhaseResult] {
        var results = settings.phases.map { PhaseResult($0) }
        for repetition in 1...max(1, settings.repetitions) {
            for place in results.indices where !Task.isCancelled {
                let phase = results[place].phase
                began(phase, repetition)
                if repetition == 1 {
                    // A registry that refuses the credentials refuses them in every phase.
                    let refusal = results.lazy.compactMap(\.problem).first { $0.isRefusal }
                    results[place].problem =
                        if let refusal, results.allSatisfy(\.samples.isEmpty) { refusal } else {
                            await problem(beginning: phase)
                        }
                }
                guard results[place].problem == nil, !Task.isCancelled else { continue }
                let before = probe()
                let outcome = await run(
                    phase, repetition: repetition, at: settings.pace, within: settings.limits(of: phase))
                results[place].add(outcome, from: before, to: probe())
            }
        }
        return results
    }

    /// Stores the content that the phase reads, and runs the phase once without measuring, so that connections and
    /// tokens exist.
    private func problem(beginning phase: RegistryPhase) async -> PhaseResult.Problem? {
        do throws(ContentFailure) {
            try await load.prepare(phase)
            _ = try await load.perform(phase, repetition: 0, 0)
        } catch {
            return PhaseResult.Problem(
                isMissingFeature: error.kind == .unsupported && phase.isOptional, reason: error.message,
                isRefusal: [.unauthorized, .denied].contains(error.kind), hint: error.hint)
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
