// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Reporting
import Synchronization
import Testing
import TransferEngine

private func report(
    _ outcome: ItemOutcome, item: ItemID = 0, counts: BlobCounts = BlobCounts(), attempts: Int = 1
) -> ItemReport {
    ItemReport(
        item: item, outcome: outcome, mediaType: .ociManifest, counts: counts, attempts: attempts,
        duration: .milliseconds(1234))
}

private func failure(_ kind: ContentFailure.Kind, side: TransferSide = .source) -> ItemOutcome {
    .failed(TransferFailure(ContentFailure(kind, "GET …: what \"it\"\tsaid"), side: side))
}

@Suite struct ItemLineTests {
    let digest = Digest(.sha256, hash: [UInt8](repeating: 7, count: 32))
    let name = ItemName(source: "ubuntu:18.04", target: "mirror.example/ubuntu:18.04")

    @Test func `a copied item is five fields separated by tabs`() {
        var counts = BlobCounts()
        counts.bytesSent = 1234
        #expect(
            ItemLine(name, report(.copied(digest), counts: counts)).text
                == "copied\tubuntu:18.04\tmirror.example/ubuntu:18.04\t\(digest)\t1234")
    }

    @Test func `a failed item has a dash for the digest`() {
        #expect(
            ItemLine(name, report(failure(.notFound))).text
                == "failed\tubuntu:18.04\tmirror.example/ubuntu:18.04\t-\t0")
    }

    @Test func `the JSON line has every key of the contract`() throws {
        let line = ItemLine(name, report(failure(.notFound), attempts: 3)).json
        let document = try JSON(Array(line.utf8))
        #expect(
            document.members?.map(\.key) == [
                "status", "source", "target", "digest", "mediaType", "bytesSent", "bytesMounted", "blobsSent",
                "blobsMounted", "blobsPresent", "attempts", "seconds", "error",
            ])
        #expect(document["error"]?["kind"] == "not-found")
        #expect(document["error"]?["side"] == "source")
        #expect(document["error"]?["message"]?.string?.contains("\"it\"") == true)
        #expect(document["attempts"]?.integer == 3)
        #expect(document["seconds"]?.double == 1.234)
        #expect(!line.contains("\n"))
    }

    @Test func `the JSON line of each failure has its hint`() throws {
        let cause = ContentFailure(.notFound, "POST …: NAME_UNKNOWN", hint: "make it")
        for item in 0..<2 {
            let line = ItemLine(name, report(.failed(TransferFailure(cause, side: .target)), item: item)).json
            #expect(try JSON(Array(line.utf8))["error"]?["hint"] == "make it")
        }
    }

    @Test func `a hint is told with the first failure it belongs to`() {
        var told = ToldHints()
        #expect(told.line("make it") == "hint: make it")
        #expect(told.line("make it") == nil && told.line(nil) == nil)
        #expect(told.line("make the other") == "hint: make the other")
    }

    @Test func `names with control characters cannot break a line`() {
        let hostile = ItemName(source: "a\u{1B}[2J\nb", target: "c")
        #expect(!ItemLine(hostile, report(.copied(digest))).text.contains("\u{1B}"))
        #expect(ItemLine(hostile, report(.copied(digest))).text.split(separator: "\n").count == 1)
    }
}

@Suite struct RunTallyTests {
    private func tally(_ outcomes: [ItemOutcome], of total: Int? = nil) -> RunTally {
        var tally = RunTally(total: total ?? outcomes.count)
        for (item, outcome) in outcomes.enumerated() {
            tally.add(report(outcome, item: item))
        }
        return tally
    }

    private let arrived = ItemOutcome.copied(Digest(.sha256, hash: [UInt8](repeating: 1, count: 32)))

    @Test func `interrupted items count as not finished, not as failed`() {
        let tally = tally([arrived, failure(.cancelled)], of: 5)
        #expect(tally.failed == 0 && tally.unfinished == 4)
        #expect(tally.summary(after: .seconds(2), SentBytes()) == "5 items: 1 copied, 4 not finished; 0 B sent in 2.0s")
    }
}

