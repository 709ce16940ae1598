// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransshipTesting

@testable import TransferEngine

/// What a target has already is not sent, however little the target says of it.
@Suite struct PresenceTests {
    let scene = Scene()
    let here: Repository

    init() throws {
        here = try Repository("m/app")
        scene.target.isKnownToMount = false
    }

    private func image(_ layers: Int, name: String = "image") -> SampleImage {
        SampleImage(layers: (0..<layers).map { "layer \($0)" }, name: name)
    }

    private func copies(of name: String) throws -> TransferItem { try .copying("app:\(name)", to: "m/app:\(name)") }

    private func offer(_ image: SampleImage, as tag: String) throws {
        scene.source.add(image, to: try Repository("app"), tag: try Tag(tag))
    }

    private var sent: Int { scene.target.count(where: \.isUpload) }

    @Test(arguments: [MemoryStore.MountBehaviour.works, .fallsThrough, .refused])
    func `a second tag of one image sends its manifest alone`(mounts: MemoryStore.MountBehaviour) async throws {
        scene.target.mounts = mounts
        let image = image(5)
        try offer(image, as: "2")
        scene.target.add(image, to: here, tag: try Tag("1"))
        let reports = await scene.run([try copies(of: "2")])

        #expect(reports[0]?.copied == image.root.digest && reports[0]?.counts.present == 6)
        #expect(sent == 0 && scene.source.count(where: \.isBlobGet) == 0)
        #expect(scene.target.count(where: \.isPut) == 1)
        // The tag, the six blobs.
        #expect(scene.target.log.count == 8)
        scene.expectClean()
    }

    @Test(arguments: [MemoryStore.MountBehaviour.works, .fallsThrough, .refused])
    func `only what is missing of an image is sent`(mounts: MemoryStore.MountBehaviour) async throws {
        scene.target.mounts = mounts
        scene.target.add(image(5, name: "old"), to: here, tag: try Tag("1"))
        try offer(image(6, name: "new"), as: "2")
        let reports = await scene.run([try copies(of: "2")])

        #expect(reports[0]?.failure == nil && reports[0]?.counts.present == 5)
        #expect(sent == 2 && scene.source.count(where: \.isBlobGet) == 2)
        scene.expectClean()
    }

    @Test func `a store that mounts is asked with the request that opens the upload, once that is known`() async throws
    {
        let recorder = scene.recorder
        try offer(image(29), as: "2")
        var run = scene
        run.settings.requests.connectionsPerStore = 4
        _ = await run.run([try copies(of: "2")])

        // By HEAD two early, and those four that could begin before anything was known; and one mount of the first one once
        // it is there.
        #expect((1...6).contains(scene.target.count { if case .hasBlob = $0 { true } else { false } }))
        #expect(scene.target.count(where: \.isAdmit) == 31)
        #expect(recorder.events.contains { if case .mountsLearned("target", true) = $0 { true } else { false } })
        scene.expectClean()
    }

    /// A run whose image is read and none of whose blobs has begun.
    private func machine(_ layers: Int, connections: Int) throws -> TransferMachine {
        var settings = TransferSettings()
        settings.requests.connectionsPerStore = connections
        var machine = TransferMachine(items: [try copies(of: "2")], settings: settings)
        for probe in drain(&machine) { machine.finish(probe, .summary(nil), now: .zero) }
        machine.endEarlyQuestions()
        for fetch in drain(&machine) { machine.finish(fetch, .manifest(image(layers).root), now: .zero) }
        return machine
    }

    private func questions(_ works: [Queued<CopyRequest>]) -> [PresenceQuestion] {
        works.compactMap { if case .upload(let upload) = $0.request { upload.question } else { nil } }
    }

    @Test func `blobs begin before it is known whether the target mounts, and are asked for by HEAD`() throws {
        var machine = try machine(11, connections: 8)
        #expect(questions(drain(&machine)) == Array(repeating: .head, count: 8))
    }

