// SPDX-License-Identifier: Apache-2.0

import Charts
import Foundation
import Testing

@testable import PullLogs

@Suite struct ChartTests {
    private func report(_ log: String) throws -> PullReport {
        PullReport(try PullTally.counting(log), limits: PullLimit.published, expected: [], uses: nil)
    }

    private func chart(_ log: String) throws -> (PullChart, PullReport) {
        let report = try report(log)
        return (PullChart(report, zone: .utc), report)
    }

    private static let busy = (0..<150).map { entry("nginx", "2026-11-02T09:\($0 % 50 + 10):00Z") }.joined()

    @Test func `the bars of a registry add up to its pulls`() throws {
        let (chart, _) = try chart(Self.busy + entry("quay.io/a/b", "2026-11-04T00:00:00Z"))
        let bars = chart.drawing.shapes.compactMap { shape -> Int? in
            guard case .rectangle(_, _, _, _, let role, let title) = shape, role == .bar || role == .over else {
                return nil
            }
            return title?.split(separator: " ").last.flatMap { Int($0) }
        }
        #expect(bars.reduce(0, +) == 151)
    }

    @Test func `a window over the limit is drawn in another colour`() throws {
        #expect(try chart(Self.busy).0.svg.contains("<rect class=\"over\""))
        #expect(try !chart(entry("nginx", "2026-11-02T09:00:00Z")).0.svg.contains("<rect class=\"over\""))
    }

    /// Spans from one second to a century, in which nothing may fall out of the picture.
    @Test(arguments: [
        "2026-11-02T09:00:00Z", "2026-11-02T09:00:59Z", "2026-11-05T09:00:00Z", "2030-01-01T00:00:00Z",
        "2126-01-01T00:00:00Z",
    ])
    func `every shape lies in the picture`(last: String) throws {
        let (chart, _) = try chart(entry("nginx", "2026-11-02T09:00:00Z") + entry("nginx", last))
        let drawing = chart.drawing
        for shape in drawing.shapes {
            guard case .rectangle(let x, let y, let width, let height, _, _) = shape else { continue }
            #expect(x >= 0 && y >= 0 && x + width <= drawing.width + 1 && y + height <= drawing.height)
        }
    }

    @Test func `SVG and HTML are well-formed, need no other file and follow light and dark`() throws {
        let (chart, report) = try chart(entry("quay.io/a&b\\u003cscript\\u003e/x", "2026-11-02T09:00:00Z") + Self.busy)
        for text in [chart.svg, chart.html(report)] {
            #expect(text.contains("prefers-color-scheme: dark"))
            #expect(!text.contains("href") && !text.contains("src=") && !text.contains("<script"))
        }
        #expect(chart.svg.hasPrefix("<svg xmlns="))
        #expect(chart.html(report).contains("&lt;script&gt;"))
    }

    /// A mark makes one character of itself and what it stands behind, and nothing else to who reads XML.
    @Test(arguments: ["\"", "'", "<", ">", "&"], ["", "\u{301}", "\u{FE0F}"])
    func `what has a meaning in XML is escaped, also with a mark behind it`(sign: String, mark: String) {
        let text = (sign + mark + "x").escapedForXML
        #expect(text.hasPrefix("&") && text.hasSuffix(";" + mark + "x"), "\(text)")
        #expect(!text.unicodeScalars.dropFirst().contains { "\"'<>&".unicodeScalars.contains($0) })
    }

    @Test func `a log without times makes a picture that says so`() throws {
        #expect(try chart("{\"message\":\"Pulling image \\\"a\\\"\"}").0.svg.contains("No pull has a time."))
    }
}
