// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import OCI
import Testing
import TransshipTesting

@testable import TransferEngine

extension TransferMachine {
    /// From now on the target is asked for a blob when there is room to move the blob.
    mutating func endEarlyQuestions() {
        while relays["target", default: BlobRelays()].asksEarly(over: settings.requests.connectionsPerStore) {}
    }
}

/// Which requests a blob's way consists of.
@Suite struct RelayTests {
    private static let connections = 8
    private let app: Repository

    init() throws { app = try Repository("app") }

    private func image(_ layers: Int, size: Int = 10) -> SampleImage {
        SampleImage(
            layers: (0..<layers).map { String(repeating: "layer \($0) ", count: size / 8 + 1) }, name: "image")
    }

    /// A run of one image whose manifest was read.
    private func machine(
        _ image: SampleImage, from source: StoreID = "source", asksEarly: Bool = true,
        _ change: (inout TransferSettings) -> Void = { _ in }
    ) throws -> TransferMachine {
        var settings = TransferSettings()
        settings.requests.connectionsPerStore = Self.connections
        change(&settings)
        var earlier = EarlierRuns()
        earlier.mounts = ["target": false]
        var machine = TransferMachine(
            items: [try .copying("app", to: "app", from: source)], settings: settings, earlier: earlier)
        if !asksEarly { machine.endEarlyQuestions() }
        while let work = machine.next(now: .zero) {
            if case .fetchManifest = work.request {
                machine.finish(work, .manifest(image.root), now: .zero)
                break
            }
            machine.finish(work, .summary(nil), now: .zero)
        }
        return machine
    }

    private func drain(_ machine: inout TransferMachine, at now: Duration = .zero) -> [Queued<CopyRequest>] {
        var works: [Queued<CopyRequest>] = []
        while let work = machine.next(now: now) { works.append(work) }
        return works
    }

    private enum Kind { case find, fetch, store, upload, other }

    private func kind(_ work: Queued<CopyRequest>) -> Kind {
        switch work.request {
        case .findBlob: .find
        case .fetchBlob: .fetch
        case .storeBlob: .store
        case .upload: .upload
        default: .other
        }
    }

    private func kinds(_ works: [Queued<CopyRequest>]) -> [Kind] { works.map(kind) }

    /// The target has none of the blobs that it is asked for.
    private func answerAbsent(_ works: [Queued<CopyRequest>], _ machine: inout TransferMachine) {
        for work in works where kind(work) == .find { machine.finish(work, .absent, now: .zero) }
    }

    private let sent = CopyAnswer.sent(mountRefused: false, resumedAt: nil)
    private let bytes = CopyAnswer.blob(FetchedBlob())

    // MARK: Asking early

    @Test func `a target is asked for the first blobs as soon as they are known, in its own lane`() throws {
        var machine = try machine(image(20))
        let works = drain(&machine)
        #expect(kinds(works).count { $0 == .find } == Self.connections / 2)
        #expect(works.allSatisfy { kind($0) != .find || $0.request.lanes.reading == nil })
    }

    @Test func `a blob that takes much longer than the question is not asked for early`() throws {
        var machine = try machine(image(3, size: 2 << 20))
        let early = drain(&machine).filter { kind($0) == .find }
        #expect(early.compactMap(\.request.upload?.descriptor.size).allSatisfy { $0 < 1000 } && early.count == 1)
    }

    @Test func `what the target has is not read`() throws {
        var machine = try machine(image(1))
        for work in drain(&machine) { machine.finish(work, .present, now: .zero) }
        let rest = drain(&machine)
        try #require(rest.count == 1)
        guard case .storeManifest = rest[0].request else {
            Issue.record("\(rest[0].request)")
            return
        }
    }

    @Test func `an index goes on once its target has said that it lacks the first blob`() throws {
        let children = (0..<3).map { SampleImage(layers: ["layer \($0)"], name: "\($0)") }
        var machine = try machine(SampleImage(index: children.map { ("linux/amd64", $0) }))
        let first = try #require(drain(&machine).first)
        machine.finish(first, .manifest(children[0].root), now: .zero)
        let question = try #require(drain(&machine).first)
        #expect(kind(question) == .find)
        machine.finish(question, .absent, now: .zero)
        let others = drain(&machine).count { if case .fetchManifest = $0.request { true } else { false } }
        #expect(others == 2)
    }