    @Test func `once a blob was sent the next ones wait for one question that spares them a request each`() throws {
        var machine = try machine(11, connections: 8)
        let first = drain(&machine)
        machine.finish(first[0], .sent(mountRefused: false, resumedAt: nil), now: .milliseconds(100))
        let proof = drain(&machine)
        try #require(proof.count == 1)
        guard case .proveMounts(let place, _) = proof[0].request, case .upload(let sent) = first[0].request else {
            Issue.record("asked \(proof[0].request)")
            return
        }
        #expect(place == sent.place)
        machine.finish(proof[0], .mounts(true), now: .milliseconds(120))
        let rest = questions(drain(&machine))
        #expect(!rest.isEmpty && rest.allSatisfy { $0 == .mount })
    }

    @Test func `a blob that waits for that question is as often tried as any other`() throws {
        var machine = try machine(2, connections: 8)
        let first = drain(&machine)
        var damage = ContentFailure(.corrupt, "bytes of another blob", retry: .later)
        damage.received = image(1).root.digest
        machine.finish(first[1], .failed(TransferFailure(damage, side: .source)), now: .zero)
        machine.finish(first[0], .sent(mountRefused: false, resumedAt: nil), now: .zero)
        let later = Duration.seconds(10)
        let proof = drain(&machine, at: later)
        try #require(proof.count == 1)
        machine.finish(proof[0], .mounts(true), now: later)
        let again = drain(&machine, at: later)
        #expect(again.map(\.attempt) == [2] && again.map(\.policy) == [.reload])
    }

    @Test func `who waited for a question that failed is asked for by HEAD`() throws {
        var machine = try machine(11, connections: 8)
        let first = drain(&machine)
        machine.finish(first[0], .sent(mountRefused: false, resumedAt: nil), now: .milliseconds(100))
        let proof = drain(&machine)
        try #require(proof.count == 1)
        let failure = TransferFailure(ContentFailure(.denied, "403", status: 403), side: .target)
        machine.finish(proof[0], .failed(failure), now: .milliseconds(120))
        #expect(questions(drain(&machine)) == [.head])
    }

    @Test func `what an earlier run found out is not asked again`() async throws {
        try offer(image(5), as: "2")
        var run = scene
        run.earlier.mounts = ["target": true]
        _ = await run.run([try copies(of: "2")])
        #expect(scene.target.count { if case .hasBlob = $0 { true } else { false } } == 0)
        #expect(scene.target.count(where: \.isAdmit) == 6)
    }

    @Test func `a store that does not mount is asked by HEAD, and is not asked for mounts`() async throws {
        scene.target.mounts = .fallsThrough
        try offer(image(5), as: "2")
        var run = scene
        run.earlier.mounts = ["target": false]
        _ = await run.run([try copies(of: "2")])
        #expect(scene.target.count { if case .hasBlob = $0 { true } else { false } } == 6)
        #expect(scene.target.count { if case .admit(_, _, from: .some) = $0 { true } else { false } } == 0)
        scene.expectClean()
    }

    private func drain(_ machine: inout TransferMachine, at now: Duration = .zero) -> [Queued<CopyRequest>] {
        var works: [Queued<CopyRequest>] = []
        while let work = machine.next(now: now) { works.append(work) }
        return works
    }

    // MARK: Indexes

    private var index: SampleImage {
        SampleImage(index: [
            ("linux/amd64", image(2, name: "amd64")), ("linux/arm64", image(3, name: "arm64")),
            ("linux/s390x", image(1, name: "s390x")),
        ])
    }

    @Test func `a second tag of an index costs its beginning, its root, and the manifest`() async throws {
        try offer(index, as: "2")
        scene.target.add(index, to: here, tag: try Tag("1"))
        let reports = await scene.run([try copies(of: "2")])

        #expect(reports[0]?.copied == index.root.digest && sent == 0)
        // The tag, the first child's config, the root, and the root under its new name.
        #expect(scene.target.log.count == 4)
        #expect(scene.source.log.count == 2)
        #expect(scene.target.digest(of: try Tag("2"), in: here) == index.root.digest)
        scene.expectClean()
    }

    @Test func `where pulls are counted the root is asked for before any child is pulled`() async throws {
        try offer(index, as: "2")
        scene.target.add(index, to: here, tag: try Tag("1"))
        var run = scene
        run.settings.requests.countedSources = ["source"]
        let reports = await run.run([try copies(of: "2")])
        #expect(reports[0]?.copied == index.root.digest)
        #expect(scene.source.count(where: \.isManifestGet) == 1)
    }

