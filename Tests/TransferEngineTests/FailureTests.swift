// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import ProtocolCases
import Testing
import TransshipTesting

@testable import TransferEngine

@Suite struct FailureTests {
    let scene = Scene()

    private func seed(_ names: String...) throws -> [TransferItem] { try seed(names) }

    private func seed(_ names: [String]) throws -> [TransferItem] {
        try names.map { name in
            scene.source.add(
                SampleImage(layers: ["layer of \(name)"], name: name), to: try Repository(name), tag: .latest)
            return try .copying("\(name):latest", to: "mirror/\(name):latest")
        }
    }

    @Test(.covers("L31")) func `a missing blob fails its item and no other`() async throws {
        let items = try seed("good", "bad", "fine")
        let missing = ContentHash.digest(of: Array("layer of bad".utf8))
        scene.source.remove(missing, from: try Repository("bad"))
        let reports = await scene.run(items)

        #expect(reports[0]?.copied != nil && reports[2]?.copied != nil)
        let failure = try #require(reports[1]?.failure)
        #expect(failure.side == .source && failure.cause.kind == .notFound)
        #expect(scene.target.digest(of: .latest, in: try Repository("mirror/bad")) == nil)
        scene.expectClean()
    }

    @Test func `a blob's source is not read before the target gives its leave`() async throws {
        let items = try seed("app")
        scene.target.addFault { operation, _ in operation.isAdmit ? ContentFailure(.denied, "403") : nil }
        let reports = await scene.run(items)

        #expect(reports[0]?.failure?.side == .target)
        #expect(scene.source.count(where: \.isBlobGet) == 0)
        scene.expectClean()
    }

    @Test func `a target that refuses for a while does not make its source send the blob each time`() async throws {
        let items = try seed("app")
        scene.target.addFault { operation, earlier in
            operation.isAdmit && earlier < 3 ? ContentFailure(.unavailable, "503", retry: .later, status: 503) : nil
        }
        let reports = await scene.run(items)

        #expect(reports[0]?.copied != nil)
        #expect(scene.source.count(where: \.isBlobGet) == 2)
        scene.expectClean()
    }