@Suite struct ExitStatusTests {
    /// Items from a registry to another one, each with how it ended.
    private func status(_ items: (from: String, to: String, ItemOutcome?)...) throws -> Reporting.ExitStatus {
        let repository = try Repository("a")
        func end(_ store: String) -> TransferEndpoint {
            TransferEndpoint(store: StoreID(named: store), repository: repository, tag: nil, digest: nil)
        }
        let reports = items.enumerated().map { position, item in item.2.map { report($0, item: position) } }
        let result = BatchResult(reports)
        return result.exitStatus(of: items.map { TransferItem(source: end($0.from), target: end($0.to)) })
    }

    private let arrived = ItemOutcome.copied(Digest(.sha256, hash: [UInt8](repeating: 1, count: 32)))
    private let kept = ItemOutcome.kept(Digest(.sha256, hash: [UInt8](repeating: 1, count: 32)), offered: nil)

    private var quota: ItemOutcome {
        var cause = ContentFailure(.rateLimited, "no pulls are left")
        cause.isPullQuota = true
        return .failed(TransferFailure(cause, side: .source))
    }

    @Test func `everything done ends with 0, and what was kept or not looked at is not done`() throws {
        #expect(try status(("a.io", "t.io", arrived), ("a.io", "t.io", arrived)) == .success)
        #expect(try status(("a.io", "t.io", arrived), ("a.io", "t.io", kept)) == .someFailed)
        #expect(try status(("a.io", "t.io", arrived), ("a.io", "t.io", nil)) == .someFailed)
    }

    @Test func `some failed end with 1, all failed with 3`() throws {
        #expect(try status(("a.io", "t.io", arrived), ("a.io", "t.io", failure(.corrupt))) == .someFailed)
        #expect(try status(("a.io", "t.io", failure(.notFound)), ("a.io", "t.io", failure(.corrupt))) == .allFailed)
        #expect(try status(("a.io", "t.io", failure(.corrupt)), ("a.io", "t.io", nil)) == .someFailed)
    }

    @Test func `a registry that refused the credentials for each of its items ends with 5, whatever became of others`()
        throws
    {
        let (refused, denied) = (failure(.unauthorized), failure(.denied))
        #expect(try status(("a.io", "t.io", refused), ("a.io", "t.io", denied)) == .credentials)
        #expect(
            try status(("a.io", "t.io", refused), ("a.io", "u.io", denied), ("b.io", "t.io", arrived)) == .credentials)
        #expect(try status(("a.io", "t.io", refused), ("b.io", "t.io", kept), ("b.io", "t.io", quota)) == .credentials)
        let unwritable = failure(.denied, side: .target)
        #expect(try status(("a.io", "t.io", unwritable), ("a.io", "u.io", arrived)) == .credentials)
        #expect(try status(("a.io", "a.io", refused)) == .credentials)
    }

    @Test func `a registry that served an item, or was not asked for one, has not refused all`() throws {
        let refused = failure(.unauthorized)
        #expect(try status(("a.io", "t.io", refused), ("a.io", "t.io", arrived)) == .someFailed)
        #expect(try status(("a.io", "t.io", refused), ("a.io", "t.io", failure(.notFound))) == .allFailed)
        #expect(try status(("a.io", "t.io", refused), ("a.io", "t.io", nil)) == .someFailed)
        #expect(try status(("a.io", "t.io", refused), ("b.io", "a.io", arrived)) == .someFailed)
        #expect(try status(("oci:folder", "t.io", refused), ("b.io", "t.io", arrived)) == .someFailed)
    }

    @Test func `pulls that are used up end with 4, whatever else failed`() throws {
        #expect(try status(("a.io", "t.io", quota), ("a.io", "t.io", arrived)) == .quota)
        #expect(try status(("a.io", "t.io", quota), ("a.io", "t.io", failure(.corrupt))) == .quota)
        #expect(try status(("a.io", "t.io", failure(.rateLimited)), ("a.io", "t.io", arrived)) == .quota)
    }

    @Test func `a target that takes no more for now is no registry whose pulls are used up`() throws {
        let limited = failure(.rateLimited, side: .target)
        #expect(try status(("a.io", "t.io", limited), ("a.io", "t.io", arrived)) == .someFailed)
        #expect(try status(("a.io", "t.io", limited)) == .allFailed)
        var report = RunReport()
        var item = RunReport.Item(.failed, ItemName(source: "a.io/a:1", target: "t.io/a:1"))
        item.failure = RunReport.Failure(kind: "rate-limited", message: "429", side: "target")
        report.setItems([item])
        #expect(report.statusOfItems == .allFailed)
    }
}

