// SPDX-License-Identifier: Apache-2.0

import Charts
import OCI

extension PullChart {
    /// A self-contained page: the chart, and the numbers as a table.
    package func html(_ report: PullReport) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Image pulls by registry</title>
        <style>
        \(Self.pageStyle)</style>
        </head>
        <body>
        <main>
        <h1>Image pulls by registry</h1>
        <div class="wide" tabindex="0" role="region" aria-label="Chart">
        \(svg)</div>
        \(Self.registries(report))\(Self.images(report))</main>
        </body>
        </html>

        """
    }

    private static var pageStyle: String {
        let colours = { (colour: (ChartDrawing.Role) -> UInt32) in
            let names: [ChartDrawing.Role] = [.background, .text, .grid]
            let values = names.map { "--\($0.rawValue):#" + String(0x100_0000 + colour($0), radix: 16).dropFirst() }
            return ":root{" + values.joined(separator: ";") + "}\n"
        }
        return colours(\.light) + "@media (prefers-color-scheme: dark) {\n" + colours(\.dark) + "}\n" + """
            body{margin:0;background:var(--background);color:var(--text);font:14px/1.5 system-ui,sans-serif}
            main{max-width:924px;margin:0 auto;padding:16px}
            h1{font-size:20px;margin:8px 0}
            .wide{overflow-x:auto}
            .wide svg{display:block}
            table{border-collapse:collapse;margin:16px 0;width:100%}
            caption{text-align:left;font-weight:600;padding:4px 0}
            th,td{text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid var(--grid);overflow-wrap:anywhere}
            .n,.k,th{white-space:nowrap}
            .n{text-align:right;font-variant-numeric:tabular-nums}

            """
    }

    private static func registries(_ report: PullReport) -> String {
        let rows = report.standings.map { standing in
            let uses = standing.limits.map { "\($0.peak.pulls.grouped) of \($0.limit.text), \($0.limit.scope)" }
            return row([
                (standing.registry.name, .name), (standing.pulls.grouped, .number), (standing.images.grouped, .number),
                (uses.isEmpty ? "no limit known" : uses.joined(separator: "; "), .text),
            ])
        }
        return table(
            "Registries", ["<th>Registry", "<th class=\"n\">Pulls", "<th class=\"n\">Images", "<th>Busiest window"],
            rows)
    }

    private static func images(_ report: PullReport) -> String {
        let rows = report.images.prefix(100).map { row([($0.pulls.grouped, .number), ($0.image, .text)]) }
        let title =
            report.images.count > rows.count ? "Images (the first \(rows.count) of \(report.images.count))" : "Images"
        return table(title, ["<th class=\"n\">Pulls", "<th>Image"], rows)
    }

    private static func table(_ title: String, _ heads: [String], _ rows: [String]) -> String {
        let head = heads.map { $0 + "</th>" }.joined()
        return "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"\(title)\">\n"
            + "<table>\n<caption>\(title)</caption>\n<tr>\(head)</tr>\n\(rows.joined())</table>\n</div>\n"
    }

    /// The kind of a cell; its raw value is the name of its class. Only text may wrap over several lines.
    private enum Cell: String { case number = "n", name = "k", text = "t" }

    private static func row(_ cells: [(text: String, kind: Cell)]) -> String {
        let cells = cells.map { "<td class=\"\($0.kind.rawValue)\">\($0.text.displayable.escapedForXML)</td>" }
        return "<tr>\(cells.joined())</tr>\n"
    }
}