    @Test(.covers("L02"))
    func `a damaged blob is read four times, each anew, then given up, and nothing of it is committed`()
        async throws
    {
        let items = try seed("bad")
        let digest = ContentHash.digest(of: Array("layer of bad".utf8))
        scene.source.alter(digest) { bytes, _ in bytes.map { $0 ^ 1 } }
        let reports = await scene.run(items)

        let failure = try #require(reports[0]?.failure)
        #expect(failure.side == .source && failure.cause.kind == .corrupt && failure.attempts == 4)
        #expect(scene.source.count { if case .blob(_, digest, _) = $0 { true } else { false } } == 4)
        #expect(scene.source.reloads == 3)
        let received = try #require(failure.cause.received)
        #expect(failure.cause.message.hasSuffix("; 4 times it came damaged: always \(received.short)"))
        #expect(
            try await scene.target.hasBlob(
                Descriptor(mediaType: "a/b", digest: digest, size: 12), in: try Repository("mirror/bad")) == false)
        #expect(scene.target.violations == [])
    }

    /// `big` at the source, with one layer of 10,000 bytes whose connection is reset once at each of these offsets.
    private func addImage(breakingAt offsets: Set<Int64>) throws -> (image: SampleImage, layer: Digest) {
        let text = String(repeating: "0123456789", count: 1000)
        let image = SampleImage(layers: [text])
        scene.source.add(image, to: try Repository("big"), tag: .latest)
        let layer = ContentHash.digest(of: Array(text.utf8))
        let breaks = Breaks(at: offsets)
        scene.source.alter(layer) { bytes, offset in
            if breaks.take(offset) { throw ContentFailure(.unavailable, "connection reset", retry: .later) }
            return bytes
        }
        return (image, layer)
    }

    @Test(.covers("B02")) func `a download that breaks goes on where it stopped, without a second upload`() async throws
    {
        let (image, digest) = try addImage(breakingAt: [3000, 7000])
        let reports = await scene.run([try .copying("big", to: "m/big")])

        #expect(reports[0]?.copied == image.root.digest)
        let offsets = scene.source.log.compactMap { if case .blob(_, digest, let offset) = $0 { offset } else { nil } }
        #expect(offsets == [0, 3000, 7000])
        #expect(scene.target.count { if case .upload(_, digest) = $0 { true } else { false } } == 1)
        scene.expectClean()
    }

    @Test(arguments: [(Duration.seconds(2), [Int64(0), 3000, 3000], 1), (.seconds(60), [0, 3000, 0], 2)])
    func `a pause that a source asks for in the middle of a blob is waited for there if it is short, else by the run`(
        pause: Duration, asked: [Int64], uploads: Int
    ) async throws {
        let (image, digest) = try addImage(breakingAt: [3000])
        scene.source.addFault { operation, earlier in
            guard case .blob(_, digest, 3000) = operation, earlier == 0 else { return nil }
            return ContentFailure(.rateLimited, "429", retry: .notBefore(pause), status: 429)
        }
        let reports = await scene.run([try .copying("big", to: "m/big")])

        #expect(reports[0]?.copied == image.root.digest)
        let offsets = scene.source.log.compactMap { if case .blob(_, digest, let offset) = $0 { offset } else { nil } }
        #expect(offsets == asked)
        #expect(scene.target.count { if case .upload(_, digest) = $0 { true } else { false } } == uploads)
        #expect(scene.clock.now >= pause)
    }

    @Test func `a source that goes on throttling in the middle of a blob is waited for by the run`() async throws {
        let (image, digest) = try addImage(breakingAt: [3000])
        scene.source.addFault { operation, _ in
            guard case .blob(_, digest, 3000) = operation else { return nil }
            return ContentFailure(.rateLimited, "429", retry: .notBefore(.seconds(2)), status: 429)
        }
        let reports = await scene.run([try .copying("big", to: "m/big")])
        #expect(reports[0]?.copied == image.root.digest)
    }

    @Test func `a source that answers 503 is asked again after growing pauses, then given up`() async throws {
        let items = try seed("app")
        scene.source.addFault { operation, _ in
            operation.isManifestGet ? ContentFailure(.unavailable, "503", retry: .later, status: 503) : nil
        }
        let reports = await scene.run(items)
        let failure = try #require(reports[0]?.failure)
        #expect(failure.attempts == scene.settings.requests.retry.attempts)
        #expect(scene.source.count(where: \.isManifestGet) == scene.settings.requests.retry.attempts)
        #expect(scene.clock.now <= .milliseconds(500 + 1000 + 2000 + 4000))
    }

    @Test(.covers("U16")) func `a target that says the bytes were damaged on their way gets them again`() async throws {
        let items = try seed("app")
        scene.target.addFault { operation, earlier in
            guard operation.isUpload, earlier < 3 else { return nil }
            return ContentFailure(.corrupt, "400", retry: .later, status: 400, codes: ["DIGEST_INVALID"])
        }
        let reports = await scene.run(items)
        #expect(reports[0]?.copied != nil)
    }

    @Test func `a manifest that the target cannot read is sent three times`() async throws {
        for refusals in [2, 3] {
            let scene = Scene()
            scene.source.add(SampleImage(layers: ["x"]), to: try Repository("app"), tag: .latest)
            scene.target.addFault { operation, earlier in
                guard operation.isPut, earlier < refusals else { return nil }
                return ContentFailure(.invalid, "400", retry: .later, status: 400, codes: ["MANIFEST_INVALID"])
            }
            let reports = await scene.run([try .copying("app", to: "m/app")])
            #expect((reports[0]?.copied != nil) == (refusals == 2))
        }
    }

    // MARK: - Outages

    private static let outage = {
        var failure = ContentFailure(.unavailable, "503", retry: .later, status: 503)
        failure.isOutage = true
        return failure
    }()

    /// Answers nothing but errors between two points in time.
    private func interrupt(_ store: MemoryStore, from start: Duration, to end: Duration, with failure: ContentFailure) {
        store.addFault { [clock = scene.clock] _, _ in (start..<end).contains(clock.now) ? failure : nil }
    }

    @Test(.covers("L12"), arguments: [outage, ContentFailure(.unreachable, "refused", retry: .later)])
    func `a registry that restarts for minutes loses nothing that is under way`(failure: ContentFailure) async throws {
        let items = try seed("app", "other")
        // Manifests are fetched at once; the blobs meet the outage.
        scene.source.addFault { [clock = scene.clock] operation, _ in
            if operation.isManifestGet { clock.advance(by: .seconds(1)) }
            return nil
        }
        interrupt(scene.target, from: .seconds(1), to: .seconds(240), with: failure)
        let reports = await scene.run(items)
        #expect(reports.values.allSatisfy { $0.copied != nil })
        #expect(scene.recorder.events.contains { if case .paused("target", _, .outage) = $0 { true } else { false } })
        // Found again soon after it is back.
        #expect(scene.clock.now < .seconds(240 + 30))
        scene.expectClean()
    }

    @Test(.covers("L12")) func `an outage without an end is given up after a quarter of an hour`() async throws {
        let items = try seed("app")
        scene.source.addFault { [clock = scene.clock] operation, _ in
            if operation.isManifestGet { clock.advance(by: .seconds(1)) }
            return nil
        }
        interrupt(scene.target, from: .seconds(1), to: .seconds(100_000), with: Self.outage)
        let reports = await scene.run(items)
        #expect(reports[0]?.failure?.cause.status == 503)
        #expect(scene.clock.now > .seconds(800) && scene.clock.now < .seconds(1000))
    }

    @Test func `a registry that never answered is not waited for`() async throws {
        let items = try seed("app")
        interrupt(scene.source, from: .zero, to: .seconds(100_000), with: Self.outage)
        let reports = await scene.run(items)
        #expect(reports[0]?.failure?.attempts == scene.settings.requests.retry.attempts)
        #expect(scene.clock.now < .seconds(10))
    }

    // MARK: - Targets without room

    @Test(arguments: [
        ContentFailure(.unavailable, "507", retry: .later, status: 507),
        ContentFailure(.unavailable, "500", retry: .later, status: 500, codes: ["UNKNOWN"]),
        ContentFailure(.denied, "403: quota exceeded", status: 403, codes: ["DENIED"]),
    ])
    func `a target that has no room is left alone after two contents, and no source is read for the rest`(
        failure: ContentFailure
    ) async throws {
        var scene = scene
        scene.settings.jobs = 2
        let items = try seed((0..<40).map { "app\($0)" })
        scene.target.addFault { operation, _ in operation.isUpload ? failure : nil }
        let reports = await scene.run(items)
        #expect(reports.count == 40 && reports.values.allSatisfy { $0.failure?.side == .target })
        #expect(reports[39]?.failure?.cause.message.contains("refuses everything alike") == true)
        #expect(scene.source.count(where: \.isManifestGet) < 10)
        scene.expectClean()
    }

    @Test func `one repository that may not be written to stops no other`() async throws {
        let items = try seed("a", "b", "c", "d")
        let closed = [try Repository("mirror/a"), try Repository("mirror/b")]
        scene.target.addFault { operation, _ in
            if case .admit(let repository, _, _) = operation, closed.contains(repository) {
                return ContentFailure(.denied, "403: requested access to the resource is denied", status: 403)
            }
            return nil
        }
        let reports = await scene.run(items)
        #expect(reports[2]?.copied != nil && reports[3]?.copied != nil)
    }

    // MARK: - Tags that move

    @Test func `a tag whose digest is gone before it is read means what it brings then, and that is told`() async throws
    {
        let (old, new) = (SampleImage(layers: ["old"], name: "old"), SampleImage(layers: ["new"], name: "new"))
        let repository = try Repository("app")
        scene.source.add(new, to: repository, tag: .latest)
        scene.source.misnames(.latest, in: repository, as: old.root.digest)
        scene.target.add(SampleImage(layers: ["before"], name: "before"), to: try Repository("m/app"), tag: .latest)
        let reports = await scene.run([try .copying("app", to: "m/app")])
        #expect(reports[0]?.copied == new.root.digest)
        let moves = scene.recorder.events.compactMap { event in
            if case .tagMoved(_, let from, let to) = event { [from, to] } else { nil }
        }
        #expect(moves == [[old.root.digest, new.root.digest]])
        scene.expectClean()
    }

    @Test func `an old digest from a HEAD takes the place of nothing newer, and costs no request more`() async throws {
        let (old, new) = (SampleImage(layers: ["old"], name: "old"), SampleImage(layers: ["new"], name: "new"))
        let (app, mirror) = (try Repository("app"), try Repository("m/app"))
        scene.source.add(old, to: app, tag: try OCI.Tag("before"))
        scene.source.add(new, to: app, tag: .latest)
        scene.source.misnames(.latest, in: app, as: old.root.digest)
        scene.target.add(new, to: mirror, tag: .latest)
        let reports = await scene.run([try .copying("app", to: "m/app")])
        #expect(reports[0]?.unchanged == new.root.digest)
        #expect(scene.source.log == [.summary(app, .tag(.latest)), .manifest(app, .tag(.latest))])
    }

    @Test func `tags of one new digest are fetched once, by the first of them`() async throws {
        let (old, new) = (SampleImage(layers: ["old"], name: "old"), SampleImage(layers: ["new"], name: "new"))
        let names = ["1", "1.0", "latest"]
        for name in names {
            scene.source.add(new, to: try Repository("app"), tag: try OCI.Tag(name))
            scene.target.add(old, to: try Repository("m/app"), tag: try OCI.Tag(name))
        }
        let reports = await scene.run(try names.map { try .copying("app:\($0)", to: "m/app:\($0)") })
        #expect(reports.count == 3 && reports.values.allSatisfy { $0.copied == new.root.digest })
        #expect(scene.source.count(where: \.isManifestGet) == 1)
        scene.expectClean()
    }

    @Test func `whoever else waits for what a HEAD named gets it, when the tag turns out to be another`() async throws {
        let (old, new) = (SampleImage(layers: ["old"], name: "old"), SampleImage(layers: ["new"], name: "new"))
        let before = SampleImage(layers: ["before"], name: "before")
        let (app, mirror) = (try Repository("app"), try Repository("m/app"))
        for (image, name) in [(new, "latest"), (old, "1")] {
            scene.source.add(image, to: app, tag: try OCI.Tag(name))
            scene.target.add(before, to: mirror, tag: try OCI.Tag(name))
        }
        scene.source.misnames(.latest, in: app, as: old.root.digest)
        let reports = await scene.run(try ["latest", "1"].map { try .copying("app:\($0)", to: "m/app:\($0)") })
        #expect(reports[0]?.copied == new.root.digest && reports[1]?.copied == old.root.digest)
        scene.expectClean()
    }

    @Test func `what a tag does not bring any more is fetched by the digest that its HEAD named`() async throws {
        let image = SampleImage(layers: ["one"])
        let app = try Repository("app")
        scene.source.add(image, to: app, tag: .latest)
        scene.source.addFault { operation, _ in
            operation == .manifest(app, .tag(.latest)) ? ContentFailure(.notFound, "404", status: 404) : nil
        }
        scene.target.add(SampleImage(layers: ["before"]), to: try Repository("m/app"), tag: .latest)
        #expect(await scene.run([try .copying("app", to: "m/app")])[0]?.copied == image.root.digest)
    }

    @Test(arguments: [false, true]) func `the digest beside a target's tag is held`(isThere: Bool) async throws {
        let (image, other) = (SampleImage(layers: ["one"]), SampleImage(layers: ["two"], name: "two"))
        scene.source.add(image, to: try Repository("app"), tag: .latest)
        if isThere { scene.target.add(image, to: try Repository("m/app"), tag: .latest) }
        let target = "m/app:latest@"
        let wrong = await scene.run([try .copying("app", to: target + other.root.digest.text)])[0]?.failure
        #expect(wrong?.cause.message.contains("the target asks for \(other.root.digest)") == true)
        #expect(scene.target.count(where: \.isPut) == 0)
        let right = await scene.run([try .copying("app", to: target + image.root.digest.text)])[0]
        #expect((isThere ? right?.unchanged : right?.copied) == image.root.digest)
    }

    @Test func `want of descriptors is no fault of an item while others run`() async throws {
        let items = try seed("a", "b", "c", "d", "e", "f")
        scene.target.addFault { operation, earlier in
            operation.isAdmit && earlier < 6 ? .tooManyOpenFiles("too many open files") : nil
        }
        let reports = await scene.run(items)
        #expect((0..<6).allSatisfy { reports[$0]?.copied != nil })
        scene.expectClean()
    }

    @Test func `a request that runs alone and finds no descriptor fails with what to do about it`() async throws {
        let items = try seed("a")
        scene.source.addFault { operation, _ in operation.isBlobGet ? .tooManyOpenFiles("too many open files") : nil }
        scene.target.addFault { operation, _ in operation.isAdmit ? .tooManyOpenFiles("too many open files") : nil }
        let reports = await scene.run(items)
        #expect(reports[0]?.failure?.cause.hint?.contains("ulimit -n") == true)
    }

    @Test(.covers("L13"), arguments: [2, 99]) func `a name that does not resolve is asked for again, for 10 s at most`(
        failures: Int
    ) async throws {
        let items = try seed("app")
        scene.source.addFault { operation, earlier in
            guard operation.isManifestGet, earlier < failures else { return nil }
            return ContentFailure(.unreachable, "no such host", retry: .later)
        }
        let reports = await scene.run(items)
        #expect((reports[0]?.copied != nil) == (failures == 2))
        #expect(scene.clock.now < .seconds(10))
        scene.expectClean()
    }

    @Test func `what is refused for good is not tried again`() async throws {
        let items = try seed("app")
        scene.target.addFault { operation, _ in
            operation.isAdmit ? ContentFailure(.denied, "403", status: 403) : nil
        }
        let reports = await scene.run(items)
        let failure = try #require(reports[0]?.failure)
        #expect(failure.side == .target && failure.cause.kind == .denied && failure.attempts == 1)
        #expect(scene.clock.sleeps == [])
    }

    @Test(.covers("L10")) func `a registry that asks for a pause gets it`() async throws {
        let items = try seed("slow")
        scene.source.addFault { operation, earlier in
            guard operation.isManifestGet, earlier == 0 else { return nil }
            return ContentFailure(.rateLimited, "429", retry: .notBefore(.seconds(30)), status: 429)
        }
        let reports = await scene.run(items)

        #expect(reports[0]?.copied != nil)
        #expect((Duration.seconds(30)...(.seconds(31))).contains(scene.clock.now))
        #expect(scene.recorder.events.contains { if case .paused("source", _, .asked) = $0 { true } else { false } })
    }

    @Test(.covers("L10b")) func `a pause longer than the limit is not waited for`() async throws {
        let items = try seed("app")
        scene.source.addFault { operation, _ in
            operation.isManifestGet
                ? ContentFailure(.rateLimited, "429", retry: .notBefore(.seconds(6 * 3600)), status: 429) : nil
        }
        let reports = await scene.run(items)
        #expect(reports[0]?.failure?.cause.kind == .rateLimited)
        #expect(scene.clock.now < .seconds(60))
    }

    @Test func `another source is taken for a blob the first cannot give`() async throws {
        let shared = ContentHash.digest(of: Array("shared".utf8))
        for name in ["a", "b"] {
            scene.source.add(SampleImage(layers: ["shared"], name: name), to: try Repository(name), tag: .latest)
        }
        scene.source.remove(shared, from: try Repository("a"))
        // The target does not mount, so that each repository needs the bytes.
        let reports = await scene.run([try .copying("a", to: "m/x:a"), try .copying("b", to: "m/x:b")])
        #expect(reports[0]?.copied != nil && reports[1]?.copied != nil)
        scene.expectClean()
    }

    @Test func `a refused tag fails its item, the same digest under another tag arrives`() async throws {
        let image = SampleImage(layers: ["one"])
        for tag in ["v1", "v2"] { scene.source.add(image, to: try Repository("app"), tag: try Tag(tag)) }
        let locked = try Tag("v1")
        scene.target.addFault { operation, _ in
            if case .put(_, .tag(locked)) = operation { ContentFailure(.conflict, "tag is immutable") } else { nil }
        }
        let reports = await scene.run([try .copying("app:v1", to: "m/app:v1"), try .copying("app:v2", to: "m/app:v2")])
        #expect(reports[0]?.failure?.cause.kind == .conflict)
        #expect(reports[1]?.copied == image.root.digest)
    }

    @Test(.covers("X07")) func `content that vanished before its manifest came is sent again`() async throws {
        let items = try seed("app")
        let layer = ContentHash.digest(of: Array("layer of app".utf8))
        let repository = try Repository("mirror/app")
        scene.target.addFault { [target = scene.target] operation, earlier in
            guard operation.isPut, earlier < scene.settings.requests.retry.attemptsOnMissingContent else { return nil }
            target.remove(layer, from: repository)
            return ContentFailure(.invalid, "400", status: 400, codes: ["MANIFEST_BLOB_UNKNOWN"])
        }
        let reports = await scene.run(items)
        #expect(reports[0]?.copied != nil)
        #expect(scene.target.count { if case .upload(_, layer) = $0 { true } else { false } } == 2)
        scene.expectClean()
    }

    @Test(.covers("U17")) func `stopping ends open uploads and leaves no session`() async throws {
        var items: [TransferItem] = []
        for number in 0..<50 {
            let name = "app\(number)"
            let text = String(repeating: "\(number) ", count: 20_000)
            scene.source.add(SampleImage(layers: [text], name: name), to: try Repository(name), tag: .latest)
            items.append(try .copying(name, to: "mirror/\(name)"))
        }
        let scene = scene
        let list = items
        let run = Task { await scene.run(list) }
        scene.target.addFault { operation, _ in
            if operation.isUpload { run.cancel() }
            return nil
        }
        let reports = await run.value
        #expect(reports.count < 50)
        #expect(scene.target.violations == [])
        for report in reports.values {
            if let failure = report.failure { #expect(failure.cause.kind == .cancelled) }
        }
    }

    @Test(.covers("L32"), arguments: 0..<8) func `random faults everywhere end in the right content or a failure`(
        seed: Int
    )
        async throws
    {
        let faults = RandomFaults(seed: UInt64(seed))
        for store in [scene.source, scene.target] { store.addFault { _, _ in faults.next() } }
        var items: [TransferItem] = []
        var images: [SampleImage] = []
        for number in 0..<120 {
            var image = SampleImage(
                layers: ["base \(number % 5)", "mid \(number % 11)", "own \(number)"], name: "\(number)")
            if number % 4 == 0 {
                image = SampleImage(index: [
                    ("linux/amd64", image), ("linux/arm64", SampleImage(layers: ["base 1", "arm \(number)"])),
                ])
            }
            images.append(image)
            scene.source.add(image, to: try Repository("app\(number % 60)"), tag: try Tag("v\(number)"))
            items.append(try .copying("app\(number % 60):v\(number)", to: "m/app\(number % 60):v\(number)"))
        }
        let reports = await scene.run(items)

        #expect(reports.count == items.count)
        for (number, image) in images.enumerated() where reports[number]?.copied != nil {
            #expect(reports[number]?.copied == image.root.digest)
            #expect(scene.target.contains(image, in: try Repository("m/app\(number % 60)")))
        }
        #expect(reports.values.count { $0.copied != nil } >= 115)
        #expect(scene.target.violations == [])
    }
}

