// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import Benchmarking

@Suite struct SpreadTests {
    private func difference(_ one: [Double], _ other: [Double]) -> Spread.Difference? {
        Spread(one).flatMap { one in Spread(other).map { one.difference(to: $0) } }
    }

    @Test func `medians differ where they are further apart than the repetitions of either`() {
        #expect(difference([100, 110, 105], [130, 131, 132]) == .higher)
        #expect(difference([100, 110, 105], [90, 91, 92]) == .lower)
        #expect(difference([100, 110, 105], [114, 115, 116]) == .noise)
        #expect(difference([105, 105, 105], [90, 120, 112]) == .noise)
        #expect(difference([100], [200, 201]) == .unknown)
    }

    @Test func `the median of an even number is between the two in the middle`() throws {
        #expect(try #require(Spread([4, 1, 2, 3])).median == 2.5)
        #expect(Spread([]) == nil && Spread([.nan, .infinity]) == nil)
    }
}

@Suite struct BenchComparisonTests {
    private func report(
        _ phases: [RegistryPhase] = [.manifestGet], rates: [Int] = [100, 101, 102], latency: Double = 0.001,
        connections: Int = 8
    ) -> RegistryBenchReport {
        var report = RegistryBenchReport()
        (report.settings.connections, report.settings.phases) = (connections, phases)
        report.registry = "http://127.0.0.1:5000"
        report.phases = phases.map { phase in
            var result = PhaseResult(phase)
            result.samples = rates.map { rate in
                var sample = PhaseSample()
                (sample.operations, sample.seconds, sample.bytes) = (rate, 1, Int64(rate) << 20)
                (sample.requests, sample.failures, sample.registryCPU) = (rate, ["stalled": 1], 0.5)
                sample.latency = LatencySummary(
                    p50: latency, p90: latency, p99: (latency * Double(rate) * 1e6).rounded() / 1e6, p999: 1, max: 2,
                    mean: latency)
                return sample
            }
            result.latency = result.samples.first?.latency
            return result
        }
        return report
    }

    @Test func `more operations and shorter latencies are better`() throws {
        let comparison = try BenchComparison(report(), report(rates: [200, 201, 202], latency: 0.002))
        #expect(comparison.rows.map(\.figure) == [.operationsPerSecond, .p50, .p99, .registryCPU])
        #expect(comparison.rows.map(\.verdict) == [.better, .worse, .worse, .better])
        #expect(comparison.rows[0].ratio == 201 / 101.0)
    }

    @Test func `a measurement is the same as itself`() throws {
        let comparison = try BenchComparison(report(), report())
        #expect(comparison.rows.allSatisfy { $0.verdict == .same } && comparison.unmeasured.isEmpty)
    }

    @Test func `a repetition without success is slow, and p99 of few operations is no figure`() throws {
        let comparison = try BenchComparison(report(), report(rates: [0, 99, 101]))
        let speed = try #require(comparison.rows.first)
        #expect(speed.second.lowest == 0 && speed.noise == 101.0 / 101)
        let few = try BenchComparison(report(rates: [99, 99]), report(rates: [99, 99]))
        #expect(few.rows.map(\.figure) == [.operationsPerSecond, .p50, .registryCPU])
    }

    @Test func `one repetition says nothing of noise`() throws {
        let comparison = try BenchComparison(report(rates: [100]), report(rates: [200]))
        #expect(comparison.rows.allSatisfy { $0.verdict == .unknown && $0.noise == nil })
    }

    @Test func `a phase that one of them lacks is named, not compared`() throws {
        var other = report([.tags, .mount])
        other.phases[1].samples = []
        let comparison = try BenchComparison(report([.tags, .mount]), other)
        #expect(comparison.unmeasured == [.mount] && Set(comparison.rows.map(\.phase)) == [.tags])
    }

    @Test func `what was measured with other settings is shown, but is neither better nor worse`() throws {
        let comparison = try BenchComparison(report(), report(rates: [200, 201, 202], connections: 9))
        #expect(comparison.differences == [.init(option: "--connections", first: 8, second: 9)])
        #expect(comparison.rows.count == 4 && comparison.rows.allSatisfy { $0.verdict == .incomparable })
        #expect(comparison.rows.allSatisfy { $0.ratio == nil && $0.second.median > 0 })
    }

