// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransferEngine
import TransshipTesting

@testable import Reporting

/// What a run says of the bytes that it sent, if not all of them arrive.
@Suite struct SentBytesTests {
    private static let layer = String(repeating: "0123456789", count: 1000)
    private static let image = SampleImage(layers: [layer])

    private struct Outcome {
        var report: RunReport
        var tally: RunTally
        var sent: SentBytes
    }

    /// A copy of an image in pieces of 3000 bytes.
    ///
    /// - Parameter failure: the target's answer to the third piece, if it is the first time.
    private static func copy(failingWith failure: ContentFailure?) async throws -> Outcome {
        let (source, target) = (MemoryStore("source"), MemoryStore("target"))
        let (repository, tag) = (try Repository("big"), try Tag("v1"))
        source.add(image, to: repository, tag: tag)
        target.addFault { operation, earlier in
            guard case .append(_, offset: 6000) = operation, earlier == 0 else { return nil }
            return failure
        }
        let end = { TransferEndpoint(store: StoreID(named: $0), repository: repository, tag: tag, digest: nil) }
        let items = [TransferItem(source: end("source"), target: end("target"))]
        let names = [ItemName(source: "source/big:v1", target: "target/big:v1")]
        let (collector, meter) = (ReportCollector(items: items, names: names), TransferMeter())
        collector.follow(meter)
        var settings = TransferSettings()
        (settings.pieces.worthwhile, settings.pieces.size) = (5000, 3000)
        let run = TransferRun(
            items: items, settings: settings, clock: JumpingClock(), observer: collector, meter: meter,
            stores: RunStores { store, _ in store == StoreID(named: "source") ? source : target })
        let tally = BatchResult(await run.execute()).tally
        return Outcome(
            report: collector.report, tally: tally, sent: SentBytes(meter, arrived: tally.counts.bytesSent))
    }

    private var all: Int64 { Self.image.blobs.values.reduce(0) { $0 + Int64($1.count) } }

    @Test func `what a failed attempt sent is a part of all that was sent`() async throws {
        let outcome = try await Self.copy(failingWith: ContentFailure(.denied, "no", retry: .never))
        let config = all - 10_000
        #expect(outcome.sent == SentBytes(6000 + config, unfinished: 6000))
        #expect(outcome.report.sent == outcome.sent)
        let target = try #require(outcome.report.registries.first { $0.name == "target" })
        #expect((target.bytesSent, target.bytesUnfinished, target.bytesArrived) == (6000 + config, 6000, config))
        let totals = try JSON(Array(outcome.report.jsonText.utf8))["totals"]
        #expect(totals?["bytesSent"]?.integer == 6000 + config && totals?["bytesUnfinished"]?.integer == 6000)
        #expect(try RunReport(reading: Array(outcome.report.jsonText.utf8)).sent == outcome.sent)
        let text = "KiB sent in 0.0s; 5.9 KiB of the sent bytes in attempts that did not finish"
        #expect(outcome.tally.summary(after: .zero, outcome.sent).hasSuffix(text))
        #expect(ReportPage(outcome.report).html.contains("<b>5.9 KiB</b><span>of it in attempts that did not finish"))
    }

    @Test func `where a later attempt goes on behind the failed one, everything has arrived`() async throws {
        let outcome = try await Self.copy(failingWith: ContentFailure(.unavailable, "reset", retry: .later))
        #expect(outcome.sent == SentBytes(all) && outcome.report.sent == outcome.sent)
        #expect(!outcome.tally.summary(after: .zero, outcome.sent).contains("attempts"))
    }

    @Test func `while a blob is under way, its bytes count as sent`() {
        var traffic = TransferMeter.Traffic()
        (traffic.written, traffic.underWay, traffic.unfinished) = (100, 30, 20)
        var sent = SentBytes(traffic, arrived: 50)
        #expect((sent.all, sent.underWay, sent.unfinished) == (100, 30, 20))
        // The event of a blob that has arrived comes after its last byte.
        sent = SentBytes(traffic, arrived: 0)
        #expect((sent.all, sent.underWay, sent.unfinished) == (100, 30, 20))
        sent = SentBytes(traffic, arrived: 70)
        #expect((sent.all, sent.underWay, sent.unfinished) == (100, 30, 0))
    }
}
