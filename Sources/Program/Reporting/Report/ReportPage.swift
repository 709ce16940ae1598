// SPDX-License-Identifier: Apache-2.0

import Charts
import Content
package import OCI

/// A report as one HTML page that needs no other file. It is readable in light and dark mode. With scripts, its items
/// can be sorted and searched; without scripts, it shows everything but the items.
package struct ReportPage: Sendable {
    /// How the page of a running run gets its updates.
    package struct Feed: Sendable {
        /// The address of the events, relative to the page.
        package var address: String
        /// Allows the page's own script and style and no other; new for each answer.
        package var nonce: String

        package init(address: String, nonce: String) {
            self.address = address
            self.nonce = nonce
        }
    }

    /// The most items that the table shows; a browser does not scroll through more.
    private static let mostRows = 100_000

    let report: RunReport
    let overview: ReportOverview
    private let problems: [String]
    /// The progress of a running run.
    private let progress: ProgressFacts?

    /// - Parameters:
    ///   - problems: sentences that a reader must see first.
    ///   - progress: how far a run is; nil for one that has ended.
    package init(_ report: RunReport, problems: [String] = [], progress: ProgressFacts? = nil) {
        self.report = report
        overview = ReportOverview(report.items)
        self.problems = problems
        self.progress = progress
    }

    private var totals: RunReport.Totals { overview.totals }

    /// One file that needs no other.
    package var html: String { text([:]) }

    /// The same page, which follows a running run by events.
    package func html(fedBy feed: Feed) -> String {
        text([
            "policy": "style-src 'nonce-\(feed.nonce)'; script-src 'nonce-\(feed.nonce)'; connect-src 'self'",
            "nonce": " nonce=\"\(feed.nonce)\"", "live": " data-live=\"\(feed.address.html)\"",
        ])
    }

    /// Passes on the file piece by piece, because the rows of a large one are about 25 MiB.
    package func write<Failure>(_ take: (String) throws(Failure) -> Void) throws(Failure) { try write([:], take) }

    private func text(_ live: [String: String]) -> String {
        var text = ""
        write(live) { (piece: String) throws(Never) in text += piece }
        return text
    }

    private func write<Failure>(
        _ live: [String: String], _ take: (String) throws(Failure) -> Void
    ) throws(Failure) {
        let values = values.merging(live) { $1 }
        let template = PageTemplate(PackageResources.page_html).split(at: "data")
        try take(template.before.filled(values))
        try writeRows(take)
        try take(template.behind.filled(values))
    }

    private var values: [String: String] {
        var values = [
            "title": title.html, "command": commandLine.html, "program": report.program.html,
            "policy": "style-src 'unsafe-inline'; script-src 'sha256-\(Self.scriptHash)'",
            "style": ChartDrawing.style + String(decoding: PackageResources.page_css, as: UTF8.self),
            "script": Self.script, "heads": Self.heads,
        ]
        for part in parts { values[part.name] = part.html }
        return values
    }

    /// The parts of a page that change during a run, except its items.
    package var parts: [(name: String, html: String)] {
        [
            ("when", when.html), ("notes", notes), ("progress", progress.map { ProgressPanel($0).html } ?? ""),
            ("figures", figures), ("lanes", progress.map { ProgressPanel($0).lanes } ?? ""),
            ("plan", PlanComparison(report, totals)?.table.section ?? ""), ("bar", bar),
            ("timeline", timeline), ("waterfall", waterfall),
            ("failures", failures), ("slowest", slowest), ("registries", registries + blobs), ("origins", origins),
            ("chips", chips),
        ]
    }

    private var title: String {
        let part = report.shard.map { ", shard \($0.index)/\($0.count)" } ?? ""
        return "\(totals.audits.isEmpty ? "Image copy report" : "Image verification report")\(part)"
    }

    private var when: String {
        if let progress {
            let time = Quantity.time(report.seconds)
            let course = progress.isFinal ? "ended after \(time)" : "\(time) so far"
            return "since \(RunMoment(report.started).wholeSecond), \(course)"
        }
        return
            "\(RunMoment(report.started).wholeSecond) to \(RunMoment(report.ended).wholeSecond), \(Quantity.time(report.seconds)), "
            + "exit code \(report.exitStatus)"
    }

    private var commandLine: String {
        (["transship"] + report.arguments).map { $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " ")
    }

    private var notes: String {
        let problems = problems + [leftOut].compactMap(\.self)
        guard !problems.isEmpty else { return "" }
        return "<section class=\"notes\">" + problems.map { "<p>\($0.html)</p>" }.joined() + "</section>"
    }

    private var figures: String {
        let sent = report.sent
        let speed = report.seconds > 0 ? Quantity.rate(sent.all, in: report.seconds) : "–"
        var figures = [("items", "\(totals.items)", "")]
        for (word, count) in totals.words { figures.append((word, "\(count)", word)) }
        if report.referrersLeft > 0 { figures.append(("referrers left behind", "\(report.referrersLeft)", "")) }
        figures.append(("sent", Quantity.bytes(sent.all), ""))
        if sent.unfinished > 0 {
            figures.append(("of it in attempts that did not finish", Quantity.bytes(sent.unfinished), ""))
        }
        let mounted = report.registries.saturatedSum(of: \.bytesMounted)
        figures += [("mounted", Quantity.bytes(mounted), ""), ("on average", speed, "")]
        return figures.map { "<div class=\"figure \($2)\"><b>\($1.html)</b><span>\($0)</span></div>" }.joined()
    }

    private var registries: String {
        ReportTable(
            "Registries",
            ["registry", "items read", "items written", "failures", "manifests", "retries", "pauses", "paused"],
            numbers: 1...7,
            report.registries.map { row in
                [
                    row.name, "\(row.itemsRead)", "\(row.itemsWritten)", "\(row.failures)", "\(row.manifestsStored)",
                    "\(row.retries)", "\(row.pauses)", Quantity.time(row.secondsPaused),
                ]
            }
        ).section
    }

    /// A table of its own: both together are wider than most windows. Registries that are only read from have no row.
    private var blobs: String {
        let rows = report.registries.filter { row in
            row.bytesSent > 0 || [row.blobsSent, row.blobsMounted, row.blobsPresent].contains { $0 > 0 }
        }
        let hasUnfinished = rows.contains { $0.bytesUnfinished > 0 }
        let heads =
            ["registry", "bytes sent"] + (hasUnfinished ? ["of it unfinished"] : [])
            + ["bytes mounted", "bytes there", "blobs sent", "blobs mounted", "blobs there"]
        return ReportTable(
            "Blobs at registries", heads, numbers: 1...heads.count - 1,
            rows.map { row in
                [row.name, Quantity.bytes(row.bytesSent)]
                    + (hasUnfinished ? [Quantity.bytes(row.bytesUnfinished)] : [])
                    + [Quantity.bytes(row.bytesMounted), Quantity.bytes(row.bytesPresent)]
                    + [row.blobsSent, row.blobsMounted, row.blobsPresent].map { "\($0)" }
            }
        ).section
    }

    private var origins: String {
        ReportTable(
            "Requests", ["host", "requests", "sent", "received"], numbers: 1...3,
            report.origins.map {
                [$0.name, "\($0.requests)", Quantity.bytes($0.bytesSent), Quantity.bytes($0.bytesReceived)]
            }
        ).section
    }

    private var chips: String {
        totals.words.map { word, count in
            "<button class=\"chip \(word)\" data-status=\"\(word)\" aria-pressed=\"false\">"
                + "\(word) \(count)</button>"
        }.joined()
    }

    private static let script = String(decoding: PackageResources.page_js, as: UTF8.self)

    /// Allows only the page's own script, and no handlers in attributes (CSP Level 3 §6.7.3.3). It is the hash of all
    /// text between the script's tags.
    private static let scriptHash = Base64.encode(ContentHash.digest(of: "\n\(script)\n".utf8).bytes)

    private static let heads = [
        ("status", "status"), ("source", "source"), ("target", "target"), ("digest", "digest"),
        ("sent", "sent"), ("mounted", "mounted"), ("tries", "attempts"), ("seconds", "seconds"),
    ].map { "<th data-key=\"\($1)\"><button>\($0)</button></th>" }.joined()

    /// Rows as arrays, to keep a page of many items small; `<` is escaped, so that no text can end the element.
    private func writeRows<Failure>(_ take: (String) throws(Failure) -> Void) throws(Failure) {
        var piece = "["
        var isFirst = true
        try forEachShownItem { item throws(Failure) in
            piece += (isFirst ? "" : ",") + item.row.text.replacingAngles
            isFirst = false
            guard piece.utf8.count >= 1 << 16 else { return }
            try take(piece)
            piece.removeAll(keepingCapacity: true)
        }
        try take(piece + "]")
    }

    /// Visits the items in their order. If there are too many, it visits the items that did not arrive first, and then
    /// as many others as there is room for.
    private func forEachShownItem<Failure>(_ show: (RunReport.Item) throws(Failure) -> Void) throws(Failure) {
        guard totals.items > Self.mostRows else {
            for item in report.items { try show(item) }
            return
        }
        var room = Self.mostRows
        for haveArrived in [false, true] {
            for item in report.items where item.hasArrived == haveArrived && room > 0 {
                try show(item)
                room -= 1
            }
        }
    }

    private var leftOut: String? {
        guard totals.items > Self.mostRows else { return nil }
        return
            "The table shows \(Self.mostRows) of \(totals.items) items: those that did not arrive, then the first of the others. "
            + "A report that ends in .json has all."
    }
}

extension RunReport.Item {
    /// A row of the page's table, in the order that its script knows.
    package var row: JSON {
        .array([
            .string(word), .string(name.source), .string(name.target), JSON(digest?.text), JSON(bytesSent),
            JSON(bytesMounted), JSON(attempts), .number(Quantity.fixed(seconds, decimals: 3)),
            JSON(failure.map { "\($0.kind): \($0.message)" }), JSON(failure?.hint),
        ])
    }
}

extension String {
    /// Safe as the text of an element and inside a quoted attribute.
    var html: String { displayable(limit: 4096).escapedForXML }

    fileprivate var replacingAngles: String {
        guard utf8.contains(UInt8(ascii: "<")) else { return self }
        var result = ""
        result.reserveCapacity(utf8.count)
        for scalar in unicodeScalars {
            if scalar == "<" { result += "\\u003c" } else { result.unicodeScalars.append(scalar) }
        }
        return result
    }
}