    @Test func `of an index that replaces another one only new children are fetched`() async throws {
        let old = SampleImage(index: [
            ("linux/amd64", image(2, name: "amd64")), ("linux/arm64", image(3, name: "arm64")),
            ("linux/s390x", image(1, name: "old")),
        ])
        scene.target.add(old, to: here, tag: try Tag("2"))
        try offer(index, as: "2")
        let reports = await scene.run([try copies(of: "2")])

        #expect(reports[0]?.copied == index.root.digest)
        #expect(scene.source.count(where: \.isManifestGet) == 2)
        #expect(sent == 1)
        scene.expectClean()
    }

    @Test func `an index of which two children had arrived goes on with the third`() async throws {
        try offer(index, as: "2")
        for child in [image(2, name: "amd64"), image(3, name: "arm64")] { scene.target.add(child, to: here, tag: nil) }
        let reports = await scene.run([try copies(of: "2")])

        #expect(reports[0]?.copied == index.root.digest)
        #expect(scene.target.count(where: \.isPut) == 2)
        // The root, the first child to begin with, and the one that is missing.
        #expect(scene.source.count(where: \.isManifestGet) == 3)
        #expect(scene.target.contains(index, in: here))
        scene.expectClean()
    }

    enum Earlier: CaseIterable { case nothing, firstChild, firstIndex, secondIndex, bothIndexes }

    /// Whichever comes first waits for none that is waited for by the other.
    @Test(arguments: Earlier.allCases, [1, 2, 32])
    func `indexes that begin with the same child all arrive`(earlier: Earlier, jobs: Int) async throws {
        let first = image(2, name: "amd64")
        let indexes = (0..<4).map { number in
            SampleImage(index: [
                ("linux/amd64", first), ("linux/arm64", image(3, name: "\(number)")),
                ("linux/s390x", SampleImage(index: [("linux/s390x", first), ("linux/arm", image(1, name: "inner"))])),
            ])
        }
        for (number, index) in indexes.enumerated() { try offer(index, as: "\(number)") }
        switch earlier {
        case .nothing: break
        case .firstChild: scene.target.add(first, to: here, tag: nil)
        case .firstIndex: scene.target.add(indexes[0], to: here, tag: try Tag("old"))
        case .secondIndex: scene.target.add(indexes[1], to: here, tag: try Tag("old"))
        case .bothIndexes: for index in indexes.prefix(2) { scene.target.add(index, to: here, tag: nil) }
        }
        var run = scene
        run.settings.jobs = jobs
        let reports = await run.run(try (0..<4).map { try copies(of: "\($0)") })
        for (number, index) in indexes.enumerated() {
            #expect(reports[number]?.copied == index.root.digest)
            #expect(scene.target.contains(index, in: here))
        }
        scene.expectClean()
    }

    /// The source has it no more.
    private func lose(_ image: SampleImage) {
        scene.source.addFault { operation, _ in
            guard case .manifest(_, .digest(image.root.digest)) = operation else { return nil }
            return ContentFailure(.notFound, "404")
        }
    }

    @Test func `of an index whose first child is missing nothing else is read`() async throws {
        try offer(index, as: "2")
        lose(image(2, name: "amd64"))
        let reports = await scene.run([try copies(of: "2")])

        #expect(reports[0]?.failure?.cause.kind == .notFound)
        #expect(scene.source.log.count <= 3 && scene.source.count(where: \.isBlobGet) == 0)
    }

    @Test func `what remains of an image that has failed is not read`() async throws {
        let children = (0..<40).map { SampleImage(layers: ["layer \($0)"], name: "\($0)") }
        let index = SampleImage(index: children.map { ("linux/amd64", $0) })
        try offer(index, as: "2")
        lose(children[1])
        var run = scene
        run.settings.requests.connectionsPerStore = 2
        let reports = await run.run([try copies(of: "2")])

        #expect(reports[0]?.failure?.cause.kind == .notFound)
        #expect(scene.source.count(where: \.isManifestGet) < 10)
        #expect(scene.source.count(where: \.isBlobGet) < 10)
        #expect(scene.target.openSessions == 0)
    }
}
