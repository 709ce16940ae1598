// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization
import Testing
import TransferEngine

@testable import Reporting

private let digest = Digest(.sha256, hash: [UInt8](repeating: 0xAB, count: 32))

private func item(_ name: String, _ status: RunReport.Status = .copied, kind: String = "not-found") -> RunReport.Item {
    var item = RunReport.Item(status, ItemName(source: name, target: "mirror/" + name))
    if item.hasArrived {
        item.digest = digest
    } else if status == .failed {
        item.failure = RunReport.Failure(kind: kind, message: "no <\(name)>", side: "source")
    }
    return item
}

private func names(_ names: String...) -> [ItemName] { names.map { ItemName(source: $0, target: "mirror/" + $0) } }

private func shard(
    _ index: Int, of count: Int = 2, _ items: [RunReport.Item], elsewhere: [ItemName], plan: String = "p"
) -> (file: String, report: RunReport) {
    var report = RunReport()
    report.setItems(items)
    report.shard = RunReport.Part(index: index, count: count, plan: plan, elsewhere: elsewhere)
    return ("\(index).json", report)
}

@Suite struct RunReportTests {
    @Test func `a report reads back as it was written`() throws {
        var report = RunReport()
        report.program = "transship 1"
        report.arguments = ["batch", "a b.txt"]
        (report.started, report.ended, report.seconds) = ("2026-11-24T03:00:00Z", "2026-11-24T03:10:00Z", 600.125)
        var copied = item("a:1")
        (copied.mediaType, copied.bytesSent, copied.blobsSent, copied.seconds) = ("x/y", 1 << 40, 3, 1.5)
        var failed = item("b:1", .failed)
        failed.failure?.hint = "do this"
        report.items = [copied, failed, item("c", .unfinished)]
        var registry = RunReport.Registry(name: "host:5000")
        (registry.bytesSent, registry.retries, registry.secondsPaused) = (7, 2, 0.25)
        report.registries = [registry]
        report.origins = [RunReport.Origin(name: "https://host", requests: 9, bytesSent: 1, bytesReceived: 2)]
        report.plan = try plan()
        report.shard = RunReport.Part(index: 1, count: 3, plan: "sha256:x", elsewhere: names("z"))
        report.exitStatus = 1
        #expect(try RunReport(reading: Array(report.jsonText.utf8)) == report)
    }

    @Test(arguments: [
        "", "[]", "{}", "{\"format\":\"other\"}", "{\"format\":\"transship-report-1\",\"items\":[{}]}",
        "{\"format\":\"transship-report-1\"}", "{\"format\":\"transship-report-1\",\"items\":null}",
    ])
    func `what is no report is refused`(text: String) {
        #expect(throws: ReportError.self) { try RunReport(reading: Array(text.utf8)) }
    }

    @Test func `a run is written down: items, registries, retries, pauses`() throws {
        let repository = try Repository("a")
        let end = { (store: String) in
            TransferEndpoint(store: StoreID(named: store), repository: repository, tag: nil, digest: digest)
        }
        let items = (0..<3).map { _ in TransferItem(source: end("from"), target: end("to")) }
        let time = Mutex(0.0)
        let collector = ReportCollector(items: items, names: names("x", "y", "z")) { time.withLock { $0 } }
        let blob = Descriptor(mediaType: .octetStream, digest: digest, size: 100)
        let failure = TransferFailure(ContentFailure(.denied, "no"), side: .target, attempts: 3)
        collector.receive(.blobPlaced(.sent, blob, bytes: 25, at: StoreID(named: "to"), repository))
        collector.receive(.blobPlaced(.mounted, blob, bytes: 100, at: StoreID(named: "to"), repository))
        collector.receive(.retrying(failure, after: .seconds(1), item: 1))
        collector.receive(.paused(StoreID(named: "from"), for: StorePause(.seconds(90)), because: .asked))
        for (id, outcome) in [(0, ItemOutcome.copied(digest)), (1, .failed(failure))] {
            collector.receive(
                .itemFinished(
                    ItemReport(
                        item: id, outcome: outcome, mediaType: nil, counts: BlobCounts(), attempts: 1,
                        duration: .seconds(2))))
        }
        time.withLock { $0 = 100 }
        let report = collector.report
        #expect(report.items.map(\.status) == [.copied, .failed, .unfinished])
        #expect(report.items[1].failure?.side == "target")
        #expect(report.registries.map(\.name) == ["from", "to"])
        let (from, to) = (report.registries[0], report.registries[1])
        #expect((from.itemsRead, from.pauses, from.secondsPaused) == (1, 1, 90))
        #expect((to.itemsWritten, to.failures, to.retries, to.bytesSent, to.bytesMounted) == (1, 1, 1, 25, 100))
    }

