import OCI

/// A report as one HTML page that needs nothing from anywhere: readable in light and dark, sortable and searchable where
/// scripts run, and complete where they do not up to its first items.
package struct ReportPage: Sendable {
    private let report: RunReport
    private let problems: [String]

    /// - Parameter problems: what a reader must know first.
    package init(_ report: RunReport, problems: [String] = []) {
        self.report = report
        self.problems = problems
    }

    package var html: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
        <title>\(title.html)</title>
        <style>\(Self.style)</style>
        </head>
        <body>
        <header>
        <h1>\(title.html)</h1>
        <p class="quiet">\(when.html)</p>
        <p class="mono">\(commandLine.html)</p>
        </header>
        \(notes)
        <section class="figures">\(figures)</section>
        \(registries)
        \(origins)
        \(failures)
        <section>
        <h2>Items</h2>
        <div class="tools"><input id="search" type="search" placeholder="Search source, target, digest, error" aria-label="Search items"><span id="chips">\(chips)</span><span id="shown" class="quiet"></span></div>
        <div class="scroll"><table id="items"><thead><tr>\(Self.heads)</tr></thead><tbody></tbody></table></div>
        <p><button id="more" hidden>Show more</button></p>
        <noscript><p class="quiet">The items are shown by a script, which this browser does not run; the JSON report has them too.</p></noscript>
        </section>
        <footer class="quiet">\(report.program.html)</footer>
        <script id="data" type="application/json">\(data)</script>
        <script>\(Self.script)</script>
        </body>
        </html>

        """
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
        Self.table(
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
            })
    }

    private var origins: String {
        Self.table(
            "Requests", ["host", "requests", "sent", "received"], numbers: 1...3,
            report.origins.map {
                [$0.name, "\($0.requests)", Quantity.bytes($0.bytesSent), Quantity.bytes($0.bytesReceived)]
            })
    }

    /// One line for each cause, with how many items it cost.
    private var failures: String {
        var causes: [String: (kind: String, message: String, side: String, count: Int)] = [:]
        for item in report.items {
            guard let failure = item.failure else { continue }
            let key = "\(failure.kind)\t\(failure.message)"
            causes[key, default: (failure.kind, failure.message, failure.side ?? "", 0)].count += 1
        }
        let rows = causes.values.sorted { ($1.count, $0.message) < ($0.count, $1.message) }
        return Self.table(
            "Failures", ["cause", "items", "side", "message"], numbers: 1...1,
            rows.prefix(200).map { [$0.kind, "\($0.count)", $0.side, $0.message] })
    }

    private var chips: String {
        RunReport.Status.allCases.filter { report.count($0) > 0 }.map {
            "<button class=\"chip \($0.rawValue)\" data-status=\"\($0.rawValue)\" aria-pressed=\"false\">"
                + "\($0.rawValue) \(report.count($0))</button>"
        }.joined()
    }

    /// - Parameter numbers: the columns that hold numbers.
    private static func table(
        _ title: String, _ heads: [String], numbers: ClosedRange<Int>, _ rows: [[String]]
    ) -> String {
        guard !rows.isEmpty else { return "" }
        func cells(_ row: [String], _ element: String) -> String {
            row.enumerated().map { column, text in
                let kind = numbers.contains(column) ? " class=\"number\"" : ""
                return "<\(element)\(kind)>\(text.html)</\(element)>"
            }.joined()
        }
        let head = cells(heads, "th")
        let body = rows.map { "<tr>\(cells($0, "td"))</tr>" }.joined(separator: "\n")
        return "<section><h2>\(title)</h2><div class=\"scroll\"><table class=\"plain\"><thead><tr>\(head)</tr></thead>"
            + "<tbody>\(body)</tbody></table></div></section>"
    }

    private static let heads = [
        ("status", "status"), ("source", "source"), ("target", "target"), ("digest", "digest"),
        ("sent", "sent"), ("mounted", "mounted"), ("tries", "attempts"), ("seconds", "seconds"),
    ].map { "<th data-key=\"\($1)\" tabindex=\"0\">\($0)</th>" }.joined()

    /// Rows as arrays, to keep a page of many items small; `<` is escaped, so that no text can end the element.
    private var data: String {
        let rows = report.items.map { item in
            JSON.array([
                .string(item.status.rawValue), .string(item.name.source), .string(item.name.target),
                JSON(item.digest?.text), JSON(item.bytesSent), JSON(item.bytesMounted), JSON(item.attempts),
                .number(Quantity.fixed(item.seconds, decimals: 3)),
                JSON(item.failure.map { "\($0.kind): \($0.message)" }),
            ])
        }
        return JSON.array(rows).text.replacingAngles
    }
}

extension String {
    /// Safe as the text of an element and inside a quoted attribute.
    fileprivate var html: String {
        var result = ""
        for character in displayable(limit: 4096) {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
        return result
    }

    fileprivate var replacingAngles: String {
        var result = ""
        result.reserveCapacity(utf8.count)
        for scalar in unicodeScalars {
            if scalar == "<" { result += "\\u003c" } else { result.unicodeScalars.append(scalar) }
        }
        return result
    }
}
