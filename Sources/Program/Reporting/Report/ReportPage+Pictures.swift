// SPDX-License-Identifier: Apache-2.0

import Charts
import OCI

extension ReportPage {
    /// The bytes that were sent, mounted, or already there, and those that were sent without a blob that arrived.
    var bar: String {
        let registries = report.registries
        let bar = OutcomeBar(parts: [
            .init(name: "sent", bytes: registries.saturatedSum(of: \.bytesArrived), role: .bar),
            .init(name: "mounted", bytes: registries.saturatedSum(of: \.bytesMounted), role: .mounted),
            .init(name: "already there", bytes: registries.saturatedSum(of: \.bytesPresent), role: .present),
            .init(name: "under way", bytes: report.sent.underWay, role: .other),
            .init(name: "in attempts that did not finish", bytes: report.sent.unfinished, role: .over),
        ])
        guard bar.parts.contains(where: { $0.bytes > 0 }) else { return "" }
        let table = ReportTable(
            "Bytes of blobs", ["what became of them", "bytes"], numbers: 1...1,
            bar.parts.filter { $0.bytes > 0 }.map { [$0.name, Quantity.bytes($0.bytes)] })
        return Self.figure("Bytes of blobs", bar.drawing, table)
    }

    var timeline: String {
        guard let timeline = report.timeline, !timeline.registries.isEmpty else { return "" }
        let rows = timeline.registries.map { name in
            let series = timeline.series.first { $0.registry == name } ?? RunTimeline.Series(name)
            let pauses = timeline.pauses.filter { $0.registry == name }
            return [
                name, Quantity.bytes(series.read.saturatedSum(of: \.self)), Self.peak(series.read, timeline.step),
                Quantity.bytes(series.written.saturatedSum(of: \.self)), Self.peak(series.written, timeline.step),
                "\(timeline.retries.count { $0.registry == name })", "\(pauses.count)",
                Quantity.time(pauses.reduce(0) { $0 + $1.seconds }),
            ]
        }
        let table = ReportTable(
            "Bytes a second", ["registry", "read", "peak", "written", "peak", "retries", "pauses", "paused"],
            numbers: 1...7, rows)
        return Self.figure(
            "Bytes a second: read in blue, written in violet, pauses shaded, retries as red marks",
            TimelineChart(timeline, seconds: report.seconds).drawing, table, heading: "Bytes a second")
    }

    private static func peak(_ columns: [Int64], _ step: Double) -> String {
        Quantity.rate(columns.max() ?? 0, in: step)
    }

    var waterfall: String {
        guard let timeline = report.timeline, !timeline.blobs.isEmpty else { return "" }
        let chart = WaterfallChart(timeline, seconds: report.seconds)
        let rows = chart.blobs.map { blob in
            [
                blob.shortDigest, Quantity.bytes(blob.size), Quantity.time(blob.start),
                Quantity.time(blob.end - blob.start),
                Quantity.rate(blob.size, in: blob.end - blob.start), blob.source, blob.target,
            ]
        }
        let table = ReportTable(
            "Largest blobs", ["blob", "size", "began after", "took", "rate", "source", "target"], numbers: 1...4, rows)
        return Self.figure("Largest blobs", chart.drawing, table)
    }

    static func figure(
        _ label: String, _ drawing: ChartDrawing, _ table: ReportTable, heading: String? = nil
    ) -> String {
        "<section><h2>\((heading ?? label).html)</h2><figure>"
            + (heading == nil ? "" : "<figcaption class=\"quiet\">\(label.html)</figcaption>")
            + "<div class=\"chart\">\(drawing.svgInPage(label: label))</div>\(table.details)</figure></section>"
    }

    /// One line for each cause, with the number of items that failed for it, and a hint.
    var failures: String {
        let shown = overview.causes.prefix(200)
        var table = ReportTable(
            "Failures", ["cause", "items", "side", "message"], numbers: 1...1,
            shown.map { [$0.failure.kind, "\($0.count)", $0.failure.side ?? "", $0.failure.message] })
        table.searches = shown.map { "\($0.failure.kind): \($0.failure.message)" }
        table.hints = shown.map(\.failure.hint)
        return table.section
    }

    var slowest: String {
        let items = overview.slowest
        guard items.count > 1 else { return "" }
        var table = ReportTable(
            "Slowest items", ["source", "time", "sent", "mounted", "tries", "status"], numbers: 1...4,
            items.map { item in
                [
                    item.name.source, Quantity.time(item.seconds), Quantity.bytes(item.bytesSent),
                    Quantity.bytes(item.bytesMounted), "\(item.attempts)", item.word,
                ]
            })
        table.searches = items.map(\.name.source)
        return table.section
    }
}

extension RunTimeline.Blob {
    /// The first 12 digits, as in all texts for people. The JSON report has all digits.
    fileprivate var shortDigest: String {
        String((digest.split(separator: ":", maxSplits: 1).last ?? "").prefix(12))
    }
}