    private func plan() throws -> RunPlan {
        let text = """
            {"items":3,"toCopy":2,"unchanged":1,"bytes":1048576,"bytesMounted":0,"requests":40,"seconds":10,"registries":[
            {"registry":"from","requests":9,"bytesRead":1048576,"bytesWritten":0,"bytesMounted":0,"bytesPresent":0},
            {"registry":"to","requests":31,"bytesRead":0,"bytesWritten":1048576,"bytesMounted":0,"bytesPresent":2048}]}
            """
        return try RunPlan(reading: Array(text.utf8))
    }

    @Test func `a plan stands beside what came of it`() throws {
        var report = RunReport()
        report.plan = try plan()
        (report.items, report.seconds) = ([item("a:1"), item("b:1", .failed)], 15)
        var registry = RunReport.Registry(name: "to")
        (registry.bytesSent, registry.bytesMounted) = (524_288, 7)
        report.registries = [registry]
        report.origins = [RunReport.Origin(name: "https://to", requests: 50, bytesSent: 0, bytesReceived: 0)]
        #expect(
            PlanComparison(report)?.rows == [
                ["items copied", "2", "1", "50 %"], ["items unchanged", "1", "0", "0 %"],
                ["bytes sent", "1.0 MiB", "512.0 KiB", "50 %"], ["bytes mounted", "0 B", "7 B", "–"],
                ["requests, with those for tokens", "40", "50", "125 %"], ["time", "10.0s", "15.0s", "150 %"],
                ["sent to to", "1.0 MiB", "512.0 KiB", "50 %"], ["mounted at to", "0 B", "7 B", "–"],
                ["already at to", "2.0 KiB", "0 B", "0 %"],
            ])
        #expect(ReportPage(report).html.contains("<h2>Plan and reality</h2>"))
        #expect(try RunReport(reading: Array(report.jsonText.utf8)).plan == report.plan)
        #expect(PlanComparison(RunReport()) == nil && !ReportPage(RunReport()).html.contains("Plan and reality"))
    }

    @Test func `items that a target keeps are set beside those that were planned to be kept`() throws {
        var report = RunReport()
        report.plan = try plan()
        #expect(PlanComparison(report)?.rows.contains { $0[0] == "items kept" } == false)
        report.plan?.kept = 2
        report.items = [item("a:1", .kept)]
        #expect(PlanComparison(report)?.rows[2] == ["items kept", "2", "1", "50 %"])
        #expect(try RunReport(reading: Array(report.jsonText.utf8)).plan?.kept == 2)
    }

    @Test(arguments: ["", "[]", "{}", "{\"format\":\"transship-report-1\"}", "{\"toCopy\":\"2\"}"])
    func `what is no plan is refused`(text: String) {
        #expect(throws: ReportError.self) { try RunPlan(reading: Array(text.utf8)) }
    }

    @Test func `the page shows outside text as text and cannot be left by it`() {
        var report = RunReport()
        report.items = [item("</script><script>alert(1)//", .failed), item("a:1")]
        report.arguments = ["batch", "<b>"]
        let page = ReportPage(report, problems: ["<i>"]).html
        #expect(page.contains("transship batch &lt;b&gt;") && !page.contains("<script>alert"))
        #expect(page.pieces("<script").count == 3)
        #expect(!page.contains("http:") && !page.contains("https:"))
        #expect(page.contains("&lt;i&gt;"))
    }

    @Test func `a quote with a mark behind it cannot leave its attribute`() {
        var report = RunReport()
        var failed = item("a:1", .failed)
        failed.failure?.message = "x\"\u{301} autofocus onfocus=alert(1) y=\""
        report.items = [failed]
        let page = ReportPage(report).html
        #expect(page.contains("x&quot;\u{301} autofocus"))
        #expect(Array(page.utf8).firstRange(of: Array("x\"\u{301} autofocus".utf8)) == nil)
    }

    /// By its hash: a handler in an attribute would not run either.
    @Test func `a stored page allows its own script only`() throws {
        let page = ReportPage(RunReport()).html
        let start = try #require(page.firstRange(of: "<script>"))
        let end = try #require(page[start.upperBound...].firstRange(of: "</script>"))
        let hash = ContentHash.digest(of: page[start.upperBound..<end.lowerBound].utf8)
        #expect(page.contains("script-src 'sha256-\(Base64.encode(hash.bytes))'\">"))
        #expect(!page.contains("script-src 'unsafe-inline'"))
    }
}

