// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The page of a report in a real browser: Debian's chromium, driven by python3-selenium.
@Suite(.enabled(if: Browser.isThere)) struct ReportPageTests {
    private struct View: Decodable {
        var headings: [String]
        var charts: Int
        var tables: Int
        var rows: Int
        var shown: String
        var isWide: Bool
        var background: String
        var seconds: Double
        /// Of axe-core's rules; empty where axe-selenium-python is not installed.
        var violations: [String]
    }

    private struct Found: Decodable {
        var light: View
        var dark: View
        var phone: View
        var afterChip: String
        var afterReset: String
        var afterCause: String
        var afterSearch: String
        var slowest: String
        var console: [String]
        var unnamed: Int
    }

    /// Ten thousand items, of which every hundredth failed for one of two causes.
    private static func report(_ count: Int) -> String {
        let items = (0..<count).map { number -> String in
            let names =
                #""source": "docker.io/team/image-\#(number):v1", "target": "mirror.example/team/image-\#(number):v1""#
            let figures = #""bytesSent": \#(number * 1000), "attempts": 1, "seconds": \#(Double(number % 977) / 10)"#
            guard number % 100 == 0 else {
                let digest = "sha256:" + String(format: "%064x", number)
                return #"{"status": "copied", \#(names), \#(figures), "digest": "\#(digest)"}"#
            }
            let cause = number % 200 == 0 ? "not-found" : "denied"
            return
                #"{"status": "failed", \#(names), \#(figures), "error": {"kind": "\#(cause)", "message": "no such thing", "side": "source", "hint": "make it"}}"#
        }
        let columns = (0..<120).map { "\(($0 * 7919) % 90 * 1_000_000)" }.joined(separator: ",")
        let blobs = (0..<60).map { number in
            #"{"digest": "sha256:\#(number)", "size": \#((60 - number) * 1_000_000), "source": "docker.io", "target": "mirror.example/team/image-\#(number)", "start": \#(number), "end": \#(number + 20)}"#
        }
        return """
            {"format": "transship-report-1", "program": "transship", "arguments": ["batch", "images.txt"], "seconds": 120,
            "started": "2026-11-02T09:00:00Z", "ended": "2026-11-02T09:02:00Z", "exitStatus": 1,
            "registries": [{"registry": "docker.io", "itemsRead": 9900, "failures": 100, "retries": 12, "pauses": 3, "secondsPaused": 754},
            {"registry": "mirror.example", "itemsWritten": 9900, "manifestsStored": 29700, "bytesSent": 5000000000,
            "bytesUnfinished": 70000000, "bytesMounted": 2000000000, "bytesPresent": 900000000, "blobsSent": 31415,
            "blobsMounted": 12345, "blobsPresent": 4321}],
            "timeline": {"secondsPerColumn": 1, "registries": [
            {"registry": "docker.io", "read": [\(columns)], "written": []},
            {"registry": "mirror.example", "read": [], "written": [\(columns)]}],
            "blobs": [\(blobs.joined(separator: ","))],
            "pauses": [{"registry": "docker.io", "start": 30, "seconds": 12, "reason": "asked to wait"}],
            "retries": [{"registry": "docker.io", "start": 29, "seconds": 0, "reason": "429"}]},
            "items": [\(items.joined(separator: ","))]}
            """
    }

    @Test func `a report of 10,000 items is read, filtered and sorted in a browser, light, dark and on a phone`()
        async throws
    {
        let scratch = try Scratch()
        let report = try scratch.write("run.json", Self.report(10_000))
        let merged = try await Tool.transship("report", "merge", report, "-o", scratch.path + "/run.html")
        #expect(merged.status == 1, "\(merged.errors.prefix(2000))")
        let run = try await Browser.run("report_page.py", scratch.path + "/run.html", Browser.folder(scratch))
        #expect(run.status == 0, "\(run)")
        let found = try JSONDecoder().decode(Found.self, from: Data(run.output.utf8))
        let headings = [
            "Bytes of blobs", "Bytes a second", "Largest blobs", "Failures", "Slowest items", "Registries",
            "Blobs at registries", "Items",
        ]
        for view in [found.light, found.dark, found.phone] {
            #expect(view.headings == headings && view.charts == 3 && view.rows == 300 && !view.isWide)
            #expect(view.shown == "10000 of 10000" && view.tables == 8 && view.violations == [])
        }
        #expect(found.light.background == "rgb(255, 255, 255)" && found.dark.background == "rgb(21, 24, 28)")
        #expect(found.console == [] && found.unnamed == 0)
        #expect(found.afterChip == "100 of 10000" && found.afterReset == "10000 of 10000")
        #expect(found.afterCause == "50 of 10000" && found.afterSearch == "1 of 10000" && found.slowest == "97.6")
    }

    @Test func `charts of a report fit every screen from 320 pixels on, with letters that can be read`() async throws {
        let scratch = try Scratch()
        // Names as long as those of registries in a cloud, and blobs that end with the run.
        let name = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
        let text = Self.report(300).replacing("mirror.example", with: name)
        let report = try scratch.write("run.json", text)
        _ = try await Tool.transship("report", "merge", report, "-o", scratch.path + "/run.html")
        let found = try await Browser.fit(scratch.path + "/run.html", scratch)
        #expect(found.charts == 3 && found.unfit == [])
    }

    @Test func `a browser knows all that the style sheet says, and each of its variables is set and used`() async throws
    {
        let root = Checkout().root
        let sheet = root + "/Sources/Program/Reporting/Page/page.css"
        let run = try await Browser.run("lint_style.py", sheet)
        #expect(run.output == #"{"unknown": [], "neverSet": [], "neverUsed": []}"# + "\n", "\(run)")
    }
}
