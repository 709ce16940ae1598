// SPDX-License-Identifier: Apache-2.0

package import Benchmarking
import Charts
import OCI

/// A measurement of a registry as one HTML page that needs no other file.
package struct RegistryBenchPage: Sendable {
    private let report: RegistryBenchReport

    package init(_ report: RegistryBenchReport) { self.report = report }

    package var html: String {
        PageTemplate(PackageResources.bench_html).filled([
            "title": "Measurement of \(report.registry)".html,
            "when": (["\(report.started) to \(report.ended)"] + (report.machine.map { ["on \($0.sentence)"] } ?? []))
                .joined(separator: ", ").html,
            "command": (["transship"] + report.arguments).joined(separator: " ").html, "program": report.program.html,
            "style": ChartDrawing.style + String(decoding: PackageResources.page_css, as: UTF8.self), "notes": notes,
            "figures": figures, "sections": [speed, latency, cost].joined(separator: "\n"),
        ])
    }

    private var phases: [PhaseResult] { report.phases.filter { !$0.samples.isEmpty } }

    private var notes: String {
        let lines = RegistryBenchTable(report).remarks
        guard !lines.isEmpty else { return "" }
        return "<section class=\"notes\">" + lines.map { "<p>\($0.html)</p>" }.joined() + "</section>"
    }

    private var figures: String {
        let settings = report.settings
        let pace = if case .open(let rate) = settings.pace { "\(Quantity.threeDigits(rate))/s" } else { "closed loop" }
        return [
            ("connections", "\(settings.connections)"), ("pace", pace), ("repetitions", "\(settings.repetitions)"),
            ("time of each, at most", Quantity.time(settings.duration)),
            ("bytes of each, at most", Quantity.bytes(settings.bytes)),
            ("large blob", Quantity.bytes(settings.blobSize)), ("piece", Quantity.bytes(settings.pieceSize)),
            ("small blob", Quantity.bytes(settings.smallSize)),
        ].map { "<div class=\"figure\"><b>\($1.html)</b><span>\($0)</span></div>" }.joined()
    }

    private var speed: String {
        let large = phases.filter(\.phase.isOfLargeBlobs), others = phases.filter { !$0.phase.isOfLargeBlobs }
        return figure(
            "Bytes a second: the median in blue, each repetition as a mark", heading: "Large blobs",
            bars(large, .bytesPerSecond) { Quantity.bytes(Int64(saturating: $0)) + "/s" },
            table(large, ["bytes/s", "lowest", "highest"], .bytesPerSecond) { Quantity.bytes(Int64(saturating: $0)) })
            + figure(
                "Operations a second: the median in blue, each repetition as a mark", heading: "Small operations",
                bars(others, .operationsPerSecond, shown: Quantity.threeDigits),
                table(others, ["ops/s", "lowest", "highest"], .operationsPerSecond, shown: Quantity.threeDigits))
    }

    private func bars(
        _ phases: [PhaseResult], _ figure: BenchComparison.Figure, shown: (Double) -> String
    ) -> ChartDrawing {
        BarChart(
            rows: phases.compactMap { phase in
                phase.spread(of: figure).map { spread in
                    BarChart.Row(
                        name: phase.phase.rawValue, value: spread.median, label: shown(spread.median),
                        marks: phase.samples.map {
                            figure == .bytesPerSecond ? $0.bytesPerSecond : $0.operationsPerSecond
                        })
                }
            }
        ).drawing
    }

    private func table(
        _ phases: [PhaseResult], _ heads: [String], _ figure: BenchComparison.Figure, shown: (Double) -> String
    ) -> ReportTable {
        ReportTable(
            heads[0], ["phase"] + heads, numbers: 1...3,
            phases.compactMap { phase in
                phase.spread(of: figure).map {
                    [phase.phase.rawValue, shown($0.median), shown($0.lowest), shown($0.highest)]
                }
            })
    }

    private var latency: String {
        let rows = phases.compactMap { phase in phase.latency.map { (phase.phase.rawValue, $0, phase.operations) } }
        let table = ReportTable(
            "Latency", ["phase", "p50", "p90", "p99", "p99.9", "max", "mean"], numbers: 1...6,
            rows.map { name, latency, operations in
                [name] + latency.percentiles(of: operations) + [latency.max, latency.mean].map(Quantity.latency)
            })
        return figure(
            "Blue from the median to p90, violet to p99, grey to p99.9, and a red mark at the longest. Each step of the axis "
                + "is ten times the one before.", heading: "Latency",
            LatencyChart(rows: rows.map { ($0.0, $0.1) }).drawing, table)
    }

    /// Two charts: on one scale, the requests of large blobs would hide all others.
    private var cost: String {
        let rows = phases.filter { $0.requests > 0 }
        return cost(rows.filter(\.phase.isOfLargeBlobs), heading: "CPU time, large blobs")
            + cost(rows.filter { !$0.phase.isOfLargeBlobs }, heading: "CPU time, small operations")
    }

    private func cost(_ rows: [PhaseResult], heading: String) -> String {
        let each = { (cpu: Double, phase: PhaseResult) in cpu / Double(max(1, phase.requests)) }
        let bars = rows.flatMap { phase in
            [
                BarChart.Row(
                    name: phase.phase.rawValue, value: each(phase.ownCPU, phase),
                    label: "\(Quantity.latency(each(phase.ownCPU, phase))) here")
            ]
                + (phase.registryCPU.map { cpu in
                    [
                        BarChart.Row(
                            name: "", value: each(cpu, phase),
                            label: "\(Quantity.latency(each(cpu, phase))) the registry", role: .other)
                    ]
                } ?? [])
        }
        let table = ReportTable(
            "CPU time", ["phase", "requests", "own CPU", "registry's CPU", "registry's peak memory"], numbers: 1...4,
            rows.map { phase in
                [
                    phase.phase.rawValue, "\(phase.requests)", Quantity.latency(phase.ownCPU),
                    phase.registryCPU.map(Quantity.latency) ?? "-",
                    phase.samples.compactMap(\.registryPeakMemory).max().map(Quantity.bytes) ?? "-",
                ]
            })
        return figure(
            "CPU time for each request: of this program in blue, of the registry in violet where its process is known",
            heading: heading, BarChart(rows: bars).drawing, table)
    }

    private func figure(_ label: String, heading: String, _ drawing: ChartDrawing, _ table: ReportTable) -> String {
        drawing.shapes.isEmpty ? "" : ReportPage.figure(label, drawing, table, heading: heading)
    }
}