extension String {
    fileprivate func pieces(_ separator: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return parts + [rest]
    }
}

@Suite struct ReportOverviewTests {
    @Test func `a page creates each item twice: once for what it says of all, once for its row`() {
        let created = Mutex([Int](repeating: 0, count: 3))
        var report = RunReport()
        report.items = DerivedList(count: 3) { place in
            created.withLock { $0[place] += 1 }
            return item("a:\(place)", place == 2 ? .failed : .copied)
        }
        #expect(ReportPage(report).html.contains("mirror/a:2"))
        #expect(created.withLock { $0 } == [2, 2, 2])
    }

    @Test func `the ten slowest items are told in order, and items that took no time are none of them`() {
        let items = [3, 0, 12, 1, 5, 7, 7, 2, 9, 4, 11, 6, 0].enumerated().map { place, seconds in
            var item = item("a:\(place)")
            item.seconds = seconds
            return item
        }
        let slowest = ReportOverview(items).slowest
        #expect(slowest.map(\.seconds) == [12, 11, 9, 7, 7, 6, 5, 4, 3, 2])
        #expect(slowest[3...4].map(\.name.source) == ["a:5", "a:6"])
        #expect(ReportOverview(items.prefix(3)).slowest.map(\.seconds) == [12, 3])
    }

    @Test func `causes are told once each, the most frequent first`() {
        let items = [
            item("a", .failed), item("b", .failed, kind: "denied"), item("b", .failed, kind: "denied"), item("c"),
        ]
        let causes = ReportOverview(items).causes
        #expect(causes.map(\.count) == [2, 1] && causes.map(\.failure.kind) == ["denied", "not-found"])
    }
}

@Suite struct ReportMergeTests {
    @Test func `shards that are complete become the whole list`() {
        let merge = ReportMerge([
            shard(0, [item("a"), item("b")], elsewhere: names("c")),
            shard(1, [item("c", .unchanged)], elsewhere: names("a", "b")),
        ])
        #expect(merge.problems == [])
        #expect(merge.report.items.map(\.name.source) == ["a", "b", "c"])
        #expect(merge.report.exitStatus == 0)
    }

    @Test func `items and registries tell of the same bytes, whichever run moved them`() {
        func run(_ ended: String, _ items: [RunReport.Item]) -> (file: String, report: RunReport) {
            var report = RunReport()
            report.ended = ended
            report.setItems(items)
            report.registries = [RunReport.Registry(name: "r.io")]
            report.registries[0].bytesSent = items.reduce(0) { $0 + $1.bytesSent }
            return (ended, report)
        }
        var (first, second, again) = (item("a"), item("b", .failed), item("a", .unchanged))
        (first.bytesSent, second.bytesSent, again.bytesSent) = (100, 20, 0)
        var late = item("b")
        late.bytesSent = 50
        let merged = ReportMerge([run("2026-01-01", [first, second]), run("2026-01-02", [again, late])]).report
        #expect(merged.totals.bytesSent == 170 && merged.registries[0].bytesSent == 170)
        #expect(merged.items.map(\.status) == [.unchanged, .copied])
    }

    @Test func `a shard without a report is named, and its items are missing`() {
        let merge = ReportMerge([shard(0, of: 3, [item("a")], elsewhere: names("b", "c"))])
        #expect(merge.problems == ["no report of shards 1/3, 2/3", "2 items missing: in no report"])
        #expect(merge.report.items.map(\.status) == [.copied, .missing, .missing])
        #expect(merge.report.statusOfItems == .someFailed)
    }

    @Test func `while a shard has no report the merge does not end with 0, unless a later run stands in for it`() {
        let one = shard(0, of: 2, [item("a")], elsewhere: [])
        let alone = ReportMerge([one])
        #expect(alone.report.statusOfItems == .success && alone.status == .someFailed)
        #expect(alone.report.exitStatus == 1)
        let left = shard(0, of: 2, [item("a")], elsewhere: names("b"))
        #expect(ReportMerge([left, run([item("b")], endedAt: 1)]).status == .success)
        #expect(ReportMerge([one, shard(1, of: 2, [item("b")], elsewhere: names("a"))]).status == .success)
    }

