// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Reporting
import Testing
import TransferEngine

/// A run told by its events, and what is shown of it.
@Suite struct ProgressModelTests {
    private let source = StoreID(named: "source.example")
    private let target = StoreID(named: "target.example")
    private let repository = (try? Repository("team/app"))

    private func blob(_ number: UInt8, _ size: Int64) -> Descriptor {
        Descriptor(mediaType: "a/b", digest: Digest(.sha256, hash: [UInt8](repeating: number, count: 32)), size: size)
    }

    private func model(_ count: Int) throws -> ProgressModel {
        let repository = try #require(repository)
        let end = { (store: StoreID) in TransferEndpoint(store: store, repository: repository, tag: nil, digest: nil) }
        let items = (0..<count).map { _ in TransferItem(source: end(source), target: end(target)) }
        let names = (0..<count).map { ItemName(source: "source.example/app:\($0)", target: "target.example/app:\($0)") }
        return ProgressModel(items: items, names: names)
    }

    private func finished(_ item: Int, _ outcome: ItemOutcome) -> TransferEvent {
        .itemFinished(
            ItemReport(item: item, outcome: outcome, mediaType: nil, counts: BlobCounts(), attempts: 1, duration: .zero)
        )
    }

    private func facts(_ model: inout ProgressModel, moved: Int64 = 0, at time: Double = 1) -> ProgressFacts {
        var reading = MeterReading()
        reading.bytesMoved = moved
        return model.facts(reading, at: time) { _ in "14:05" }
    }

    private func lane(inFlight: Int, moving: Int = 0, answers: Int) -> LaneState {
        var lane = LaneState(target, inFlight: inFlight, limit: 16)
        (lane.moving, lane.answers) = (moving, answers)
        return lane
    }

    @Test func `a registry that answers none of the requests under way is named`() throws {
        var model = try model(1)
        func silence(_ lane: LaneState, moved: Int64 = 0, at time: Double) -> Double? {
            var reading = MeterReading()
            reading.bytesMoved = moved
            reading.plan.lanes = [lane]
            return model.facts(reading, at: time) { _ in "14:05" }.registries.first { $0.name == target.name }?.silence
        }
        #expect(silence(lane(inFlight: 0, answers: 0), at: 0) == nil)
        #expect(silence(lane(inFlight: 3, answers: 0), at: 20) == nil)
        #expect(silence(lane(inFlight: 3, answers: 0), at: 29) == nil)
        #expect(silence(lane(inFlight: 3, answers: 0), at: 30) == 10)
        // Bytes that move elsewhere are no answer, those of its own blobs are.
        #expect(silence(lane(inFlight: 3, answers: 0), moved: 5, at: 40) == 20)
        #expect(silence(lane(inFlight: 3, moving: 1, answers: 0), moved: 9, at: 50) == nil)
        #expect(silence(lane(inFlight: 3, moving: 1, answers: 0), moved: 9, at: 65) == 15)
        #expect(silence(lane(inFlight: 2, answers: 1), moved: 9, at: 66) == nil)
        #expect(silence(lane(inFlight: 0, answers: 3), moved: 9, at: 90) == nil)
        // A pause says more than the silence that led to it.
        model.receive(.paused(target, for: StorePause(.seconds(30)), because: .outage), at: 100)
        #expect(silence(lane(inFlight: 1, answers: 3), at: 120) == nil)
    }

    /// Forty repositories over one layer: it is sent once and mounted 39 times.
    @Test func `a layer that is mounted counts once`() throws {
        var model = try model(40)
        let repository = try #require(repository)
        let (shared, own) = (blob(1, 100), (0..<40).map { blob(UInt8(100 + $0), 10) })
        for item in 0..<40 {
            model.receive(.rootFetched(shared.digest, item: item), at: 0)
            model.receive(.planned(shared, at: target), at: 0)
            model.receive(.planned(own[item], at: target), at: 0)
        }
        #expect(facts(&model).bytes?.known == 500)
        model.receive(.blobPlaced(.sent, shared, bytes: 100, at: target, repository), at: 1)
        for _ in 1..<40 { model.receive(.blobPlaced(.mounted, shared, bytes: 100, at: target, repository), at: 1) }
        #expect(facts(&model).share == 0.2)
        for item in 0..<20 { model.receive(.blobPlaced(.sent, own[item], bytes: 10, at: target, repository), at: 2) }
        #expect(facts(&model).share == 0.6)
    }

