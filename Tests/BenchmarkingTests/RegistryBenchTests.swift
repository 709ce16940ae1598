// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization
import Testing
import TransshipTesting

@testable import Benchmarking

@Suite struct RegistryBenchTests {
    private let store = MemoryStore()
    private let runner = LoadRunner(connections: 2)

    private var settings: RegistryBenchSettings {
        var settings = RegistryBenchSettings()
        (settings.blobSize, settings.pieceSize, settings.smallSize) = (4096, 1000, 64)
        (settings.bytes, settings.connections, settings.repetitions) = (16384, 2, 2)
        settings.phases = [.blobPut, .blobPieces, .blobGet, .blobRanges, .smallPut, .smallGet]
        return settings
    }

    private func load(_ settings: RegistryBenchSettings) throws -> RegistryLoad {
        RegistryLoad(store, root: try Repository("bench/x"), settings: settings, seed: 1)
    }

    private func run(_ load: RegistryLoad, _ settings: RegistryBenchSettings) async -> [PhaseResult] {
        let probe = BenchProbe(ownCPU: 0, requests: 0, registry: nil)
        return await RegistryBench(load, settings: settings, runner: runner, probe: { probe }, began: { _, _ in }).run()
            .phases
    }

    @Test func `every repetition of a phase of blobs moves the bytes it may, and no more`() async throws {
        var settings = settings
        settings.duration = .seconds(3600)
        let results = await run(try load(settings), settings)
        for result in results {
            #expect(result.problem == nil && result.failureCount == 0, "\(result)")
            #expect(result.samples.map(\.bytes).allSatisfy { $0 <= 16384 && $0 > 16384 - 4096 }, "\(result.phase)")
        }
        #expect(results.map(\.phase) == settings.phases && results.allSatisfy { $0.samples.count == 2 })
        #expect(store.violations.isEmpty)
    }

    @Test(arguments: RegistryPhase.allCases)
    func `each phase does what it says, on a store that offers everything`(phase: RegistryPhase) async throws {
        let load = try load(settings)
        try await load.prepare(phase)
        for repetition in 0..<2 {
            for number in 0..<3 { _ = try await load.perform(phase, repetition: repetition, number) }
        }
        #expect(store.violations.isEmpty)
    }

    @Test func `a phase that the registry does not offer is left out, with its reason`() async throws {
        store.mounts = .fallsThrough
        var settings = settings
        settings.phases = [.mount]
        let results = await run(try load(settings), settings)
        #expect(results[0].samples.isEmpty)
        let problem = try #require(results[0].problem)
        #expect(
            problem.cause == .missingFeature
                && problem.reason == "the registry does not mount blobs of another repository")
    }

    @Test func `what every registry has to do is no feature that may be missing`() {
        let needed = RegistryPhase.allCases.filter { !$0.isOptional }
        #expect(
            needed == [.blobPut, .blobGet, .smallPut, .smallGet, .manifestPut, .manifestGet, .manifestHead, .absent])
    }

    @Test func `nothing measured and credentials refused is a refusal, one phase measured is none`() {
        var report = RegistryBenchReport()
        #expect(!report.isRefused)
        report.phases = [PhaseResult(.manifestHead), PhaseResult(.referrers)]
        report.phases[0].problem = .init(.credentials, reason: "no login")
        report.phases[1].problem = .init(.missingFeature, reason: "no referrers API")
        #expect(report.isRefused && !report.isWhole)
        report.phases[1].problem = .init(.other, reason: "out of room")
        #expect(!report.isRefused)
        (report.phases[1].problem, report.phases[1].samples) = (nil, [PhaseSample()])
        report.phases[1].samples[0].operations = 1
        #expect(!report.isRefused)
    }

    @Test(arguments: [ContentFailure.Kind.stalled, .unreachable])
    func `a registry that falls silent is asked for one phase more, and what was measured is kept`(
        kind: ContentFailure.Kind
    ) async throws {
        let silent = Mutex(false)
        store.addFault { _, _ in silent.withLock { $0 } ? ContentFailure(kind, "no answer for 60 s") : nil }
        let probe = BenchProbe(ownCPU: 0, requests: 0, registry: nil)
        let begun = Mutex<[String]>([])
        let bench = RegistryBench(
            try load(settings), settings: settings, runner: runner, probe: { probe },
            began: { phase, repetition in
                begun.withLock { $0.append("\(phase.rawValue) \(repetition)") }
                if phase == .blobRanges { silent.withLock { $0 = true } }
            })
        var report = RegistryBenchReport()
        (report.phases, report.endedInSilence) = await bench.run()
        #expect(begun.withLock { $0 } == ["blob-put 1", "blob-pieces 1", "blob-get 1", "blob-ranges 1"])
        #expect(report.endedInSilence && !report.isWhole && !report.isRefused)
        #expect(report.phases.map(\.samples.count) == [1, 1, 1, 0, 0, 0])
        let reasons = report.phases.map { $0.problem?.reason }
        #expect(reasons[3] == "no answer for 60 s")
        #expect(reasons[4...].allSatisfy { $0 == "the registry no longer answered" }, "\(reasons)")
    }

    @Test(arguments: [0, 3])
    func `a registry that falls silent in a later repetition is not waited for in each phase`(
        after answers: Int
    ) async throws {
        let silent = Mutex(false)
        let left = Mutex(answers)
        store.addFault { _, _ in
            guard silent.withLock({ $0 }) else { return nil }
            let count = left.withLock { left in
                left -= 1
                return left
            }
            return count < 0 ? ContentFailure(.stalled, "no answer for 60 s") : nil
        }
        let probe = BenchProbe(ownCPU: 0, requests: 0, registry: nil)
        let last = Mutex("")
        let bench = RegistryBench(
            try load(settings), settings: settings, runner: runner, probe: { probe },
            began: { phase, repetition in
                last.withLock { $0 = "\(phase.rawValue) \(repetition)" }
                if repetition == 2 { silent.withLock { $0 = true } }
            })
        let (results, endedInSilence) = await bench.run()
        #expect(last.withLock { $0 } == "blob-put 2" && endedInSilence)
        #expect(results.map(\.samples.count) == [2, 1, 1, 1, 1, 1])
        #expect(results[0].failures == ["stalled": results[0].failureCount] && results[0].failureCount > 0)
    }

    @Test func `a phase that alone gets no answer does not end the others`() async throws {
        store.addFault { operation, _ in
            if case .tags = operation { ContentFailure(.stalled, "no answer for 60 s") } else { nil }
        }
        var settings = settings
        settings.phases = [.smallPut, .tags, .smallGet]
        let results = await run(try load(settings), settings)
        #expect(results.map(\.problem?.cause) == [nil, .silence, nil])
        #expect(results.map(\.samples.count) == [2, 0, 2])
    }
}
