// SPDX-License-Identifier: Apache-2.0

import Reporting
import Testing

@testable import Benchmarking

@Suite struct RegistryBenchReportTests {
    private func report(registryCPU: Double? = 0.5) -> RegistryBenchReport {
        var report = RegistryBenchReport()
        report.registry = "http://<b>127.0.0.1"
        var gets = PhaseResult(.manifestGet)
        gets.samples = [90, 100, 110].map { rate in
            var sample = PhaseSample()
            (sample.operations, sample.seconds, sample.requests, sample.ownCPU) = (rate, 1, rate, 0.1)
            sample.registryCPU = registryCPU
            sample.registryPeakMemory = registryCPU.map { _ in 3 << 20 }
            return sample
        }
        gets.samples[0].failures = ["unavailable 503": 2]
        gets.latency = LatencySummary(p50: 0.00083, p90: 0.00124, p99: 0.0123, p999: 1.5, max: 2.31, mean: 0.001)
        var mounts = PhaseResult(.mount)
        mounts.problem = .init(.missingFeature, reason: "the registry does not mount")
        report.phases = [gets, mounts]
        return report
    }

    @Test func `the tables name speed, latency and cost of each phase, and what was not measured`() {
        #expect(
            RegistryBenchTable(report()).text == """
                speed         operations  ops/s  bytes/s  noise  errors
                manifest-get         300    100        -   20 %       2

                latency          p50      p90      p99  p99.9     max
                manifest-get  830 µs  1.24 ms  12.3 ms      -  2.31 s

                CPU           requests  own CPU     each  registry CPU     each  registry peak
                manifest-get       300   300 ms  1.00 ms        1.50 s  5.00 ms        3.0 MiB

                mount was not measured: the registry does not mount
                manifest-get: 2 operations failed: unavailable 503
                """)
        #expect(!RegistryBenchTable(report(registryCPU: nil)).text.contains("registry CPU"))
        let busy = RegistryBenchTable(report(registryCPU: 0.05)).remarks
        #expect(busy.contains { $0.contains("as the registry or more in manifest-get: the registry may be faster") })
        let other = RegistryBenchTable(report(registryCPU: 0.0001)).remarks
        #expect(
            other.contains(
                "process used next to no CPU time (300 µs for 300 requests): it may not be the one that answers"))
        #expect(!busy.contains { $0.contains("next to no CPU time") })
        var stopped = report()
        (stopped.isStopped, stopped.leftovers) = (true, Leftovers(root: "bench/x"))
        stopped.leftovers?.tags = 2
        let remarks = RegistryBenchTable(stopped).remarks
        #expect(remarks.first?.contains("was stopped") == true && remarks.last?.contains("2 tags are left") == true)
    }

    @Test func `it is said where the client had no time left, and where it and the registry had to share all cores`() {
        var limited = report()
        limited.machine = BenchMachine(system: "Linux", processors: 2, cpuinfo: "", meminfo: "")
        // 3 s of 2 cores: 5 % and 25 %.
        #expect(!RegistryBenchTable(limited).remarks.contains { $0.hasPrefix("this program") })
        for place in 0..<3 { limited.phases[0].samples[place].ownCPU = 1.4 }
        let shared = "this program and the registry together used all of this machine's cores in manifest-get: "
        #expect(RegistryBenchTable(limited).remarks.contains { $0.hasPrefix(shared) })
        for place in 0..<3 { limited.phases[0].samples[place].ownCPU = 1.8 }
        let remarks = RegistryBenchTable(limited).remarks
        #expect(remarks.contains { $0.hasPrefix("this program itself was the limit in manifest-get (90 %), by the") })
        #expect(!remarks.contains { $0.contains("together used") })
        limited.machine = nil
        #expect(!RegistryBenchTable(limited).remarks.contains { $0.contains("the limit") || $0.contains("together") })
    }

    @Test func `figures of a file that make no sense stop neither tables nor pictures`() throws {
        let extreme = #"""
            {"format":"transship-bench-registry-1","settings":{"connections":9223372036854775807,"repetitions":-1,
            "bytes":-1,"blobSize":0,"pieceSize":0,"smallSize":0,"seconds":1e300,"rate":1e300},"phases":[{"phase":"tags",
            "latency":{"p50":-1,"p99":1e308},"repetitions":[{"operations":9223372036854775807,"seconds":1e-300,
            "bytes":-5,"failures":{"a\u0007":1e99},"ownCPU":-1e308,"registryCPU":1e308,"registryPeakMemory":-1}]},
            {"phase":"blob-get","repetitions":[{"operations":1,"seconds":1e-300,"bytes":9223372036854775807}]}]}
            """#
        let read = try RegistryBenchReport(reading: Array(extreme.utf8))
        #expect(!RegistryBenchTable(read).text.isEmpty && !RegistryBenchPage(read).html.isEmpty)
        #expect(!BenchComparisonTable(try BenchComparison(read, read)).text.isEmpty)
    }

    @Test func `a comparison says in words which settings differ`() throws {
        var other = report()
        (other.settings.bytes, other.settings.pace) = (1 << 20, .open(perSecond: 20))
        let text = BenchComparisonTable(try BenchComparison(report(), other)).text
        let end = "no figure is better or worse: --rate: none and 20.0; --bytes: 536870912 and 1048576\n"
        #expect(text.contains("\nA and B were measured with different settings, so that " + end))
        #expect(text.split(separator: "\n").count { $0.hasSuffix("  not comparable") } == 2, "\(text)")
        #expect(!text.contains("B is better"))
    }

    @Test func `a comparison speaks of other figures only where there are some`() throws {
        var (slow, fast) = (report(registryCPU: nil), report(registryCPU: nil))
        for place in slow.phases[0].samples.indices {
            slow.phases[0].samples[place].operations = 10
            fast.phases[0].samples[place].operations = 1000
        }
        let changed = BenchComparisonTable(try BenchComparison(slow, fast)).text
        #expect(changed.contains("\nB is better in 1 and worse in 0 of 1 figures\n"), "\(changed)")
        let same = BenchComparisonTable(try BenchComparison(slow, slow)).text
        #expect(
            same.contains("\nB is better in 0 and worse in 0 of 1 figures; the others are within the noise\n"),
            "\(same)")
    }

    @Test func `the page has a picture of each, and no text of outside is markup`() {
        let page = RegistryBenchPage(report()).html
        #expect(page.contains("http://&lt;b&gt;127.0.0.1") && !page.contains("<b>127.0.0.1"))
        for heading in ["Small operations", "Latency", "CPU time, small operations"] {
            #expect(page.contains("<h2>\(heading)</h2>"))
        }
        #expect(page.split(separator: "<svg").count == 4 && !page.contains("{{"))
    }

    @Test func `the tables of copies have a row for each, the least that is needed, and what the time went into`() {
        var report = CopyBenchReport(LeastCopy([], copiesReferrers: false))
        (report.least.items, report.least.bytes) = (10, 1 << 30)
        (report.least.sourceRequests, report.least.targetRequests) = (30, 70)
        var sample = CopySample()
        (sample.seconds, sample.cpu, sample.peakMemory, sample.registriesCPU) = (2, 1, 64 << 20, 3)
        (sample.sourceRequests, sample.targetRequests, sample.otherRequests) = (30, 70, 2)
        sample.moments = [0.0, 2.0].map {
            CopyMoment(
                time: $0, source: .init(inFlight: 1, limit: 2), target: .init(), cpu: $0,
                begun: CopyRequests(source: Int(3 * $0), others: 1))
        }
        report.samples = [sample]
        #expect(
            CopyBenchTable(report).text(profiles: true) == """
                copy     time      bytes/s  items/s  source requests  target requests  others  failed
                1      2.00 s  512.0 MiB/s     5.00               30               70       2       0
                least       -            -        -               30               70       0       0

                copy     CPU  for each GiB  each request  peak memory  registries' CPU
                1     1.00 s        1.00 s       10.0 ms     64.0 MiB           3.00 s

                time for  source only  target only    both  neither  source full  target full  tokens  paused    CPU
                1               100 %       0.00 %  0.00 %   0.00 %       0.00 %       0.00 %  0.00 %  0.00 %  100 %

                copy 1 at  source begun  in flight  target begun  in flight  others begun
                0 s                   0     1 of 2             0          -             1
                2.00 s                6     1 of 2             0          -             0
                """)
    }

    @Test func `no throughput is told of images that did not arrive, and one registry has one column of requests`() {
        var report = CopyBenchReport(LeastCopy([], copiesReferrers: false))
        (report.least.items, report.least.bytes) = (10, 1 << 30)
        (report.least.sourceRequests, report.least.targetRequests) = (30, 70)
        var sample = CopySample()
        (sample.seconds, sample.cpu, sample.failed) = (2, 1, 6)
        sample.count([(authority: "r", requests: 90)], source: "r", target: "r")
        report.samples = [sample]
        let rows = CopyBenchTable(report).text(profiles: false).split(separator: "\n").map { line in
            line.split(separator: " ").joined(separator: " ")
        }
        #expect(rows[1] == "1 2.00 s - 2.00 90 - 0 6" && rows[2] == "least - - - 100 - 0 0", "\(rows)")
        #expect(rows[4].hasPrefix("1 1.00 s - 11.1 ms"), "\(rows)")
    }

    @Test func `what is left says where, how much and why`() {
        var left = Leftovers(root: "bench/x")
        #expect(left.sentence(at: "r").hasPrefix("r: everything below bench/x/ was deleted"))
        (left.blobs, left.bytes, left.reason) = (1, 1 << 20, "deleting is off")
        #expect(
            left.sentence(at: "r") == "r: 1 blob (1.0 MiB) is left below bench/x/: deleting is off")
        left.isUncertain = true
        (left.tags, left.manifests) = (3, 2)
        #expect(
            left.sentence(at: "r").hasPrefix("r: at most 3 tags, 2 manifests and 1 blob (1.0 MiB) may be left below"))
        (left.tags, left.manifests, left.blobs) = (0, 0, 0)
        #expect(left.sentence(at: "r").hasPrefix("r: nothing is left below bench/x/"))
    }
}