    @Test func `where a target does not mount, each repository needs the bytes`() throws {
        var model = try model(2)
        for item in 0..<2 { model.receive(.rootFetched(blob(1, 1).digest, item: item), at: 0) }
        for _ in 0..<2 { model.receive(.planned(blob(1, 100), at: target), at: 0) }
        #expect(facts(&model).bytes?.known == 100)
        model.receive(.mountsLearned(target, false), at: 0)
        #expect(facts(&model).bytes?.known == 200)
        model.receive(.blobPlaced(.sent, blob(1, 100), bytes: 100, at: target, try #require(repository)), at: 0)
        #expect(facts(&model).share == 0.5)
    }

    @Test func `what nobody wants any more is not to be moved`() throws {
        var model = try model(2)
        for item in 0..<2 { model.receive(.rootFetched(blob(1, 1).digest, item: item), at: 0) }
        model.receive(.planned(blob(1, 100), at: target), at: 0)
        model.receive(.planned(blob(2, 900), at: target), at: 0)
        model.receive(.givenUp(blob(2, 900), at: target), at: 0)
        #expect(facts(&model).bytes?.known == 100)
        model.receive(.blobPlaced(.sent, blob(1, 100), bytes: 100, at: target, try #require(repository)), at: 0)
        #expect(facts(&model).share == 1)
    }

    /// An index with a hundred images: knowing it is not knowing their layers.
    @Test func `bytes are a lower bound while manifests below a root are unread`() throws {
        var model = try model(1)
        model.receive(.rootFetched(blob(9, 1).digest, item: 0), at: 0)
        model.receive(.planned(blob(1, 100), at: target), at: 0)
        model.receive(.blobPlaced(.sent, blob(1, 100), bytes: 100, at: target, try #require(repository)), at: 0)
        var reading = MeterReading()
        (reading.plan.manifestsRead, reading.plan.manifestsUnread) = (2, 98)
        let facts = model.facts(reading, at: 1) { _ in "14:05" }
        #expect(facts.bytes?.isGrowing == true)
        #expect(facts.share == 0.02)
    }

    @Test func `what is at the target need not be moved`() throws {
        var model = try model(1)
        model.receive(.rootFetched(blob(9, 1).digest, item: 0), at: 0)
        model.receive(.planned(blob(1, 900), at: target), at: 0)
        model.receive(.planned(blob(2, 100), at: target), at: 0)
        model.receive(.blobPlaced(.present, blob(1, 900), bytes: 900, at: target, try #require(repository)), at: 0)
        #expect(facts(&model).bytes?.known == 100 && facts(&model).share == 0)
    }

    @Test func `what an earlier run had sent of a blob is none of this run's bytes`() throws {
        var model = try model(1)
        model.receive(.rootFetched(blob(9, 1).digest, item: 0), at: 0)
        model.receive(.planned(blob(1, 800), at: target), at: 0)
        model.receive(.blobPlaced(.sent, blob(1, 800), bytes: 200, at: target, try #require(repository)), at: 0)
        let facts = facts(&model, moved: 200)
        #expect(facts.bytes?.done == 200 && facts.bytes?.known == 200 && facts.share == 1)
    }

    @Test func `while graphs are discovered the share leaves room for the rest`() throws {
        var model = try model(4)
        model.receive(.rootFetched(blob(9, 1).digest, item: 0), at: 0)
        model.receive(.planned(blob(1, 100), at: target), at: 0)
        model.receive(.blobPlaced(.sent, blob(1, 100), bytes: 100, at: target, try #require(repository)), at: 0)
        let facts = facts(&model)
        #expect(facts.bytes?.isGrowing == true && facts.share == 0.25)
    }

    @Test func `bytes of blobs under way count, at most the whole blob`() throws {
        var model = try model(1)
        model.receive(.rootFetched(blob(9, 1).digest, item: 0), at: 0)
        model.receive(.planned(blob(1, 100), at: target), at: 0)
        var reading = MeterReading()
        reading.blobs = [.init(name: "01", target: "t", moved: 250, size: 100)]
        #expect(model.facts(reading, at: 1) { _ in "" }.bytes?.done == 100)
    }

    @Test func `the rate is that of the last ten seconds`() throws {
        var model = try model(1)
        model.receive(.rootFetched(blob(9, 1).digest, item: 0), at: 0)
        model.receive(.planned(blob(1, 3000), at: target), at: 0)
        for second in 0...20 { _ = facts(&model, moved: Int64(second) * 10, at: Double(second)) }
        let facts = facts(&model, moved: 200 + 1000, at: 21)
        #expect(facts.rate > 90 && facts.rate < 110)
        #expect((facts.secondsLeft ?? 0) > 25)
    }

    @Test func `the time left is that of the share in the same line`() throws {
        var model = try model(4)
        model.receive(.rootFetched(blob(9, 1).digest, item: 0), at: 0)
        model.receive(.planned(blob(1, 1000), at: target), at: 0)
        model.receive(.planned(blob(2, 1000), at: target), at: 0)
        model.receive(.blobPlaced(.sent, blob(1, 1000), bytes: 1000, at: target, try #require(repository)), at: 0)
        // An eighth after 10 s, at a steady rate.
        let facts = facts(&model, moved: 1000, at: 10)
        #expect(facts.share == 0.125 && facts.rate == 100)
        #expect(abs((facts.secondsLeft ?? 0) - 70) < 1e-9)
    }

    @Test func `a run takes at least as long as its idle registry waits`() throws {
        var model = try model(1)
        model.receive(.rootFetched(blob(9, 1).digest, item: 0), at: 0)
        model.receive(.planned(blob(1, 1000), at: target), at: 0)
        model.receive(.paused(source, for: StorePause(.seconds(600)), because: .asked), at: 5)
        #expect(facts(&model, moved: 500, at: 5).secondsLeft == 600)
    }

    @Test func `the first look has a rate`() throws {
        var model = try model(1)
        #expect(facts(&model, moved: 7000, at: 10).rate == 700)
    }

    @Test func `an audit that reads blobs shows bytes, a rate and the time left`() {
        var model = ProgressModel(counting: 4, verb: "verifying", noun: "image")
        var reading = MeterReading()
        reading.plan.reading = ReadingState(planned: 4000, ended: 1000)
        reading.plan.manifestsRead = 4
        reading.bytesMoved = 2000
        reading.blobs = [ProgressFacts.Blob(name: "a", target: "t", moved: 1000, size: 1500)]
        let facts = model.facts(reading, at: 10) { _ in "" }
        #expect(facts.bytes == ProgressFacts.Bytes(done: 2000, known: 4000))
        #expect(facts.share == 0.5 && facts.rate == 200 && facts.secondsLeft == 10)
        // Half of the manifests are unread, so the content that is known counts as half of all.
        reading.plan.manifestsUnread = 4
        let early = model.facts(reading, at: 10) { _ in "" }
        #expect(early.bytes?.isGrowing == true && early.share == 0.25 && early.secondsLeft == 30)
    }

    @Test func `of a plan, reading the sources is half`() throws {
        var model = ProgressModel(readingFirst: 4, verb: "planning", noun: "item")
        var reading = MeterReading()
        reading.plan.sourcesRead = 0.5
        let before = model.facts(reading, at: 1) { _ in "" }
        #expect(before.share == 0.25 && before.phase == "reading sources")
        model.sourcesRead()
        model.end()
        let after = model.facts(reading, at: 2) { _ in "" }
        #expect(after.share == 0.625 && after.phase == nil)
    }

    @Test func `a pause says what was answered, and ends by itself`() throws {
        var model = try model(1)
        let refusal = ContentFailure(.rateLimited, "too many", status: 429)
        model.receive(.paused(source, for: StorePause(.seconds(42), cause: refusal), because: .asked), at: 10)
        let wait = facts(&model, at: 20).registries.first { $0.name == "source.example" }?.wait
        #expect(wait == .init("429", seconds: 32, clockTime: "14:05"))
        #expect(facts(&model, at: 53).registries.allSatisfy { $0.wait == nil })
    }

    @Test func `the last three failures stay, cancelled items are none`() throws {
        var model = try model(6)
        for item in 0..<4 {
            let cause = ContentFailure(.notFound, "no tag \(item)")
            model.receive(finished(item, .failed(TransferFailure(cause, side: .source))), at: 0)
        }
        model.receive(finished(4, .failed(TransferFailure(.cancelled, side: .source))), at: 0)
        let facts = facts(&model)
        #expect(facts.items.failed == 4 && facts.failures.count == 3)
        #expect(facts.failures.last?.text == "source.example/app:3: not-found: no tag 3")
    }

    @Test func `progress for programs has every member of its schema`() throws {
        var model = try model(1)
        var facts = facts(&model)
        facts.registries = [.init("r")]
        facts.blobs = [.init(name: "01", target: "t", moved: 1, size: 2)]
        let document = try JSON(Array(facts.json.utf8))
        #expect(
            document.members?.map(\.key) == [
                "type", "final", "doing", "finished", "total", "failed", "bytesMoved", "bytesDone", "bytesPlanned",
                "isPlanComplete", "share", "requests", "bytesPerSecond", "seconds", "secondsLeft", "registries",
                "blobs",
                "failures",
            ])
        #expect(
            document["registries"]?.array?.first?.members?.map(\.key) == [
                "registry", "inFlight", "limit", "waits", "secondsWithoutAnswer",
            ])
        #expect(document["blobs"]?.array?.first?.members?.map(\.key) == ["digest", "target", "bytesMoved", "size"])
    }
}

@Suite struct NoticeTests {
    @Test func `a message in JSON has a constant message and its facts`() throws {
        let document = try JSON(Array(Notice.waiting(StoreID(named: "quay.io"), .seconds(42)).json.utf8))
        #expect(document["level"] == "info" && document["message"] == "waiting")
        #expect(document["registry"] == "quay.io" && document["seconds"]?.double == 42)
        let hint = try JSON(Array(Notice("hint: log in").json.utf8))
        #expect(hint["level"] == "hint" && hint["text"] == "log in")
    }
}
