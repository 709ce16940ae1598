// SPDX-License-Identifier: Apache-2.0

import OCI
import Reporting
import Testing
import TransferEngine
import TransshipTesting

@Suite struct ReportNumberTests {
    private static let full: RunReport = {
        var report = RunReport()
        report.seconds = 77
        var item = RunReport.Item(.copied, ItemName(source: "a", target: "b"))
        (item.blobsSent, item.blobsMounted, item.blobsPresent) = (77, 77, 77)
        (item.bytesSent, item.bytesMounted, item.attempts, item.seconds) = (77, 77, 77, 77)
        var other = item
        other.name = ItemName(source: "c", target: "d")
        report.items = [item, other]
        var registry = RunReport.Registry(name: "r")
        (registry.itemsRead, registry.itemsWritten, registry.failures) = (77, 77, 77)
        (registry.blobsSent, registry.blobsMounted, registry.blobsPresent) = (77, 77, 77)
        (registry.bytesSent, registry.bytesMounted, registry.manifestsStored) = (77, 77, 77)
        (registry.retries, registry.pauses, registry.secondsPaused) = (77, 77, 77)
        report.registries = [registry]
        report.origins = [RunReport.Origin(name: "o", requests: 77, bytesSent: 77, bytesReceived: 77)]
        report.shard = RunReport.Part(index: 77, count: 77, plan: "p", elsewhere: [])
        report.exitStatus = 77
        return report
    }()

    /// Every number of a report at once: what is summed meets its like.
    private func report(_ number: String) -> [UInt8] {
        Array(Self.full.jsonText.replacing("77.000", with: number).replacing("77", with: number).utf8)
    }

    @Test(arguments: ExtremeNumber.all) func `a report with any numbers is refused, or read, merged and shown`(
        number: ExtremeNumber
    ) throws {
        guard let report = try? RunReport(reading: report(number.text)) else { return }
        let merged = ReportMerge([("1", report), ("2", report), ("3", report)])
        #expect(merged.report.items.count == 2)
        #expect(!merged.report.summary.isEmpty)
        #expect(try RunReport(reading: Array(merged.report.jsonText.utf8)).items == merged.report.items)
        #expect(ReportPage(merged.report, problems: merged.problems).html.contains("</html>"))
        #expect(merged.report.registries[0].bytesSent >= 0 && merged.report.seconds >= 0)
    }

    @Test func `sums that do not fit are the largest number, not a negative one`() throws {
        let report = try RunReport(reading: report("9223372036854775807"))
        var later = report
        later.ended = "2026-01-01T00:00:00Z"
        let merged = ReportMerge([("1", report), ("2", later)]).report
        #expect(merged.registries[0].bytesSent == .max && merged.registries[0].itemsRead == .max)
        #expect(merged.origins[0].bytesReceived == .max)
        #expect(merged.totals.bytesSent == .max)
    }

    @Test(arguments: [0, -1, 59.94, 3600, 1e300, -1e300, .infinity, -.infinity, .nan, 0x1p63])
    func `any time can be shown`(
        seconds: Double
    ) {
        #expect(!Quantity.time(seconds).contains("-"))
        #expect(!Quantity.rate(.max, in: seconds).contains("-"))
    }

    @Test func `progress of any size and speed can be shown`() {
        var facts = ProgressFacts()
        (facts.bytesMoved, facts.rate, facts.elapsed, facts.secondsLeft) = (.max, 1e300, 1e300, .infinity)
        facts.items.total = .max
        facts.bytes = .init(done: .max, known: .max)
        #expect(facts.notice(unicode: true).text.contains("PiB/s"))
        #expect(facts.json.contains("9223372036854775807"))
        let traits = TerminalTraits(isScreen: true, isUnicode: true, hasColours: false)
        #expect(!ProgressScreen(width: 40, height: 5, traits: traits).lines(facts).isEmpty)
    }

    @Test func `counts of blobs saturate`() {
        var counts = BlobCounts()
        (counts.bytesSent, counts.bytesMounted) = (.max, .max)
        counts += counts
        #expect(counts.bytesSent == .max && counts.bytesMounted == .max)
    }
}
