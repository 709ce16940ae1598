// SPDX-License-Identifier: Apache-2.0

import Content
import Foundation
import OCI
import ProtocolCases
import Synchronization
import Testing
import TransshipTesting

@testable import TransferEngine

@Suite struct CopyTests {
    let repository: Repository
    let scene = Scene()

    init() throws { repository = try Repository("team/app") }

    @Test func `a new image costs one HEAD at the target, one manifest GET, and POST and PUT a blob`() async throws {
        let image = SampleImage(layers: ["one", "two"])
        scene.source.add(image, to: repository, tag: .latest)
        let reports = await scene.run([try .copying("team/app:latest", to: "mirror/app:v1")])

        #expect(reports[0]?.copied == image.root.digest)
        #expect(scene.target.contains(image, in: try Repository("mirror/app")))
        #expect(scene.target.digest(of: try Tag("v1"), in: try Repository("mirror/app")) == image.root.digest)
        #expect(scene.source.log.filter { !$0.isBlobGet } == [.manifest(repository, .tag(.latest))])
        #expect(scene.source.count(where: \.isBlobGet) == 3)
        #expect(scene.target.count(where: \.isSummary) == 1)
        #expect(scene.target.count(where: \.isAdmit) == 3)
        #expect(scene.target.count(where: \.isUpload) == 3)
        #expect(scene.target.count(where: \.isPut) == 1)
        scene.expectClean()
    }

    @Test func `an unchanged image costs one HEAD at each side`() async throws {
        let image = SampleImage(layers: ["one"])
        scene.source.add(image, to: repository, tag: .latest)
        scene.target.add(image, to: repository, tag: .latest)
        let reports = await scene.run([try .copying("team/app:latest", to: "team/app:latest")])

        #expect(reports[0]?.unchanged == image.root.digest)
        #expect(scene.source.log == [.summary(repository, .tag(.latest))])
        #expect(scene.target.log == [.summary(repository, .tag(.latest))])
    }

    @Test(arguments: ["latest", "latest@", "@"])
    func `an image whose source is named by another algorithm is unchanged where the bytes are equal`(
        name: String
    ) async throws {
        let image = SampleImage(layers: ["one"])
        let named = image.namedBySHA512
        scene.source.add(named, to: repository)
        scene.target.add(image, to: repository, tag: .latest)
        let tag = name.hasPrefix("@") ? "" : ":latest"
        let digest = name.hasSuffix("@") ? "@\(image.root.digest)" : ""
        let reports = await scene.run([
            try .copying("team/app@\(named.root.digest)", to: "team/app" + tag + digest)
        ])
        // The target's tag names it by SHA-256.
        #expect(reports[0]?.unchanged == (tag.isEmpty ? named : image).root.digest)
        #expect(scene.target.count(where: \.isPut) == 0)
    }

    @Test func `a target that is asked for another digest gets no image, whatever algorithm names it`() async throws {
        let image = SampleImage(layers: ["one"])
        scene.source.add(image.namedBySHA512, to: repository)
        let other = SampleImage(layers: ["two"]).root.digest
        let reports = await scene.run(
            try [":latest@\(other)", "@\(image.root.digest)"].map {
                try .copying("team/app@\(image.namedBySHA512.root.digest)", to: "team/app" + $0)
            })
        #expect(reports.values.allSatisfy { $0.failure?.cause.message.contains("the target asks for") == true })
        #expect(scene.target.count(where: \.isPut) == 0)
    }

    @Test(.covers("X01", "X06")) func `a layer of many images is sent once and mounted by the others`() async throws {
        var items: [TransferItem] = []
        var images: [SampleImage] = []
        for number in 0..<20 {
            let image = SampleImage(layers: ["shared base", "own \(number)"], name: "\(number)")
            images.append(image)
            scene.source.add(image, to: try Repository("app\(number)"), tag: .latest)
            items.append(try .copying("app\(number):latest", to: "mirror/app\(number):latest"))
        }
        let reports = await scene.run(items)

        let base = ContentHash.digest(of: Array("shared base".utf8))
        for (number, image) in images.enumerated() {
            #expect(reports[number]?.copied == image.root.digest)
            #expect(scene.target.contains(image, in: try Repository("mirror/app\(number)")))
        }
        #expect(scene.source.count { if case .blob(_, base, _) = $0 { true } else { false } } == 1)
        #expect(scene.target.count { if case .upload(_, base) = $0 { true } else { false } } == 1)
        #expect(reports.values.reduce(0) { $0 + $1.counts.mounted } == 19)
        scene.expectClean()
    }