    @Test func `of other phases those are shown that both have`() throws {
        let comparison = try BenchComparison(report([.tags, .mount]), report([.absent, .mount]))
        #expect(comparison.differences.map(\.option) == ["--phase"] && comparison.unmeasured == [.absent, .tags])
        #expect(Set(comparison.rows.map(\.phase)) == [.mount])
        #expect(
            throws: BenchFileError("they have no phase in common: manifest-get, and tags"),
            performing: { try BenchComparison(report(), report([.tags])) })
    }

    /// A change of each property of the settings.
    private static let changes: [String: @Sendable (inout RegistryBenchSettings) -> Void] = [
        "phases": { $0.phases = [.tags] }, "connections": { $0.connections += 1 },
        "pace": { $0.pace = .open(perSecond: 2.5) }, "duration": { $0.duration = .milliseconds(2500) },
        "bytes": { $0.bytes += 1 }, "repetitions": { $0.repetitions += 1 }, "blobSize": { $0.blobSize += 1 },
        "pieceSize": { $0.pieceSize += 1 }, "smallSize": { $0.smallSize += 1 }, "isVerbose": { $0.isVerbose = true },
    ]

    @Test func `every setting is written, read and compared, except how often it was measured`() throws {
        let properties = Mirror(reflecting: RegistryBenchSettings()).children.compactMap(\.label)
        #expect(Set(properties) == Set(Self.changes.keys), "a new setting needs a change here")
        let options = RegistryBenchSettings().all.map(\.option)
        #expect(options.count == properties.count && Set(options).count == options.count)
        let phases: [RegistryPhase] = [.tags, .mount]
        let plain = report(phases)
        for (name, change) in Self.changes {
            var changed = plain
            change(&changed.settings)
            changed.phases = changed.phases.filter { changed.settings.phases.contains($0.phase) }
            let read = try RegistryBenchReport(reading: Array(changed.json.text.utf8))
            #expect(read.settings == changed.settings, "\(name)")
            let count = try BenchComparison(plain, read).differences.count
            #expect(count == (name == "repetitions" ? 0 : 1), "\(name)")
        }
    }

    @Test func `a report is read as it was written`() throws {
        var written = report([.blobPut, .manifestGet])
        written.settings.pace = .open(perSecond: 2.5)
        written.machine = BenchMachine(
            system: "Linux 6.1.0 x86_64", processors: 2,
            cpuinfo: "processor\t: 0\nmodel name\t: Some Processor: 3\nmodel name\t: x\n",
            meminfo: "MemTotal:       24600000 kB\nMemFree: 1 kB\n")
        written.phases[1].samples = []
        written.phases[1].problem = .init(.missingFeature, reason: "no such thing")
        let read = try RegistryBenchReport(reading: Array(written.json.text.utf8))
        #expect(read.phases.map(\.samples) == written.phases.map(\.samples))
        #expect(read.phases.map(\.problem) == written.phases.map(\.problem))
        #expect(read.settings.pace == written.settings.pace && read.registry == written.registry)
        #expect(read.isWhole == written.isWhole && read.machine == written.machine)
        #expect(read.machine?.model == "Some Processor: 3" && read.machine?.memory == 24_600_000 << 10)
    }

    @Test(arguments: [
        ("x", "it is not JSON"), ("{}", "it has no member \"format\""),
        (
            #"{"format":"transship-report-1"}"#,
            "its format is \"transship-report-1\", not \"transship-bench-registry-1\""
        ),
        (#"{"format":"transship-bench-registry-1"}"#, "it has no phases or no settings"),
        (
            #"{"format":"transship-bench-registry-1","phases":[],"settings":{}}"#,
            "its settings have no \"connections\""
        ),
    ])
    func `what is not a measurement is refused with the reason`(text: String, reason: String) {
        #expect(throws: BenchFileError(reason), performing: { try RegistryBenchReport(reading: Array(text.utf8)) })
    }

    @Test func `numbers from a file that make no sense stop nothing`() throws {
        let extreme = """
            {"format":"transship-bench-registry-1","settings":{"connections":9223372036854775807,"repetitions":-1,
            "bytes":0,"blobSize":0,"pieceSize":0,"smallSize":0,"seconds":1e300,"rate":-1},"phases":[{"phase":"tags",
            "repetitions":[{"operations":9223372036854775807,"seconds":1e-300,"bytes":-5,"failures":{"a":1e99}},
            {"operations":9223372036854775807,"seconds":-1,"failures":{"a":9223372036854775807}}]}]}
            """
        let read = try RegistryBenchReport(reading: Array(extreme.utf8))
        #expect(read.phases[0].operations == .max && read.phases[0].failureCount == .max)
        _ = try BenchComparison(read, read).json
        _ = read.json
    }
}