/// What a run leaves behind at a target.
@Suite struct OpenSessionTests {
    @Test func `a session whose target rests when the last item fails is known at the end`() throws {
        let image = SampleImage(layers: ["one", "two"])
        let blobs = try Manifest(image.root.bytes, contentType: image.root.mediaType).blobs
        let elsewhere = try Repository("m/b")
        var earlier = EarlierRuns(mounts: ["target": true])
        for blob in blobs.prefix(2) {
            earlier.holders.note(TargetBlob(store: "target", digest: blob.digest), in: elsewhere)
        }
        var machine = TransferMachine(
            items: [try .copying("a", to: "m/a")], settings: TransferSettings(), earlier: earlier)
        func next() throws -> Queued<CopyRequest> {
            let work = machine.next(now: .zero)
            return try #require(work)
        }
        machine.finish(try next(), .summary(nil), now: .zero)
        machine.finish(try next(), .manifest(image.root), now: .zero)
        let (first, second, upload) = (try next(), try next(), try next())
        let session = UploadSession(location: "s", repository: try Repository("m/a"))
        machine.finish(first, .session(session, mountRefused: false), now: .zero)
        let rest = ContentFailure(.rateLimited, "429", retry: .notBefore(.seconds(600)))
        machine.finish(second, .failed(TransferFailure(rest, side: .target)), now: .zero)
        let loss = TransferFailure(ContentFailure(.notFound, "404"), side: .source)
        machine.finish(upload, .failed(loss), now: .zero)
        #expect(machine.isDone && machine.next(now: .zero) == nil)
        #expect(machine.openSessions.map(\.session) == [session])
    }
}