    @Test func `an item that every shard left to another is missing, whatever the plans were`() {
        // The tag of x moved between the two plans: each machine took it for the other's.
        let merge = ReportMerge([
            shard(0, [item("a")], elsewhere: names("b", "x"), plan: "p"),
            shard(1, [item("b")], elsewhere: names("a", "x"), plan: "q"),
        ])
        #expect(merge.problems.count == 2)
        #expect(merge.problems[0].contains("did not plan the same"))
        #expect(merge.report.items.filter { $0.status == .missing }.map(\.name) == names("x"))
        #expect(merge.report.exitStatus == 1)
    }

    @Test func `an item that two shards did is named and counts once`() {
        let merge = ReportMerge([
            shard(0, [item("a"), item("x")], elsewhere: names("b"), plan: "p"),
            shard(1, [item("b"), item("x", .unchanged)], elsewhere: names("a"), plan: "q"),
        ])
        #expect(merge.doubled == names("x"))
        #expect(merge.report.items.count == 3)
        #expect(merge.report.exitStatus == 0)
    }

    /// A run over some items that ended at this hour.
    private func run(_ items: [RunReport.Item], endedAt hour: Int) -> (file: String, report: RunReport) {
        var report = RunReport()
        report.setItems(items)
        report.ended = "2026-01-01T0\(hour):00:00Z"
        report.registries = [RunReport.Registry(name: "r.io")]
        report.registries[0].itemsWritten = items.count { $0.hasArrived }
        return ("\(hour).json", report)
    }

