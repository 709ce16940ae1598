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

    /// Runs all repetitions. Ends early if the task is cancelled, or if the registry no longer answers.
    package func run() async -> (phases: [PhaseResult], endedInSilence: Bool) {
        var results = settings.phases.map { PhaseResult($0) }
        for repetition in 1...max(1, settings.repetitions) {
            for place in results.indices where !Task.isCancelled {
                if repetition == 1, let common = Self.problemOfEveryPhase(results) {
                    results[place].problem = common
                } else {
                    await run(repetition, of: &results[place])
                }
                if await hasFallenSilent(results[place]) { return (Self.ended(results), true) }
            }
        }
        return (results, false)
    }

    private func run(_ repetition: Int, of result: inout PhaseResult) async {
        began(result.phase, repetition)
        if repetition == 1 { result.problem = await problem(beginning: result.phase) }
        guard result.problem == nil, !Task.isCancelled else { return }
        let before = probe()
        let outcome = await run(
            result.phase, repetition: repetition, at: settings.pace, within: settings.limits(of: result.phase))
        result.add(outcome, from: before, to: probe())
    }

    /// A registry that refuses the credentials refuses them in every phase.
    private static func problemOfEveryPhase(_ results: [PhaseResult]) -> PhaseResult.Problem? {
        guard results.allSatisfy(\.samples.isEmpty) else { return nil }
        return results.lazy.compactMap(\.problem).first { $0.cause == .credentials }
    }

    // MARK: Silence

    /// Whether the phase lacked answers, and a simple request gets none either. Otherwise every later phase would wait for
    /// the time limits of its requests, which are minutes.
    private func hasFallenSilent(_ result: PhaseResult) async -> Bool {
        guard result.lackedAnswers, !Task.isCancelled else { return false }
        do throws(ContentFailure) {
            _ = try await load.perform(.absent, repetition: 0, .max)
            return false
        } catch {
            return error.isSilence
        }
    }

    /// The results, if the measurement ends here: phases that were not begun say why.
    private static func ended(_ results: [PhaseResult]) -> [PhaseResult] {
        var results = results
        for later in results.indices where results[later].samples.isEmpty && results[later].problem == nil {
            results[later].problem = .init(.silence, reason: "the registry no longer answered")
        }
        return results
    }

    // MARK: One phase

    /// Stores the content that the phase reads, and runs the phase once without measuring, so that connections and
    /// tokens exist.
    private func problem(beginning phase: RegistryPhase) async -> PhaseResult.Problem? {
        do throws(ContentFailure) {
            try await load.prepare(phase)
            _ = try await load.perform(phase, repetition: 0, 0)
        } catch {
            return PhaseResult.Problem(error, of: phase)
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

extension PhaseResult {
    /// Whether the phase could not begin, or operations of its last repetition failed, because the registry did not answer.
    fileprivate var lackedAnswers: Bool {
        if let problem { return problem.cause == .silence }
        return samples.last?.failures.keys.contains { name in ContentFailure.silence.contains { $0.rawValue == name } }
            == true
    }
}

extension PhaseResult.Problem {
    fileprivate init(_ failure: ContentFailure, of phase: RegistryPhase) {
        let cause: Cause =
            switch failure.kind {
            case .unsupported where phase.isOptional: .missingFeature
            case .unauthorized, .denied: .credentials
            default: failure.isSilence ? .silence : .other
            }
        self.init(cause, reason: failure.message, hint: failure.hint)
    }
}

extension ContentFailure {
    fileprivate static let silence: [Kind] = [.stalled, .unreachable]
    fileprivate var isSilence: Bool { Self.silence.contains(kind) }
}