    @Test func `referrers that one item has asked for are not asked for again by the next`() throws {
        let image = SampleImage(index: [("linux/amd64", image(1)), ("linux/arm64", image(2))])
        var settings = TransferSettings()
        settings.referrers = .new
        var machine = TransferMachine(
            items: [try .copying("app:1", to: "app:1"), try .copying("app:2", to: "app:2")], settings: settings)
        var asked = 0
        while let work = machine.next(now: .zero) {
            switch work.request {
            case .fetchManifest(_, _, .tag): machine.finish(work, .manifest(image.root), now: .zero)
            case .fetchManifest(_, _, .digest(let digest)):
                let child = try #require(image.manifests.first { $0.digest == digest })
                machine.finish(work, .manifest(child), now: .zero)
            case .findBlob: machine.finish(work, .absent, now: .zero)
            // It is answered last.
            case .listReferrers: asked += 1
            case .fetchBlob: machine.finish(work, bytes, now: .zero)
            case .upload, .storeBlob: machine.finish(work, sent, now: .zero)
            case .storeManifest: machine.finish(work, .stored(), now: .zero)
            default: machine.finish(work, .summary(nil), now: .zero)
            }
        }
        #expect(asked == 1)
    }

    // MARK: Two requests

    @Test func `a small blob is read in its source's lane and stored in its target's`() throws {
        var machine = try machine(image(1))
        answerAbsent(drain(&machine), &machine)
        let fetches = drain(&machine)
        #expect(kinds(fetches) == [.fetch, .fetch])
        #expect(fetches.map(\.request.lanes) == Array(repeating: RequestStores(reading: "source"), count: 2))
        for fetch in fetches { machine.finish(fetch, bytes, now: .zero) }
        let stores = drain(&machine)
        #expect(kinds(stores) == [.store, .store])
        #expect(stores.map(\.request.lanes) == Array(repeating: RequestStores(writing: "target"), count: 2))
        #expect(stores.allSatisfy { $0.request.upload?.question == PresenceQuestion.none })
        for store in stores { machine.finish(store, sent, now: .zero) }
        #expect(kinds(drain(&machine)) == [.other])
    }