    @Test(.covers("X02")) func `a mount that falls through uploads into the session it opened`() async throws {
        scene.target.mounts = .fallsThrough
        for name in ["a", "b"] {
            scene.source.add(SampleImage(layers: ["shared"], name: name), to: try Repository(name), tag: .latest)
        }
        let reports = await scene.run([try .copying("a", to: "m/a"), try .copying("b", to: "m/b")])

        #expect(reports.values.allSatisfy { $0.copied != nil })
        let shared = ContentHash.digest(of: Array("shared".utf8))
        // Whether the store mounts is asked with whichever blob was sent first: a session of its own, which no upload gets.
        let opened = scene.target.count {
            if case .admit(let repository, shared, let origin) = $0 { origin != repository } else { false }
        }
        #expect(opened == 2)
        #expect(scene.target.count { if case .upload(_, shared) = $0 { true } else { false } } == 2)
        scene.expectClean()
    }

    @Test func `a registry that refuses mounts is not asked again`() async throws {
        scene.target.mounts = .refused
        var items: [TransferItem] = []
        for number in 0..<12 {
            let image = SampleImage(layers: ["shared"], name: "\(number)")
            scene.source.add(image, to: try Repository("app\(number)"), tag: .latest)
            items.append(try .copying("app\(number)", to: "mirror/app\(number)"))
        }
        var scene = scene
        scene.settings.jobs = 1
        let reports = await scene.run(items)

        #expect(reports.values.allSatisfy { $0.copied != nil })
        // Both blobs of the first image are on their way before the answer to one of them is known.
        #expect(scene.target.count { if case .admit(_, _, from: .some) = $0 { true } else { false } } == 2)
        scene.expectClean()
    }