@Suite struct QuantityTests {
    @Test(arguments: [
        (Int64(0), "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (73_400_320, "70.0 MiB"), (1_610_612_736, "1.5 GiB"),
    ])
    func `bytes are shown in binary units`(count: Int64, text: String) { #expect(Quantity.bytes(count) == text) }

    @Test(arguments: [(0.42, "0.4s"), (59.9, "59.9s"), (192, "3m12s"), (15_000, "4h10m")])
    func `times are shown in two units at most`(seconds: Double, text: String) {
        #expect(Quantity.time(.seconds(seconds)) == text)
    }
}

@Suite struct CopyLogTests {
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    let digest = Digest(.sha256, hash: [UInt8](repeating: 7, count: 32))

    @Test func `a copy is told with gcrane's verbs`() throws {
        let lines = Lines()
        let target = try Reference(parsing: "mirror.example/app:v1")
        let log = CopyLog(items: [Self.item("app:v1")]) { lines.add($0) }
        let blob = Descriptor(mediaType: "a/b", digest: digest, size: 3)
        let store = StoreID(named: "mirror.example")
        log.receive(.blobPlaced(.sent, blob, bytes: 3, at: store, target.repository))
        log.receive(.blobPlaced(.mounted, blob, bytes: 3, at: store, target.repository))
        log.receive(.blobPlaced(.present, blob, bytes: 3, at: store, target.repository))
        log.receive(
            .manifestStored(.digest(digest), digest, size: 10, at: store, target.repository, item: 0))
        log.receive(.manifestStored(.tag(try Tag("v1")), digest, size: 99, at: store, target.repository, item: 0))
        log.receive(.itemFinished(report(.copied(digest))))
        #expect(
            lines.all == [
                "pushed blob: \(digest)", "mounted blob: \(digest)", "existing blob: \(digest)",
                "mirror.example/app@\(digest): digest: \(digest) size: 10",
                "mirror.example/app:v1: digest: \(digest) size: 99",
            ])
    }

    @Test func `a signature's tag is named beside the image's`() throws {
        let lines = Lines()
        let repository = try Reference(parsing: "mirror.example/app").repository
        let log = CopyLog(items: [Self.item("app:v1")]) { lines.add($0) }
        log.receive(
            .manifestStored(
                .tag(try Tag("sha256-00.sig")), digest, size: 9, at: StoreID(named: "mirror.example"), repository,
                item: 0))
        #expect(lines.all == ["mirror.example/app:sha256-00.sig: digest: \(digest) size: 9"])
    }

    @Test func `a list of referrers that is written, or has the manifest already, is told as crane tells it`() throws {
        let lines = Lines()
        let repository = try Reference(parsing: "mirror.example/app").repository
        let log = CopyLog(items: [Self.item("app:v1")]) { lines.add($0) }
        for isNew in [true, false] {
            let listing = ReferrerListing(tag: try Tag("sha256-00"), digest: digest, size: 9, isNew: isNew)
            log.receive(.referrerListed(listing, at: StoreID(named: "mirror.example"), repository, item: 0))
        }
        #expect(
            lines.all == [
                "updating fallback tag sha256-00 with new referrer",
                "mirror.example/app:sha256-00: digest: \(digest) size: 9",
                "fallback tag sha256-00 already had referrer",
            ])
    }

    @Test func `a failure while reading the source's manifest says what was fetched, a later one is bare`() throws {
        let failed = report(failure(.notFound))
        let early = CopyResults([failed], of: [Self.item("App:v1")])
        #expect(early.failure?.hasPrefix("fetching \"App:v1\": GET") == true)
        var failedLater = failed
        failedLater.rootWasRead = true
        let late = CopyResults([failedLater], of: [Self.item("app:v1")])
        #expect(late.failure?.hasPrefix("GET") == true)
        #expect(CopyResults([report(.copied(digest))], of: [Self.item("app:v1")]).failure == nil)
        #expect(CopyResults([nil], of: [Self.item("app:v1")]).failure == "interrupt signal received")
    }

    @Test(arguments: [
        ("h/app:v1", "v1@"), ("h/app", "latest@"), ("h:5000/app", "latest@"), ("h/app@sha256:00", ""),
    ])
    func `what was there already is named by its tag`(target: String, tag: String) {
        let lines = Lines()
        let item = CopyLog.Item(source: "a", target: target, targetRepository: "h/app")
        CopyLog(items: [item]) { lines.add($0) }.receive(.manifestExisted(digest, item: 0))
        #expect(lines.all == ["existing manifest: \(tag)\(digest)"])
    }

