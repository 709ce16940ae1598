// SPDX-License-Identifier: Apache-2.0

import Charts
import OCI

/// A report as one HTML page that needs nothing from anywhere: readable in light and dark, sortable and searchable where
/// scripts run, and complete where they do not up to its first items.
package struct ReportPage: Sendable {
    let report: RunReport
    private let problems: [String]

    /// - Parameter problems: what a reader must know first.
    package init(_ report: RunReport, problems: [String] = []) {
        self.report = report
        self.problems = problems
    }

    package var html: String {
        PageTemplate(PackageResources.page_html).filled([
            "title": title.html, "when": when.html, "command": commandLine.html, "program": report.program.html,
            "style": ChartDrawing.style + String(decoding: PackageResources.page_css, as: UTF8.self),
            "script": String(decoding: PackageResources.page_js, as: UTF8.self), "notes": notes, "figures": figures,
            "bar": bar, "timeline": timeline, "waterfall": waterfall, "failures": failures, "slowest": slowest,
            "registries": registries, "origins": origins, "chips": chips, "heads": Self.heads, "data": data,
        ])
    }

    private var title: String {
        let part = report.shard.map { ", shard \($0.index)/\($0.count)" } ?? ""
        return "Image copy report\(part)"
    }

    private var when: String {
        "\(report.started) to \(report.ended), \(Quantity.time(report.seconds)), "
            + "exit code \(report.exitStatus)"
    }

    private var commandLine: String {
        (["transship"] + report.arguments).map { $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " ")
    }

    private var notes: String {
        guard !problems.isEmpty else { return "" }
        return "<section class=\"notes\">" + problems.map { "<p>\($0.html)</p>" }.joined() + "</section>"
    }

    private var figures: String {
        let sent = report.items.saturatedSum(of: \.bytesSent)
        let mounted = report.items.saturatedSum(of: \.bytesMounted)
        let speed = report.seconds > 0 ? Quantity.rate(sent, in: report.seconds) : "–"
        var figures = [("items", "\(report.items.count)", "")]
        for status in RunReport.Status.allCases where report.count(status) > 0 {
            figures.append((status.rawValue, "\(report.count(status))", status.rawValue))
        }
        figures += [
            ("sent", Quantity.bytes(sent), ""), ("mounted", Quantity.bytes(mounted), ""), ("on average", speed, ""),
        ]
        return figures.map { "<div class=\"figure \($2)\"><b>\($1.html)</b><span>\($0)</span></div>" }.joined()
    }

    private var registries: String {
        ReportTable(
            "Registries",
            [
                "registry", "items read", "items written", "failures", "sent", "mounted", "blobs sent", "blobs mounted",
                "blobs there", "manifests", "retries", "pauses", "paused",
            ], numbers: 1...12,
            report.registries.map { row in
                [
                    row.name, "\(row.itemsRead)", "\(row.itemsWritten)", "\(row.failures)",
                    Quantity.bytes(row.bytesSent), Quantity.bytes(row.bytesMounted), "\(row.blobsSent)",
                    "\(row.blobsMounted)", "\(row.blobsPresent)", "\(row.manifestsStored)", "\(row.retries)",
                    "\(row.pauses)", Quantity.time(row.secondsPaused),
                ]
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
        RunReport.Status.allCases.filter { report.count($0) > 0 }.map {
            "<button class=\"chip \($0.rawValue)\" data-status=\"\($0.rawValue)\" aria-pressed=\"false\">"
                + "\($0.rawValue) \(report.count($0))</button>"
        }.joined()
    }

    private static let heads = [
        ("status", "status"), ("source", "source"), ("target", "target"), ("digest", "digest"),
        ("sent", "sent"), ("mounted", "mounted"), ("tries", "attempts"), ("seconds", "seconds"),
    ].map { "<th data-key=\"\($1)\"><button>\($0)</button></th>" }.joined()

    /// Rows as arrays, to keep a page of many items small; `<` is escaped, so that no text can end the element.
    private var data: String {
        let rows = report.items.map { item in
            JSON.array([
                .string(item.status.rawValue), .string(item.name.source), .string(item.name.target),
                JSON(item.digest?.text), JSON(item.bytesSent), JSON(item.bytesMounted), JSON(item.attempts),
                .number(Quantity.fixed(item.seconds, decimals: 3)),
                JSON(item.failure.map { "\($0.kind): \($0.message)" }), JSON(item.failure?.hint),
            ])
        }
        return JSON.array(rows).text.replacingAngles
    }
}

extension String {
    /// Safe as the text of an element and inside a quoted attribute.
    var html: String { displayable(limit: 4096).escapedForXML }

    fileprivate var replacingAngles: String {
        var result = ""
        result.reserveCapacity(utf8.count)
        for scalar in unicodeScalars {
            if scalar == "<" { result += "\\u003c" } else { result.unicodeScalars.append(scalar) }
        }
        return result
    }
}