    @Test func `large blobs, and those from or to a file, are moved by one request`() throws {
        let large = image(3, size: Int(LaneUse.largestSmallBlob) + 1)
        for (image, source) in [(large, "source"), (image(3), .local("an archive"))] as [(SampleImage, StoreID)] {
            var machine = try machine(image, from: source)
            answerAbsent(drain(&machine), &machine)
            let moves = drain(&machine)
            #expect(
                moves.allSatisfy { work in kind(work) == .upload || (work.request.upload?.descriptor.size ?? 0) < 1000 }
            )
            #expect(moves.contains { kind($0) == .upload } || source != "source")
        }
    }

    @Test func `a target that lacked eight blobs in a row is expected to lack the next, until it has one`() throws {
        var machine = try machine(image(60), asksEarly: false)
        var running = drain(&machine)
        for _ in 0..<BlobRelays.row {
            #expect(kinds(running).allSatisfy { $0 == .upload })
            machine.finish(running.removeFirst(), sent, now: .zero)
            running += drain(&machine)
        }
        let fetch = try #require(running.first { kind($0) == .fetch })
        #expect(machine.relays["target"]?.expectsAbsence == true)
        machine.finish(fetch, bytes, now: .zero)
        let store = try #require(drain(&machine).first { kind($0) == .store })
        #expect(store.request.upload?.question == .head)
        machine.finish(store, .present, now: .zero)
        #expect(machine.relays["target"]?.expectsAbsence == false)
        #expect(!kinds(drain(&machine)).contains(.fetch))
    }

    @Test func `no more blobs are read ahead than both lanes can have in flight, and none for a target that rests`()
        throws
    {
        var machine = try machine(image(200)) { $0.existing = .ignored }
        var fetched = 0
        while let fetch = drain(&machine).first(where: { kind($0) == .fetch }) {
            // The target is slow: it never answers.
            machine.finish(fetch, bytes, now: .zero)
            fetched += 1
            try #require(fetched < 100)
        }
        #expect(machine.relays["target"]?.underWay == 2 * Self.connections)

        var resting = try self.machine(image(20)) { $0.existing = .ignored }
        let first = try #require(drain(&resting).first { kind($0) == .fetch })
        resting.finish(first, bytes, now: .zero)
        let store = try #require(drain(&resting).first { kind($0) == .store })
        let limited = ContentFailure(.rateLimited, "429", retry: .notBefore(.seconds(60)), status: 429)
        resting.finish(store, .failed(TransferFailure(limited, side: .target)), now: .zero)
        #expect(!kinds(drain(&resting)).contains(.fetch))
    }

    // MARK: Failures

    @Test(arguments: [TransferSide.source, .target])
    func `after a failure the blob is moved by one request, and the target is asked for it`(side: TransferSide) throws {
        var machine = try machine(image(0))
        answerAbsent(drain(&machine), &machine)
        let fetch = try #require(drain(&machine).first)
        let failure = TransferFailure(ContentFailure(.unavailable, "reset", retry: .later), side: side)
        if side == .source {
            machine.finish(fetch, .failed(failure), now: .zero)
        } else {
            machine.finish(fetch, bytes, now: .zero)
            machine.finish(try #require(drain(&machine).first), .failed(failure), now: .zero)
        }
        let again = try #require(drain(&machine, at: .seconds(60)).first)
        #expect(kind(again) == .upload && again.request.upload?.question == .head)
        #expect(again.attempt == 2)
        #expect(machine.relays["target"]?.underWay == 0)
    }

    @Test func `what was read for an image that has failed is dropped, and its memory is free`() throws {
        let size = Int64(8)
        var machine = try machine(image(40)) {
            ($0.requests.transitBytes, $0.requests.transitBytesPerBlob) = (size * 4, size)
            $0.existing = .ignored
        }
        var fetches = drain(&machine).filter { kind($0) == .fetch }
        // Four shares are all there is.
        #expect(fetches.count == 4)
        machine.finish(fetches.removeFirst(), bytes, now: .zero)
        #expect(!kinds(drain(&machine)).contains(.fetch))
        let missing = ContentFailure(.notFound, "404")
        machine.finish(fetches.removeFirst(), .failed(TransferFailure(missing, side: .source)), now: .zero)
        for fetch in fetches { machine.finish(fetch, bytes, now: .zero) }
        // The first one was being stored when the image failed.
        #expect(drain(&machine).isEmpty && machine.relays["target"]?.underWay == 1)
    }

    // MARK: One request

    /// A scene whose target does not say beforehand that it mounts, as registries do not.
    private func scene() -> Scene {
        let scene = Scene()
        scene.target.isKnownToMount = false
        return scene
    }

    /// Makes the target answer such a request only when the source was asked for the layer.
    private func hold(
        _ scene: Scene, _ layer: OCI.Digest, _ isHeld: @escaping @Sendable (MemoryStore.Operation) -> Bool
    ) {
        scene.target.waits { [source = scene.source] operation in
            while isHeld(operation),
                source.count(where: { if case .blob(_, layer, _) = $0 { true } else { false } }) == 0
            {
                await Task.yield()
            }
        }
    }

    @Test(.timeLimit(.minutes(30)))
    func `a large blob is asked for at its source while the target opens the session`() async throws {
        let scene = scene()
        let image = image(1, size: Int(LaneUse.largestSmallBlob) + 1)
        let layer = try #require(image.blobs.max { $0.value.count < $1.value.count }?.key)
        #expect(try #require(image.blobs[layer]).count > LaneUse.largestSmallBlob)
        scene.source.add(image, to: app, tag: .latest)
        hold(scene, layer) { if case .admit(_, layer, _) = $0 { true } else { false } }
        let report = await scene.run([try .copying("app", to: "app")])[0]
        #expect(report?.copied == image.root.digest)
        #expect(scene.source.count { if case .blob(_, layer, _) = $0 { true } else { false } } == 1)
        scene.expectClean()
    }

    @Test func `the session is ended where the source has lost a large blob`() async throws {
        let scene = scene()
        let image = image(1, size: Int(LaneUse.largestSmallBlob) + 1)
        scene.source.add(image, to: app, tag: .latest)
        scene.source.addFault { operation, _ in operation.isBlobGet ? ContentFailure(.notFound, "404") : nil }
        let report = await scene.run([try .copying("app", to: "app")])[0]
        #expect(report?.failure?.side == .source && report?.failure?.cause.kind == .notFound)
        #expect(scene.target.count(where: \.isUpload) == 0)
        scene.expectClean()
    }

    @Test func `bytes that are not the blob's are not stored`() async throws {
        let scene = scene()
        let image = image(1)
        scene.source.add(image, to: app, tag: .latest)
        for digest in image.blobs.keys { scene.source.alter(digest) { bytes, _ in bytes + [1] } }
        let report = await scene.run([try .copying("app", to: "app")])[0]
        #expect(report?.failure?.side == .source && report?.failure?.cause.kind == .corrupt)
        #expect(!scene.target.contains(image, in: app))
        scene.expectClean()
    }
}