    @Test func `many copies end in a count of what became of them`() {
        let lines = Lines()
        let items = [Self.item("a"), Self.item("b"), Self.item("c")]
        let log = CopyLog(items: items, announcing: .each) { lines.add($0) }
        let reports = [ItemOutcome.copied(digest), failure(.denied), .unchanged(digest)].enumerated().map {
            item, outcome in
            var report = report(outcome)
            report.item = item
            return report
        }
        for report in reports {
            log.receive(.itemStarted(report.item))
            log.receive(.itemFinished(report))
        }
        #expect(CopyResults(reports, of: items).summary.text == "3 images: 1 copied, 1 already there, 1 failed")
        #expect(CopyResults([nil, nil, nil], of: items).summary.undone == 3)
        #expect(lines.all.contains { $0.hasPrefix("failed to copy b: ") })
        #expect(lines.all.count { $0.hasPrefix("Copying from ") } == 3)
    }

    @Test(arguments: [false, true])
    func `what the target keeps is told, unless tags were to be left alone`(keepsTags: Bool) {
        let lines = Lines()
        let own = Digest(.sha256, hash: [UInt8](repeating: 8, count: 32))
        let log = CopyLog(items: [Self.item("a")], announcing: .each, keepsExistingTags: keepsTags) { lines.add($0) }
        let report = report(.kept(own, offered: digest))
        log.receive(.itemFinished(report))
        let told = ["kept mirror.example/app:v1: it is \(own), the source has \(digest)"]
        #expect(lines.all == (keepsTags ? [] : told))
        let results = CopyResults([report], of: [Self.item("a")], keepsExistingTags: keepsTags)
        #expect(results.summary.text == (keepsTags ? "1 image: 1 skipped" : "1 image: 1 kept"))
    }

    private static func item(_ source: String) -> CopyLog.Item {
        CopyLog.Item(
            source: source, target: "mirror.example/app:v1", targetRepository: "mirror.example/app")
    }
}

@Suite struct AccessReportTests {
    private func row(_ store: String, _ kind: ContentFailure.Kind?) -> AccessReport.Row {
        AccessReport.Row(
            .pull, at: StoreID(named: store), repository: "\(store)/a", reference: "\(store)/a:1", credentials: nil,
            failure: kind.map { TransferFailure(ContentFailure($0, "no"), side: .source) })
    }

    @Test(
        arguments: [
            ([("a", nil), ("b", nil)], .success), ([("a", .notFound), ("b", nil)], .someFailed),
            ([("a", .denied), ("a", nil)], .someFailed),
            ([("a", .denied), ("a", .unauthorized), ("b", nil)], .credentials),
            ([("a", .notFound), ("b", .unreachable)], .allFailed), ([("oci:x", .denied), ("b", nil)], .someFailed),
        ] as [([(String, ContentFailure.Kind?)], Reporting.ExitStatus)])
    func `a registry that refuses everything says more than that some things failed`(
        rows: [(String, ContentFailure.Kind?)], status: Reporting.ExitStatus
    ) {
        let report = AccessReport(rows: rows.map { row($0.0, $0.1) })
        #expect(report.exitStatus == status)
    }

    @Test func `the table's columns stand below their heads`() {
        let report = AccessReport(rows: [row("a.example", nil), row("b", .denied)])
        #expect(
            report.table == [
                "REPOSITORY   ACCESS  ANSWER   CREDENTIALS", "a.example/a  pull    ok       none",
                "b/a          pull    refused  none",
            ])
        #expect(report.summary == "2 questions: 1 ok, 1 refused")
    }

    @Test func `as JSON, failures have their facts and the summary its numbers`() {
        let report = AccessReport(rows: [row("a.example", nil), row("b", .denied)])
        #expect(
            report.problems.map(\.notice.json) == [
                #"{"level":"error","message":"question failed","access":"pull","repository":"b/a","reference":"b/a:1","#
                    + #""error":{"kind":"denied","message":"no","side":"source","hint":null}}"#
            ])
        #expect(
            report.summaryNotice.json.contains(#""message":"summary","questions":2,"ok":1,"refused":1,"missing":0"#))
    }
}
