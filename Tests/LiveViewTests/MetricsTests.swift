// SPDX-License-Identifier: Apache-2.0

import Reporting
import Testing

@testable import LiveView

/// A run as programs that collect metrics read it.
@Suite struct MetricsTests {
    static func reading() -> LiveReading {
        var report = RunReport()
        report.program = "transship 9.9"
        var registry = RunReport.Registry(name: "mirror.example:5000")
        (registry.itemsWritten, registry.blobsSent, registry.bytesSent) = (2, 3, 4_000_000_000_000)
        (registry.retries, registry.secondsPaused) = (1, 2.5)
        report.registries = [registry]
        report.origins = [.init(name: "https://mirror.example:5000", requests: 7, bytesSent: 8, bytesReceived: 9)]
        var facts = ProgressFacts()
        (facts.items.total, facts.items.done, facts.elapsed) = (4, 2, 1.25)
        facts.bytes = .init(done: 10, known: 40)
        facts.registries = [.init("mirror.example:5000")]
        facts.registries[0].inFlight = 5
        facts.registries[0].wait = .init("429", seconds: 42, clockTime: "14:05")
        var changes = ReportCollector.Changes()
        changes.endings = [.copied: 2]
        var reading = LiveReading(report, facts, changes)
        reading.traffic = [.init("mirror.example:5000", read: 0, written: 11)]
        return reading
    }

    private func text(_ form: MetricsForm) -> String {
        RunMetrics(Self.reading(), command: "batch").families.text(form)
    }

    @Test func `Prometheus's text types the names of the samples`() {
        let text = text(.prometheus)
        for lines in [
            """
            # HELP transship_run_info The command that runs, and the program's version.
            # TYPE transship_run_info gauge
            transship_run_info{command="batch",version="9.9"} 1

            """,
            """
            # HELP transship_items_total Items that ended, by outcome.
            # TYPE transship_items_total counter
            transship_items_total{outcome="copied"} 2
            transship_items_total{outcome="unchanged"} 0

            """,
            "transship_blob_bytes_total{outcome=\"sent\",registry=\"mirror.example:5000\"} 4000000000000\n",
            "transship_paused_seconds_total{registry=\"mirror.example:5000\"} 2.5\n",
            "transship_run_duration_seconds 1.25\n", "transship_run_progress_ratio 0.25\n",
            "transship_wait_seconds{registry=\"mirror.example:5000\"} 42\n",
        ] { #expect(text.contains(lines), "\(lines)\n\(text)") }
        #expect(!text.contains("# UNIT") && !text.contains("# EOF"))
    }

    @Test func `OpenMetrics types the family, says its unit and ends`() {
        let text = text(.openMetrics)
        #expect(
            text.contains(
                """
                # HELP transship_traffic_bytes Bytes of blobs read from a source and written to a target, repeated ones included.
                # TYPE transship_traffic_bytes counter
                # UNIT transship_traffic_bytes bytes
                transship_traffic_bytes_total{registry="mirror.example:5000",side="source"} 0
                transship_traffic_bytes_total{registry="mirror.example:5000",side="target"} 11

                """))
        #expect(text.contains("# TYPE transship_run info\ntransship_run_info{"))
        #expect(text.hasSuffix("\n# EOF\n"))
    }

    @Test func `names follow the conventions`() {
        for family in RunMetrics(Self.reading(), command: "batch").families {
            #expect(family.name.wholeMatch(of: /transship_[a-z_]+/) != nil && !family.name.hasSuffix("_total"))
            if let unit = family.unit { #expect(family.name.hasSuffix("_" + unit)) }
            #expect(!family.help.contains("\n") && !family.help.contains("\\") && family.help.hasSuffix("."))
            let names = family.samples.map { $0.labels.keys.sorted() }
            #expect(names.allSatisfy { $0 == names[0] }, "\(family.name)")
            #expect(
                Set(names.joined()).isSubset(of: [
                    "registry", "origin", "side", "outcome", "direction", "command", "version",
                ]))
            #expect(Set(family.samples.map(\.labels)).count == family.samples.count)
        }
        let names = RunMetrics(Self.reading(), command: "batch").families.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test func `outside text in a label stays inside its quotes`() {
        let family = MetricFamily(
            "a", .gauge, help: "A.", [.init(["registry": "a\"b\\c\nd"], 1), .init(.infinity), .init(1e300)])
        #expect(
            family.text(.prometheus).hasSuffix("a{registry=\"a\\\"b\\\\c\\\\u{a}d\"} 1\na NaN\na 1e+300\n"),
            "\(family.text(.prometheus))")
    }

    @Test func `a quote with a mark behind it ends no label`() {
        let family = MetricFamily("a", .gauge, help: "A.", [.init(["registry": "b\"\u{301}\\\u{301}c"], 1)])
        #expect(family.text(.prometheus).hasSuffix("a{registry=\"b\\\"\u{301}\\\\\u{301}c\"} 1\n"))
    }

    @Test func `before a run there are no samples, and OpenMetrics ends all the same`() {
        #expect([MetricFamily]().text(.openMetrics) == "# EOF\n")
        #expect([MetricFamily("a", .gauge, help: "A.", [])].text(.prometheus) == "")
    }
}
