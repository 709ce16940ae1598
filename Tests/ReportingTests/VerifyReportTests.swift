// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Reporting
import Synchronization
import Testing

@testable import TransferEngine

/// What a report of `verify` says: its own words, not those of a copy.
@Suite struct VerifyReportTests {
    private let digest = Digest(.sha256, hash: [UInt8](repeating: 7, count: 32))

    private func collector(clock: (@Sendable () -> Double)? = nil) throws -> ReportCollector {
        let repository = try Repository("team/app")
        let end = { (store: String) in
            TransferEndpoint(store: StoreID(named: store), repository: repository, tag: nil, digest: nil)
        }
        let items = (0..<3).map { _ in TransferItem(source: end("from"), target: end("to")) }
        let names = (0..<3).map { ItemName(source: "from/app:\($0)", target: "to/app:\($0)") }
        let collector = ReportCollector(items: items, names: names, clock: clock)
        let problem = TransferFailure(ContentFailure(.notFound, "no tag"), side: .target)
        collector.receive(auditOf: 0, AuditReport(status: .whole, digest: digest, findings: AuditFindings()))
        collector.receive(auditOf: 1, AuditReport(status: .absent, digest: nil, findings: AuditFindings(problem)))
        collector.receive(
            auditOf: 2, AuditReport(status: .incomplete, digest: digest, findings: AuditFindings(problem)))
        return collector
    }

    @Test func `an audit's words are in the document beside those of a copy, and come back from it`() throws {
        let report = try collector().report
        let document = try JSON(Array(report.jsonText.utf8))
        #expect(document["items"]?.array?.map { $0["audit"]?.string } == ["whole", "absent", "incomplete"])
        #expect(document["items"]?.array?.map { $0["status"]?.string } == ["unchanged", "failed", "failed"])
        #expect(document["totals"]?["audit"]?["absent"]?.integer == 1)
        #expect(document["totals"]?["failed"]?.integer == 2)
        let read = try RunReport(reading: Array(report.jsonText.utf8))
        #expect(read.items.map(\.audit) == [.whole, .absent, .incomplete])
        #expect(read.summary.hasPrefix("3 items: 1 whole, 1 incomplete, 1 absent;"))
        let merged = ReportMerge([("a.json", read)]).report
        #expect(merged.items.map(\.audit) == [.whole, .absent, .incomplete])
    }

    @Test func `the page counts and filters by them`() throws {
        let page = ReportPage(try collector().report).html
        #expect(page.contains("Image verification report"))
        for word in ["whole", "absent", "incomplete"] { #expect(page.contains("data-status=\"\(word)\"")) }
        #expect(!page.contains("data-status=\"unchanged\"") && !page.contains("data-status=\"failed\""))
    }

    @Test func `an audit returns what is not whole, and counts what was not looked at`() throws {
        let problem = TransferFailure(ContentFailure(.notFound, "no tag"), side: .target)
        let damage = TransferFailure(ContentFailure(.corrupt, "other bytes"), side: .target)
        let result = AuditResult([
            AuditReport(status: .whole, digest: digest, findings: AuditFindings()),
            AuditReport(status: .absent, digest: nil, findings: AuditFindings(problem)),
            AuditReport(status: .incomplete, digest: digest, findings: AuditFindings(damage)), nil,
        ])
        #expect(result.unsound == [1, 2, 3] && result.damaged == [2])
        #expect(result.summary(after: .zero).hasPrefix("4 images: 1 whole, 1 incomplete, 1 absent, 1 not finished;"))
        let batch = BatchResult(result.itemReports)
        #expect(batch.unarrived.map(\.item) == [1, 2, 3])
        #expect(batch.unarrived.map { $0.failure?.cause.kind } == [.notFound, .corrupt, nil])
        let end = TransferEndpoint(
            store: StoreID(named: "r.io"), repository: try Repository("a"), tag: nil, digest: nil)
        let items = Array(repeating: TransferItem(source: end, target: end), count: 4)
        #expect(batch.exitStatus(of: items) == .someFailed)
    }

    @Test func `what is repaired was copied`() throws {
        let collector = try collector()
        collector.receive(
            .itemFinished(
                ItemReport(
                    item: 1, outcome: .copied(digest), mediaType: nil, counts: BlobCounts(), attempts: 1,
                    duration: .zero)))
        #expect(collector.report.items.map(\.word) == ["whole", "copied", "incomplete"])
        let outcomes = collector.changes(since: 0).outcomes(ofAudit: true)
        #expect(outcomes.filter { $0.count > 0 }.map(\.word) == ["whole", "incomplete", "absent", "copied"])
    }

    @Test func `a report of copies has no word of an audit`() throws {
        var report = RunReport()
        report.setItems([RunReport.Item(.copied, ItemName(source: "a", target: "b"))])
        #expect(!report.jsonText.contains("audit"))
    }

    @Test func `referrers that stay behind are in the report and in its totals`() throws {
        let collector = try collector()
        collector.receive(.referrersLeft(2, item: 0))
        collector.receive(.referrersLeft(1, item: 1))
        let report = collector.report
        #expect(report.summary.hasSuffix("; 3 referrers of other types left behind"))
        #expect(try RunReport(reading: Array(report.jsonText.utf8)).referrersLeft == 3)
        var tally = RunTally(total: 1)
        var item = ItemReport(
            item: 0, outcome: .kept(digest, offered: nil), mediaType: nil, counts: BlobCounts(), attempts: 1,
            duration: .zero)
        item.referrersLeft = 1
        tally.add(item)
        #expect(tally.summary(after: .zero, SentBytes()).hasSuffix("; 1 referrer of other types left behind"))
    }

    @Test func `a pause that goes on is one pause with the seconds that have passed`() throws {
        let time = Mutex(0.0)
        let collector = try collector { time.withLock { $0 } }
        let store = StoreID(named: "from")
        func row(at now: Double) -> RunReport.Registry? {
            time.withLock { $0 = now }
            return collector.registries.first { $0.name == "from" }
        }
        collector.receive(.paused(store, for: StorePause(.seconds(20)), because: .asked))
        #expect(row(at: 0)?.secondsPaused == 0 && row(at: 10)?.secondsPaused == 10)
        collector.receive(.paused(store, for: StorePause(.seconds(100), added: .seconds(90)), because: .asked))
        #expect(row(at: 15)?.secondsPaused == 15)
        #expect(row(at: 110)?.secondsPaused == 110 && row(at: 500)?.secondsPaused == 110)
        #expect(row(at: 500)?.pauses == 1)
    }
}