    @Test(.covers("X05")) func `within one store blobs are mounted from the source's own repository`() async throws {
        scene.target.add(SampleImage(layers: ["one"]), to: repository, tag: .latest)
        let reports = await scene.run([try .copying("team/app", to: "m/app", from: "target")])

        #expect(reports[0]?.copied != nil)
        #expect(scene.target.count { $0.isUpload } == 0)
        #expect(
            scene.target.log.allSatisfy { operation in
                if case .admit(_, _, let origin) = operation { origin == repository } else { true }
            })
        scene.expectClean()
    }

    @Test(.covers("F08")) func `two tags of one digest move its content once`() async throws {
        let image = SampleImage(layers: ["one"])
        scene.source.add(image, to: repository, tag: try Tag("v1"))
        scene.source.add(image, to: repository, tag: try Tag("v2"))
        let reports = await scene.run([
            try .copying("team/app:v1", to: "m/app:v1"), try .copying("team/app:v2", to: "m/app:v2"),
        ])

        #expect(reports.values.allSatisfy { $0.copied == image.root.digest })
        #expect(scene.target.count(where: \.isUpload) == 2)
        #expect(scene.target.count(where: \.isPut) == 2)
        #expect(scene.target.digest(of: try Tag("v2"), in: try Repository("m/app")) == image.root.digest)
        scene.expectClean()
    }

    @Test(.covers("F01")) func `an index is copied children first, nested ones too, the tag last`() async throws {
        let inner = SampleImage(index: [("linux/arm64", SampleImage(layers: ["arm"], name: "arm"))])
        let index = SampleImage(index: [
            ("linux/amd64", SampleImage(layers: ["amd"], name: "amd")), ("linux/arm64", inner),
        ])
        scene.source.add(index, to: repository, tag: .latest)
        let reports = await scene.run([try .copying("team/app", to: "m/app")])

        #expect(reports[0]?.copied == index.root.digest)
        #expect(scene.target.contains(index, in: try Repository("m/app")))
        #expect(scene.target.log.last == .put(try Repository("m/app"), .tag(.latest)))
        #expect(scene.source.count(where: \.isManifestGet) == 4)
        scene.expectClean()
    }

    @Test(.covers("M16")) func `an entry of unknown type that is no manifest is copied as a blob`() async throws {
        let loose = Array("loose content".utf8)
        let descriptor = Descriptor(
            mediaType: "application/vnd.example.unknown", digest: ContentHash.digest(of: loose),
            size: Int64(loose.count))
        var index = SampleImage(index: [("linux/amd64", SampleImage(layers: ["amd"]))], extra: [descriptor])
        index.blobs[descriptor.digest] = loose
        scene.source.add(index, to: repository, tag: .latest)
        let reports = await scene.run([try .copying("team/app", to: "m/app")])

        #expect(reports[0]?.copied == index.root.digest)
        #expect(scene.target.contains(index, in: try Repository("m/app")))
        scene.expectClean()
    }

    @Test(.covers("M16")) func `an entry of unknown type that is a manifest is copied as one`() async throws {
        let strange = SampleImage.manifest("application/vnd.example.unknown+json", ["note": "nobody knows this type"])
        var index = SampleImage(
            index: [("linux/amd64", SampleImage(layers: ["amd"]))],
            extra: [
                Descriptor(
                    mediaType: strange.mediaType, digest: strange.digest, size: Int64(strange.bytes.count))
            ])
        index.manifests.append(strange)
        scene.source.add(index, to: repository, tag: .latest)
        let reports = await scene.run([try .copying("team/app", to: "m/app")])

        #expect(reports[0]?.copied == index.root.digest)
        #expect(scene.target.contains(index, in: try Repository("m/app")))
        scene.expectClean()
    }

    @Test(.covers("F04")) func `foreign layers stay where they are unless asked for`() async throws {
        let image = SampleImage(layers: ["own"], foreign: ["windows base"])
        scene.source.add(image, to: repository, tag: .latest)
        let reports = await scene.run([try .copying("team/app", to: "m/app")])

        #expect(reports[0]?.copied == image.root.digest)
        #expect(scene.source.count(where: \.isBlobGet) == 2)
        #expect(scene.recorder.events.contains { if case .foreignLayerSkipped = $0 { true } else { false } })
    }

    @Test(.covers("F03")) func `a platform takes the first child that matches`() async throws {
        let arm = SampleImage(layers: ["arm"], name: "arm")
        let index = SampleImage(index: [
            ("linux/amd64", SampleImage(layers: ["amd"], name: "amd")), ("linux/arm64", arm),
        ])
        scene.source.add(index, to: repository, tag: .latest)
        let reports = await scene.run([try .copying("team/app", to: "m/app", platforms: .of("linux/arm64"))])

        #expect(reports[0]?.copied == arm.root.digest)
        #expect(scene.target.digest(of: .latest, in: try Repository("m/app")) == arm.root.digest)
        #expect(!scene.target.contains(index, in: try Repository("m/app")))
    }

    @Test func `a platform that is missing names those on offer`() async throws {
        let index = SampleImage(index: [("linux/amd64", SampleImage(layers: ["amd"]))])
        scene.source.add(index, to: repository, tag: .latest)
        let reports = await scene.run([try .copying("team/app", to: "m/app", platforms: .of("linux/riscv64"))])

        let failure = try #require(reports[0]?.failure)
        #expect(failure.side == .source && failure.cause.kind == .notFound)
        #expect(failure.cause.message == "no child with platform linux/riscv64 in index source/team/app:latest")
        #expect(failure.cause.hint == "it offers linux/amd64")
        #expect(scene.target.log.allSatisfy { $0.isSummary })
    }

    @Test(.covers("L19")) func `a tag that moves during the run keeps the digest it had first`() async throws {
        let old = SampleImage(layers: ["old"], name: "old")
        let new = SampleImage(layers: ["new"], name: "new")
        scene.source.add(old, to: repository, tag: .latest)
        scene.source.addFault { [source = scene.source, repository] operation, _ in
            if operation.isBlobGet { Task { source.add(new, to: repository, tag: .latest) } }
            return nil
        }
        var scene = scene
        scene.settings.jobs = 1
        let reports = await scene.run([try .copying("team/app", to: "m/a"), try .copying("team/app", to: "m/b")])
        #expect(reports[0]?.copied == old.root.digest)
        #expect(reports[1]?.copied == old.root.digest)
    }

    @Test func `an existing tag is kept when the run does not clobber`() async throws {
        let old = SampleImage(layers: ["old"], name: "old")
        scene.source.add(SampleImage(layers: ["new"]), to: repository, tag: .latest)
        scene.target.add(old, to: repository, tag: .latest)
        var scene = scene
        scene.settings.keepsExistingTags = true
        let reports = await scene.run([try .copying("team/app", to: "team/app")])
        #expect(reports[0]?.kept?.0 == old.root.digest && reports[0]?.kept?.offered == nil)
        #expect(scene.source.log == [])
    }

    @Test(arguments: ["same", "other", "gone"]) func `what was kept is told from what is the same, by one question`(
        atSource: String
    ) async throws {
        var scene = scene
        (scene.settings.keepsExistingTags, scene.settings.comparesKeptTags) = (true, true)
        let (old, new) = (SampleImage(layers: ["old"], name: "old"), SampleImage(layers: ["new"]))
        scene.target.add(old, to: repository, tag: .latest)
        if atSource != "gone" { scene.source.add(atSource == "same" ? old : new, to: repository, tag: .latest) }
        let reports = await scene.run([try .copying("team/app", to: "team/app")])
        switch atSource {
        case "same": #expect(reports[0]?.unchanged == old.root.digest)
        case "other": #expect(reports[0]?.kept?.0 == old.root.digest && reports[0]?.kept?.offered == new.root.digest)
        default: #expect(reports[0]?.kept?.0 == old.root.digest && reports[0]?.kept?.offered == nil)
        }
        #expect(scene.source.log.count == 1 && scene.target.count(where: \.isPut) == 0)
    }

    @Test func `a kept tag by digest asks nobody, and other items of a source tag are copied`() async throws {
        var scene = scene
        (scene.settings.keepsExistingTags, scene.settings.comparesKeptTags) = (true, true)
        let (old, new) = (SampleImage(layers: ["old"], name: "old"), SampleImage(layers: ["new"]))
        scene.source.add(new, to: repository, tag: .latest)
        scene.target.add(old, to: try Repository("m/kept"), tag: .latest)
        let reports = await scene.run([
            try .copying("team/app", to: "m/kept"), try .copying("team/app", to: "m/new"),
            try .copying("team/app@\(new.root.digest)", to: "m/kept:latest"),
        ])
        #expect(reports[0]?.kept?.offered == new.root.digest && reports[2]?.kept?.offered == new.root.digest)
        #expect(reports[1]?.copied == new.root.digest)
    }

    @Test(.covers("F01")) func `an index nested deeper than the bound is refused`() async throws {
        var nested = SampleImage(layers: ["leaf"])
        for _ in 0..<17 { nested = SampleImage(index: [("linux/amd64", nested)]) }
        scene.source.add(nested, to: repository, tag: .latest)
        let reports = await scene.run([try .copying("team/app", to: "m/app")])
        #expect(reports[0]?.failure?.cause.kind == .tooLarge)
        #expect(scene.target.count(where: \.isPut) == 0)
    }

    @Test func `a thousand items keep to the number of requests allowed at once`() async throws {
        var items: [TransferItem] = []
        for number in 0..<1000 {
            let image = SampleImage(layers: ["base \(number % 7)", "own \(number)"], name: "\(number)")
            scene.source.add(image, to: try Repository("app\(number)"), tag: .latest)
            items.append(try .copying("app\(number)", to: "mirror/app\(number)"))
        }
        var scene = scene
        scene.settings.requests.connectionsPerStore = 6
        let reports = await scene.run(items)
        #expect(reports.count == 1000 && reports.values.allSatisfy { $0.copied != nil })
        #expect(scene.source.mostRunning <= 6)
        #expect(scene.target.mostRunning <= 6)
        scene.expectClean()
    }

    @Test func `into a new mirror most items go without asking what is there`() async throws {
        var items: [TransferItem] = []
        for number in 0..<200 {
            let name = "app\(number)"
            scene.source.add(SampleImage(layers: ["own \(number)"], name: name), to: try Repository(name), tag: .latest)
            items.append(try .copying(name, to: "m/\(name)"))
        }
        var scene = scene
        scene.settings.jobs = 4
        let reports = await scene.run(items)
        #expect(reports.values.count { $0.copied != nil } == 200)
        let asked = scene.target.count(where: \.isSummary)
        #expect(asked >= AbsenceGuess.missesBeforeGivingUp && asked < 48)
        scene.expectClean()
    }

    @Test func `one item found at the target makes all later ones ask again`() {
        var guess = AbsenceGuess()
        for _ in 0..<AbsenceGuess.missesBeforeGivingUp { guess.answered(found: false) }
        let skipped = (0..<AbsenceGuess.sample).count { _ in guess.shouldSkipProbe() }
        #expect(skipped == AbsenceGuess.sample - 1)
        guess.answered(found: true)
        for _ in 0..<100 { guess.answered(found: false) }
        let later = (0..<AbsenceGuess.sample).count { _ in guess.shouldSkipProbe() }
        #expect(later == 0)
    }

    @Test func `tags are always asked about where they are to be kept`() async throws {
        var items: [TransferItem] = []
        for number in 0..<40 {
            let image = SampleImage(layers: ["own \(number)"], name: "\(number)")
            scene.source.add(image, to: try Repository("app\(number)"), tag: .latest)
            items.append(try .copying("app\(number)", to: "m/app\(number)"))
        }
        var scene = scene
        scene.settings.keepsExistingTags = true
        _ = await scene.run(items)
        #expect(scene.target.count(where: \.isSummary) == 40)
    }

    @Test func `tags of one digest are set together where the target can do that`() async throws {
        let image = SampleImage(layers: ["one"])
        var items: [TransferItem] = []
        for number in 0..<12 {
            scene.source.add(image, to: repository, tag: try Tag("v\(number)"))
            items.append(try .copying("team/app:v\(number)", to: "m/app:v\(number)"))
        }
        scene.target.setsTagsTogether = true
        let reports = await scene.run(items)
        #expect(reports.values.count { $0.copied == image.root.digest } == 12)
        for number in 0..<12 {
            #expect(
                scene.target.digest(of: try Tag("v\(number)"), in: try Repository("m/app")) == image.root.digest)
        }
        #expect(scene.target.count(where: \.isPut) < 12)
        scene.expectClean()
    }

    // MARK: - Events

    /// Takes no event before it may.
    private struct StallingObserver: TransferObserver {
        /// Ends when events may be taken.
        let beginning: AsyncStream<Void>
        let recorder: EventRecorder

        func receive(_ event: TransferEvent) async {
            for await _ in beginning {}
            recorder.receive(event)
        }
    }

    @Test func `an observer that does not take what a run tells holds up no request, and misses nothing`() async throws
    {
        let items = try fill(20)
        let (beginning, begin) = AsyncStream.makeStream(of: Void.self)
        let left = Mutex(items.count)
        scene.target.addFault { operation, _ in
            guard case .put = operation else { return nil }
            if left.withLock({
                $0 -= 1; return $0 == 0
            }) {
                begin.finish()
            }
            return nil
        }
        let reports = await run(items, StallingObserver(beginning: beginning, recorder: scene.recorder)).execute()
        #expect(reports.count { $0?.copied != nil } == items.count)
        #expect(scene.recorder.events.count { if case .itemFinished = $0 { true } else { false } } == items.count)
    }

    // MARK: - Results

    @Test func `a run returns how each item ended, in the order of the items`() async throws {
        var items = try fill(3)
        items.insert(try .copying("app:absent", to: "m/app:absent"), at: 1)
        let reports = await run(items).execute()
        #expect(reports.map { $0?.copied != nil } == [true, false, true, true])
        #expect(reports.map { $0?.rootWasRead } == [true, false, true, true])
        #expect(reports[1]?.failure?.cause.kind == .notFound)
    }

    @Test func `of items that had not begun a stopped run returns nothing`() async throws {
        let run = run(try fill(3))
        let stopped = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await run.execute()
        }
        let reports = await stopped.value
        #expect(reports.count == 3 && reports.allSatisfy { $0 == nil })
    }

    @Test func `each report goes into the result once, before its event is told`() async throws {
        let items = try fill(5)
        let results = ResultSink<ItemReport, [ItemID]>([]) { [recorder = scene.recorder] ended, report in
            #expect(
                !recorder.events.contains {
                    if case .itemFinished(let told) = $0 { told.item == report.item } else { false }
                })
            ended.append(report.item)
        }
        #expect(await run(items, scene.recorder).execute(into: results).sorted() == Array(items.indices))
    }

    /// Images at the source, and the items that copy them.
    private func fill(_ count: Int) throws -> [TransferItem] {
        try (0..<count).map { number in
            scene.source.add(
                SampleImage(layers: ["\(number)"]), to: try Repository("app"), tag: try OCI.Tag("v\(number)"))
            return try .copying("app:v\(number)", to: "m/app:v\(number)")
        }
    }

    private func run(_ items: [TransferItem], _ observer: (any TransferObserver)? = nil) -> TransferRun {
        let (source, target) = (scene.source, scene.target)
        return TransferRun(
            items: items, settings: scene.settings, clock: scene.clock, observer: observer,
            stores: RunStores { store, _ in store == "target" ? target : source })
    }
}
