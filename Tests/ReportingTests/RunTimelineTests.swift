// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransferEngine

@testable import Reporting

@Suite struct RunTimelineTests {
    private static func blob(_ size: Int64, start: Double = 0, end: Double = 1) -> RunTimeline.Blob {
        .init(digest: "sha256:0", size: size, source: "a.example", target: "b.example/x", start: start, end: end)
    }

    @Test func `a long run has wider columns with the same bytes`() {
        var timeline = RunTimeline()
        for second in 0..<5000 { timeline.add(read: 3, written: 1, at: "a.example", time: Double(second)) }
        #expect(timeline.step == 16 && timeline.series[0].read.count <= RunTimeline.mostColumns)
        #expect(timeline.series[0].read.reduce(0, +) == 15_000 && timeline.series[0].written.reduce(0, +) == 5000)
    }

    @Test func `the largest blobs are kept`() {
        var timeline = RunTimeline()
        for size in 0..<500 { timeline.add(Self.blob(Int64(size * 7919 % 500))) }
        #expect(timeline.blobs.count == RunTimeline.mostBlobs)
        #expect(timeline.blobs.map(\.size) == Array((400..<500).reversed()).map(Int64.init))
    }

    @Test func `a timeline that is written is read again`() throws {
        var report = RunReport()
        var timeline = RunTimeline()
        timeline.add(read: 5, written: 0, at: "a.example", time: 2)
        timeline.add(Self.blob(9, start: 0.5, end: 2.25))
        timeline.pauses = [.init(registry: "a.example", start: 1, seconds: 42, reason: "429")]
        timeline.retries = [.init(registry: "a.example", start: 1, seconds: 0, reason: "too many")]
        report.timeline = timeline
        #expect(try RunReport(reading: Array(report.jsonText.utf8)).timeline == timeline)
    }

    @Test func `a page has the pictures of a timeline, each with a table`() {
        var report = RunReport()
        (report.seconds, report.timeline) = (10, RunTimeline())
        report.timeline?.add(read: 5, written: 0, at: "<a>.example", time: 2)
        report.timeline?.add(Self.blob(9))
        report.registries = [RunReport.Registry(name: "b.example")]
        report.registries[0].bytesPresent = 3
        let page = ReportPage(report).html
        #expect(page.contains("<h2>Bytes a second</h2>") && page.contains("<h2>Largest blobs</h2>"))
        #expect(page.contains("already there") && page.contains("&lt;a&gt;.example") && !page.contains("<a>.example"))
        #expect(!page.contains("{{"))
    }

    /// What no run writes, a file may say.
    @Test(arguments: [0, 1e12, 0.0001]) func `any length of a run can be drawn`(seconds: Double) {
        var report = RunReport()
        report.seconds = seconds
        report.timeline = RunTimeline()
        report.timeline?.series = [RunTimeline.Series("a.example")]
        report.timeline?.series[0].read = [.max, 0, .max]
        report.timeline?.blobs = [Self.blob(.max, start: 1e12, end: 0)]
        #expect(ReportPage(report).html.hasSuffix("</html>\n"))
    }
}