    @Test func `the run that ended last counts, in whatever order the reports are given`() {
        let runs = [
            run([item("a", .failed), item("b"), item("c")], endedAt: 1), run([item("a")], endedAt: 2),
            run([item("b", .failed), item("c", .unfinished)], endedAt: 3),
        ]
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let merge = ReportMerge(order.map { runs[$0] })
            let outcomes = Dictionary(
                uniqueKeysWithValues: merge.report.items.map { ($0.name.source, $0.status) })
            // What a run did not get to is no outcome.
            #expect(outcomes == ["a": .copied, "b": .failed, "c": .copied])
        }
    }

    /// Two runs: the first one failed, and the other one copied.
    private func mergedBothWays(_ first: (began: String, ended: String), _ second: (began: String, ended: String))
        -> Set<
            RunReport.Status
        >
    {
        let runs = zip([first, second], [RunReport.Status.failed, .copied]).map { times, status in
            var report = RunReport()
            (report.started, report.ended) = ("2026-01-01T00:00:" + times.began, "2026-01-01T00:00:" + times.ended)
            report.setItems([item("a", status)])
            return (file: status.rawValue, report: report)
        }
        return Set([runs, runs.reversed()].map { ReportMerge($0).report.items[0].status })
    }

    @Test func `of two runs that end in one second the newer one counts, in whatever order they are given`() {
        #expect(mergedBothWays(("00.1Z", "00.2Z"), ("00.2Z", "00.9Z")) == [.copied])
        #expect(mergedBothWays(("00Z", "02Z"), ("01.5Z", "02.004Z")) == [.copied])
        #expect(mergedBothWays(("00.9Z", "02.9Z"), ("01Z", "03Z")) == [.copied])
        // Of older reports, which have no fractions.
        #expect(mergedBothWays(("00Z", "02Z"), ("02Z", "02Z")) == [.copied])
        #expect(mergedBothWays(("02Z", "02Z"), ("02Z", "02Z")).count == 1)
    }

    @Test func `a report that is given twice counts once, in every figure`() {
        let one = run([item("a"), item("b")], endedAt: 1)
        let merge = ReportMerge([one, ("copy of it", one.report)])
        #expect(merge.report.registries[0].itemsWritten == 2 && merge.doubled.isEmpty)
    }

    @Test(arguments: [["12", "2"], ["2", "12"], ["12", "1", "2"], ["12", "12"], ["1", "12"]])
    func `a merged report counts its runs once more only where they are others`(order: [String]) throws {
        let (one, two) = (run([item("a")], endedAt: 1), run([item("b"), item("c")], endedAt: 2))
        let both = try RunReport(reading: Array(ReportMerge([one, two]).report.jsonText.utf8))
        let reports = ["1": one.report, "2": two.report, "12": both]
        let merge = ReportMerge(order.enumerated().map { ("\($0.offset).json", reports[$0.element] ?? both) })
        #expect(merge.report.registries[0].itemsWritten == 3 && merge.report.items.count == 3)
        #expect(merge.problems == [])
    }

    @Test func `figures that count a run twice are named`() {
        let runs = (1...3).map { run([item("\($0)")], endedAt: $0) }
        let pairs = [[runs[0], runs[1]], [runs[1], runs[2]]].map { ReportMerge($0).report }
        let merge = ReportMerge(pairs.enumerated().map { ("\($0.offset).json", $0.element) })
        #expect(merge.report.items.count == 3 && merge.problems.count == 1)
        #expect(merge.problems.first?.hasPrefix("1 run in two of the reports") == true)
    }

    @Test func `what was kept has not arrived`() throws {
        var report = RunReport()
        var kept = item("a", .kept)
        kept.sourceDigest = try Digest("sha256:" + String(repeating: "a", count: 64))
        report.items = [kept]
        #expect(!report.items[0].hasArrived && report.statusOfItems == .someFailed)
        #expect(try RunReport(reading: Array(report.jsonText.utf8)).items == report.items)
    }

    @Test(arguments: [
        (["copied", "failed not-found"], Reporting.ExitStatus.someFailed), (["failed not-found"], .allFailed),
        (["failed unauthorized", "failed denied"], .credentials), (["copied", "failed rate-limited"], .quota),
        (["copied", "unfinished"], .someFailed), ([], .success),
    ])
    func `ends as a run with these items would`(items: [String], status: Reporting.ExitStatus) {
        var report = RunReport()
        report.setItems(
            items.enumerated().map { position, text in
                let words = text.split(separator: " ").map(String.init)
                return item("\(position)", RunReport.Status(rawValue: words[0])!, kind: words.last!)
            })
        #expect(ReportMerge([("x", report)]).report.statusOfItems == status)
    }

    @Test func `a report ends as its run did: a registry that refused all, and pulls that are used up`() throws {
        func end(_ text: String) throws -> TransferEndpoint {
            let reference = try Reference(parsing: text)
            return TransferEndpoint(
                store: StoreID(reference.registry), repository: reference.repository, tag: reference.tag, digest: nil)
        }
        var spent = ContentFailure(.rateLimited, "no pulls are left")
        spent.isPullQuota = true
        let refused = ContentFailure(.unauthorized, "401")
        let causes = [[refused, refused, nil], [spent, ContentFailure(.corrupt, "x"), nil], [refused, nil, nil]]
        for (causes, status) in zip(causes, [Reporting.ExitStatus.credentials, .quota, .someFailed]) {
            let sources = ["quay.io/a:1", "quay.io/b:1", "r.io/c:1"]
            let names = sources.map { ItemName(source: $0, target: "m.io/" + $0) }
            let items = try sources.map { TransferItem(source: try end($0), target: try end("m.io/" + $0)) }
            let collector = ReportCollector(items: items, names: names)
            var result = BatchResult(count: items.count)
            for (item, cause) in causes.enumerated() {
                let outcome = cause.map { ItemOutcome.failed(TransferFailure($0, side: .source)) } ?? .copied(digest)
                let report = ItemReport(
                    item: item, outcome: outcome, mediaType: nil, counts: BlobCounts(), attempts: 1, duration: .zero)
                result.add(report)
                collector.receive(.itemFinished(report))
            }
            #expect(result.exitStatus(of: items) == status)
            let read = try RunReport(reading: Array(collector.report.jsonText.utf8))
            #expect(read == collector.report && ReportMerge([("r.json", read)]).status == status)
        }
    }

    @Test func `a line with a filter belongs to its registry, and a folder to none`() {
        var report = RunReport()
        var refused = item("quay.io/a/b:~v[0-9]:x", .failed, kind: "denied")
        refused.name = ItemName(source: "quay.io:443/a/b:~v[0-9]:x", target: "oci:folder")
        report.setItems([refused, item("r.io/c:1")])
        #expect(report.statusOfItems == .credentials)
        refused.name = ItemName(source: "oci:folder:x", target: "-")
        report.setItems([refused, item("r.io/c:1")])
        #expect(report.statusOfItems == .someFailed)
    }

    @Test func `figures of registries are summed`() {
        var (one, other) = (RunReport(), RunReport())
        var registry = RunReport.Registry(name: "a")
        registry.bytesSent = 5
        one.registries = [registry, RunReport.Registry(name: "b")]
        other.registries = [registry]
        let merge = ReportMerge([("1", one), ("2", other)])
        #expect(merge.report.registries.map(\.name) == ["a", "b"])
        #expect(merge.report.registries[0].bytesSent == 10)
    }
}
