// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import ProtocolCases
import Testing
import TransshipTesting

@testable import TransferEngine

@Suite struct ReferrerTests {
    private var scene = Scene()
    private let image = SampleImage(layers: ["one"])
    private let app: Repository
    private let mirror: Repository

    init() throws {
        scene.settings.referrers = .all
        app = try Repository("app")
        mirror = try Repository("m/app")
        scene.source.add(image, to: app, tag: .latest)
    }

    private func run() async throws -> ItemReport? { await scene.run([try .copying("app", to: "m/app")])[0] }

    private func fallbackTag(_ manifest: ManifestContent) throws -> OCI.Tag {
        try Tag(manifest.digest.text.split(separator: ":").joined(separator: "-"))
    }

    @Test func `what refers to an image goes with it, and what refers to that`() async throws {
        let attestation = SampleImage(about: image.root, layers: ["provenance"])
        let signature = SampleImage(about: attestation.root, layers: ["signature"])
        for referrer in [attestation, signature] { scene.source.add(referrer, to: app) }
        #expect(try await run()?.copied == image.root.digest)
        for content in [image, attestation, signature] { #expect(scene.target.contains(content, in: mirror)) }
        #expect(scene.target.digest(of: try fallbackTag(image.root), in: mirror) == nil)
        scene.expectClean()
    }

    @Test(arguments: [false, true])
    func `an image arrives although nobody says what refers to it, and its item fails for that`(
        isThere: Bool
    ) async throws {
        if isThere { scene.target.add(image, to: mirror, tag: .latest) }
        scene.source.addFault { operation, _ in
            guard case .referrers = operation else { return nil }
            return ContentFailure(.unavailable, "429 (https://elsewhere.example)", status: 429)
        }
        let failure = try await run()?.failure
        #expect(failure?.side == .source && failure?.cause.message.contains("the image is at the target") == true)
        #expect(scene.target.contains(image, in: mirror))
        #expect(scene.target.digest(of: .latest, in: mirror) == image.root.digest)
        scene.expectClean()
    }

    @Test func `a source that answers all but the question for referrers is no source that is down`() async throws {
        var down = ContentFailure(.unavailable, "503", retry: .notBefore(.seconds(60)), status: 503)
        down.isOutage = true
        scene.source.addFault { [down] operation, _ in if case .referrers = operation { down } else { nil } }
        #expect(try await run()?.failure?.cause.message.contains("the image is at the target") == true)
        #expect(scene.target.digest(of: .latest, in: mirror) == image.root.digest)
        #expect(!scene.recorder.events.contains { if case .paused = $0 { true } else { false } })
        #expect(scene.clock.now < .seconds(30))
        scene.expectClean()
    }

    @Test(arguments: [TransferSide.source, .target])
    func `the question for referrers has a place at both stores, and both get the pause that they ask for`(
        side: TransferSide
    ) throws {
        let place = ManifestPlace(store: "target", repository: mirror, digest: image.root.digest)
        let source = RepositoryPlace(store: "source", repository: app)
        let both = RequestStores(reading: "source", writing: "target")
        #expect(AuditRequest.listReferrers(AuditPlace(place), source).lanes == both)
        let question = CopyRequest.listReferrers(place, source)
        #expect(question.lanes == both)
        var machine = RequestMachine<CopyRequest>(settings: RequestSettings())
        machine.append(question, for: 0)
        let taken = machine.take(now: .zero)
        let queued = try #require(taken)
        machine.begin(queued, now: .zero)
        let cause = ContentFailure(.rateLimited, "429", retry: .notBefore(.seconds(60)), status: 429)
        _ = machine.failed(queued, TransferFailure(cause, side: side), now: .zero)
        #expect(machine.isPaused(side == .source ? "source" : "target", now: .seconds(59)))
        let early = machine.take(now: .seconds(59))
        #expect(early == nil)
    }

    @Test func `of an index the item fails for what is not known of a child, and later names ask again`() async throws {
        let index = SampleImage(index: [("linux/amd64", image)])
        scene.source.add(index, to: app, tag: try OCI.Tag("i"))
        let asked = image.root.digest
        scene.source.addFault { operation, earlier in
            guard case .referrers(_, asked) = operation, earlier < 1 else { return nil }
            return ContentFailure(.unavailable, "503")
        }
        var scene = scene
        scene.settings.jobs = 1
        let reports = await scene.run([try .copying("app:i", to: "m/app:1"), try .copying("app:i", to: "m/app:2")])
        #expect(reports[0]?.failure != nil && reports[1]?.copied == index.root.digest)
        #expect(scene.target.digest(of: try OCI.Tag("1"), in: mirror) == index.root.digest)
    }

    @Test func `a source that takes the list's tag for the digest lists nothing by it`() async throws {
        (scene.source.listsReferrers, scene.target.listsReferrers) = (false, false)
        let index = SampleImage(index: [
            ("linux/amd64", image), ("linux/arm64", SampleImage(layers: ["two"], name: "two")),
        ])
        scene.source.add(index, to: app, tag: try OCI.Tag("i"))
        scene.source.add(index, to: app, tag: try fallbackTag(index.root))
        let reports = await scene.run([try .copying("app:i", to: "m/app:i")])
        #expect(reports[0]?.copied == index.root.digest)
        #expect(scene.target.digest(of: try fallbackTag(index.root), in: mirror) == nil)
        scene.expectClean()
    }

    @Test func `nothing more is copied unless asked for`() async throws {
        var scene = scene
        scene.settings.referrers = .none
        let signature = SampleImage(about: image.root, layers: ["signature"])
        scene.source.add(signature, to: app)
        _ = await scene.run([try .copying("app", to: "m/app")])
        #expect(!scene.target.contains(signature, in: mirror))
        #expect(scene.source.count { if case .referrers = $0 { true } else { false } } == 0)
    }

    @Test func `with new, what refers to a copied image goes with it, and of what is there nothing is asked`()
        async throws
    {
        var scene = scene
        scene.settings.referrers = .new
        let signature = SampleImage(about: image.root, layers: ["signature"])
        scene.source.add(signature, to: app)
        _ = await scene.run([try .copying("app", to: "m/app")])
        #expect(scene.target.contains(signature, in: mirror))
        let asked = scene.source.count { if case .referrers = $0 { true } else { false } }
        #expect(asked > 0)
        let later = SampleImage(about: image.root, layers: ["a later signature"])
        scene.source.add(later, to: app)
        let again = await scene.run([try .copying("app", to: "m/app")])
        #expect(again[0]?.unchanged == image.root.digest)
        #expect(!scene.target.contains(later, in: mirror))
        #expect(scene.source.count { if case .referrers = $0 { true } else { false } } == asked)
        scene.settings.referrers = .all
        _ = await scene.run([try .copying("app", to: "m/app")])
        #expect(scene.target.contains(later, in: mirror))
    }

    @Test(arguments: [true, false], [ReferrerChoice.new, .all])
    func `where nothing refers to an image at the source its target is asked nothing about that`(
        targetLists: Bool, choice: ReferrerChoice
    ) async throws {
        var scene = scene
        scene.settings.referrers = choice
        scene.target.listsReferrers = targetLists
        #expect(await scene.run([try .copying("app", to: "m/app")])[0]?.copied == image.root.digest)
        let asked = scene.target.log.filter { operation in
            if case .referrers = operation { true } else { operation.isManifestGet }
        }
        #expect(asked == [])
    }

    /// An index of two platforms, and something that refers to each manifest and to that.
    private func addSignedIndex() throws -> (
        index: SampleImage, ofIndex: SampleImage, ofThat: SampleImage, ofChild: SampleImage
    ) {
        let index = SampleImage(index: [
            ("linux/amd64", image), ("linux/arm64", SampleImage(layers: ["two"], name: "two")),
        ])
        let ofIndex = SampleImage(about: index.root, layers: ["signature"])
        let ofThat = SampleImage(about: ofIndex.root, layers: ["of a signature"])
        let ofChild = SampleImage(about: image.root, layers: ["of a child"])
        scene.source.add(index, to: app, tag: try OCI.Tag("i"))
        for referrer in [ofIndex, ofThat, ofChild] { scene.source.add(referrer, to: app) }
        return (index, ofIndex, ofThat, ofChild)
    }

    private func asked(about manifest: ManifestContent) -> Int {
        scene.source.count { if case .referrers(_, manifest.digest) = $0 { true } else { false } }
    }

    @Test func `with new, one question is asked for what an item names, and none for each platform`() async throws {
        let signed = try addSignedIndex()
        var scene = scene
        scene.settings.referrers = .new
        _ = await scene.run([try .copying("app:i", to: "m/app:i")])
        #expect(scene.target.contains(signed.ofIndex, in: mirror) && scene.target.contains(signed.ofThat, in: mirror))
        #expect(asked(about: signed.index.root) == 1 && asked(about: image.root) == 0)
        #expect(!scene.target.contains(signed.ofChild, in: mirror))
        scene.expectClean()
    }

    @Test(arguments: [["app:i", "app"], ["app", "app:i"]])
    func `with new, a platform's image that an item names as well is asked about, whichever comes first`(
        sources: [String]
    ) async throws {
        let signed = try addSignedIndex()
        var scene = scene
        (scene.settings.referrers, scene.settings.jobs) = (.new, 1)
        let reports = await scene.run(try sources.map { try .copying($0, to: "m/\($0)") })
        #expect(reports.values.allSatisfy { $0.copied != nil })
        #expect(scene.target.contains(signed.ofIndex, in: mirror) && scene.target.contains(signed.ofChild, in: mirror))
        #expect(asked(about: image.root) == 1)
        scene.expectClean()
    }

    /// Lists of a few pages are read; longer ones only once as many tags were asked for; one that is refused never.
    @Test(arguments: [(1, 1, 0), (4, 1, 0), (50, 1, 4), (nil, 1, 4)])
    func `what cosign puts under a tag is found by a list, or where that is long or refused by its name`(
        pages: Int?, lists: Int, questions: Int
    ) async throws {
        let signature = SampleImage(layers: ["signature"], name: "signature")
        scene.source.listsReferrers = false
        scene.source.add(signature, to: app, tag: ReferrerList.cosignTags(for: image.root.digest)[0])
        scene.source.tagPages = pages ?? 1
        scene.source.addFault { operation, _ in
            guard case .tags = operation, pages == nil else { return nil }
            return ContentFailure(.denied, "no list for you", status: 403)
        }
        #expect(try await run()?.copied == image.root.digest)
        #expect(scene.target.contains(signature, in: mirror))
        #expect(scene.source.count { if case .tags = $0 { true } else { false } } == lists)
        let name = try fallbackTag(image.root).name
        let asked = scene.source.count { operation in
            guard case .summary(_, .tag(let tag)) = operation else { return false }
            return tag.name.hasPrefix(name)
        }
        #expect(asked == questions)
        scene.expectClean()
    }

    @Test func `a long list is read in the end, when many images ask for it`() async throws {
        (scene.source.listsReferrers, scene.source.tagPages) = (false, 10)
        var scene = scene
        scene.settings.jobs = 1
        for number in 0..<8 {
            scene.source.add(
                SampleImage(layers: ["\(number)"], name: "\(number)"), to: app, tag: try OCI.Tag("v\(number)"))
        }
        _ = await scene.run(try (0..<8).map { try .copying("app:v\($0)", to: "m/app:v\($0)") })
        let asked = scene.source.count { if case .summary = $0 { true } else { false } }
        // Four pages, then the tags of four images, then sixteen pages would be read, of which there are ten.
        #expect(scene.source.count { if case .tags = $0 { true } else { false } } == 2)
        #expect(asked < 8 * 4 + 8)
    }

    @Test func `of a list only entries of the wanted types count, and those that name none`() throws {
        func list(_ types: [String?]) -> ManifestContent {
            ManifestContent(
                index: .ociIndex(
                    of: types.enumerated().map { number, type in
                        .object([
                            "mediaType": .string("\(MediaType.ociManifest)"),
                            "digest": .string(
                                OCI.Digest(.sha256, hash: [UInt8](repeating: UInt8(number), count: 32)).text),
                            "size": 2, "artifactType": type.map { .string($0) } ?? .null,
                        ])
                    }))
        }
        func types(_ list: ManifestContent?) throws -> [String?] {
            try list.map { try ParsedManifest($0).children.map { $0.artifactType?.asReceived } } ?? []
        }
        let mixed = list(["a/signature", "a/bill; version=2", nil])
        #expect(
            try types(ReferrerDocument(mixed).entries(withTypes: ["a/bill"])?.content) == ["a/bill; version=2", nil])
        #expect(ReferrerDocument(list(["a/signature"])).entries(withTypes: ["a/bill"])?.content == nil)
        #expect(ReferrerDocument(mixed).entries(withTypes: [])?.content.digest == mixed.digest)
        #expect(ReferrerDocument(list([])).entries(withTypes: [])?.content == nil)
        let whole = ReferrerDocument(mixed).entries(withTypes: ["a/signature", "a/bill"])
        #expect(whole?.content.digest == mixed.digest)
    }

    @Test func `what refers to an image and is of other types stays behind, and is counted`() async throws {
        var scene = scene
        scene.settings.referrers = ReferrerChoice(.ofCopied, artifactTypes: ["a/bill"])
        (scene.source.listsReferrers, scene.target.listsReferrers) = (false, false)
        let bill = SampleImage(about: image.root, layers: ["bill"])
        scene.source.add(bill, to: app)
        let others = (1...2).map { OCI.Digest(.sha256, hash: [UInt8](repeating: $0, count: 32)) }
        let entries = zip([bill.root.digest] + others, ["a/bill", "a/signature", "a/note"]).map { digest, type in
            JSON.object([
                "mediaType": .string("\(MediaType.ociManifest)"), "digest": .string(digest.text), "size": 2,
                "artifactType": .string(type),
            ])
        }
        let list = ManifestContent(index: .ociIndex(of: entries))
        try await scene.source.put(list, as: list.mediaType, at: .tag(try fallbackTag(image.root)), in: app)
        let report = await scene.run([try .copying("app", to: "m/app")])[0]
        #expect(report?.copied == image.root.digest && report?.referrersLeft == 2)
        #expect(scene.target.contains(bill, in: mirror))
        let left = scene.recorder.events.compactMap { if case .referrersLeft(let count, 0) = $0 { count } else { nil } }
        #expect(left == [2])
    }

    @Test(.covers("R05")) func `a target without a list of referrers gets the tag that stands for one`() async throws {
        scene.target.listsReferrers = false
        let signature = SampleImage(about: image.root, layers: ["signature"])
        scene.source.add(signature, to: app)
        #expect(try await run()?.copied != nil)
        #expect(scene.target.contains(signature, in: mirror))
        #expect(scene.target.digest(of: try fallbackTag(image.root), in: mirror) != nil)
        scene.expectClean()
    }

    @Test(.covers("R02")) func `a source without a list is asked for the tag that stands for one`() async throws {
        (scene.source.listsReferrers, scene.target.listsReferrers) = (false, false)
        let signature = SampleImage(about: image.root, layers: ["signature"])
        scene.source.add(signature, to: app)
        let list = SampleImage(index: [("a/b", signature)])
        scene.source.add(list, to: app, tag: try fallbackTag(image.root))
        #expect(try await run()?.copied != nil)
        #expect(scene.target.contains(signature, in: mirror))
        #expect(scene.target.digest(of: try fallbackTag(image.root), in: mirror) == list.root.digest)
        scene.expectClean()
    }

    private func listed(_ tag: OCI.Tag) async throws -> Set<Digest> {
        let list = try await scene.target.manifest(.tag(tag), in: mirror)
        return Set(try Manifest(list.bytes, contentType: list.mediaType).children.map(\.digest))
    }

    @Test func `a target's list keeps the entries of others, and gets those that it lacks`() async throws {
        scene.target.listsReferrers = false
        let (ours, theirs) = (
            SampleImage(about: image.root, layers: ["o"]), SampleImage(about: image.root, layers: ["t"])
        )
        scene.source.add(ours, to: app)
        scene.target.add(SampleImage(index: [("a/b", theirs)]), to: mirror, tag: try fallbackTag(image.root))
        #expect(try await run()?.copied != nil)
        #expect(try await listed(try fallbackTag(image.root)) == [ours.root.digest, theirs.root.digest])
        scene.expectClean()
    }

    @Test func `somebody who writes the list at the same time loses nothing`() async throws {
        scene.target.listsReferrers = false
        let (ours, theirs) = (
            SampleImage(about: image.root, layers: ["o"]), SampleImage(about: image.root, layers: ["t"])
        )
        scene.source.add(ours, to: app)
        let (tag, mirror, target) = (try fallbackTag(image.root), mirror, scene.target)
        target.addFault { operation, earlier in
            // Right before our list is read again, theirs takes its place.
            if operation == .manifest(mirror, .tag(tag)), earlier == 2 {
                target.add(SampleImage(index: [("a/b", theirs)]), to: mirror, tag: tag)
            }
            return nil
        }
        #expect(try await run()?.copied != nil)
        #expect(try await listed(tag) == [ours.root.digest, theirs.root.digest])
        scene.expectClean()
    }

    @Test(arguments: [true, false]) func `a second run with referrers writes nothing and reads no content`(
        hasList: Bool
    ) async throws {
        scene.target.listsReferrers = hasList
        scene.source.add(SampleImage(about: image.root, layers: ["signature"]), to: app)
        scene.source.add(
            SampleImage(layers: ["s"], name: "cosign"), to: app, tag: try Tag("\(try fallbackTag(image.root)).sig"))
        _ = try await run()
        let (puts, gets) = (scene.target.count(where: \.isPut), scene.source.count { $0.isManifestGet || $0.isBlobGet })
        #expect(try await run()?.unchanged == image.root.digest)
        #expect(scene.target.count(where: \.isPut) == puts)
        #expect(scene.source.count { $0.isManifestGet || $0.isBlobGet } == gets)
    }

    @Test(arguments: [false, true])
    func `a signature that the target has of its own is kept, unless it is to be replaced`(
        replaces: Bool
    ) async throws {
        var scene = scene
        scene.settings.replacesSignatures = replaces
        let (ours, theirs) = (SampleImage(layers: ["o"], name: "ours"), SampleImage(layers: ["t"], name: "theirs"))
        let tag = try Tag("\(try fallbackTag(image.root)).sig")
        scene.source.add(ours, to: app, tag: tag)
        scene.target.add(theirs, to: mirror, tag: tag)
        _ = await scene.run([try .copying("app", to: "m/app")])
        #expect(scene.target.digest(of: tag, in: mirror) == (replaces ? ours : theirs).root.digest)
        let kept = scene.recorder.events.compactMap { event in
            if case .signatureKept(tag, let digest, let instead, _, _, _) = event { [digest, instead] } else { nil }
        }
        #expect(kept == (replaces ? [] : [[theirs.root.digest, ours.root.digest]]))
        scene.expectClean()
    }

    @Test(.covers("R10"), arguments: ["sig", "att", "sbom"]) func `cosign's tags go along`(kind: String) async throws {
        let signature = SampleImage(layers: ["signature"], name: "cosign")
        let tag = try Tag("\(try fallbackTag(image.root)).\(kind)")
        scene.source.add(signature, to: app, tag: tag)
        #expect(try await run()?.copied != nil)
        #expect(scene.target.digest(of: tag, in: mirror) == signature.root.digest)
        scene.expectClean()
    }

    @Test func `a signature that came later is copied to an image that is there already`() async throws {
        _ = try await run()
        let signature = SampleImage(about: image.root, layers: ["signature"])
        scene.source.add(signature, to: app)
        #expect(try await run()?.unchanged == image.root.digest)
        #expect(scene.target.contains(signature, in: mirror))
        scene.expectClean()
    }

    @Test func `two tags of an image, one of them there already, both end well`() async throws {
        _ = try await run()
        let second = try Tag("v2")
        scene.source.add(image, to: app, tag: second)
        scene.source.add(SampleImage(about: image.root, layers: ["signature"]), to: app)
        let reports = await scene.run([try .copying("app", to: "m/app"), try .copying("app:v2", to: "m/app:v2")])
        #expect(reports.count == 2)
        #expect(reports.values.allSatisfy { $0.failure == nil })
        #expect(scene.target.digest(of: second, in: mirror) == image.root.digest)
    }
}

/// Lists and signatures that cannot be read, or not in all their parts.
@Suite struct OddReferrerTests {
    private var scene = Scene()
    private let image = SampleImage(layers: ["one"])
    private let app: Repository
    private let mirror: Repository

    init() throws {
        scene.settings.referrers = .all
        (app, mirror) = (try Repository("app"), try Repository("m/app"))
        scene.source.add(image, to: app, tag: .latest)
    }

    private func run() async throws -> TransferFailure? {
        await scene.run([try .copying("app", to: "m/app")])[0]?.failure
    }

    private func expectImage(_ failure: TransferFailure?, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(failure?.side == .source, sourceLocation: sourceLocation)
        #expect(
            failure?.cause.message.contains("the image is at the target") == true, "\(String(describing: failure))",
            sourceLocation: sourceLocation)
        #expect(scene.target.contains(image, in: mirror), sourceLocation: sourceLocation)
        scene.expectClean(sourceLocation: sourceLocation)
    }

    private static let oddEntries: [JSON] = [
        .object(["digest": .string("sha256:" + String(repeating: "a", count: 64))]),
        .object(["digest": .string("sha256:" + String(repeating: "a", count: 64)), "size": .string("12")]),
        .object(["digest": .string("blake3:" + String(repeating: "a", count: 64)), "size": 3]), "no entry",
    ]

    @Test(arguments: oddEntries, [false, true])
    func `the others of a list arrive, and its entry that cannot be read is told`(odd: JSON, isUnderTag: Bool)
        async throws
    {
        let signatures = ["one", "two"].map { SampleImage(about: image.root, layers: [$0]) }
        for signature in signatures { scene.source.add(signature, to: app) }
        if isUnderTag {
            (scene.source.listsReferrers, scene.target.listsReferrers) = (false, false)
            let tag = try #require(ReferrerList.tag(for: image.root.digest))
            let list = SampleImage(index: signatures.map { ("a/b", $0) })
            let entries = try JSON(list.root.bytes)["manifests"]?.array ?? []
            var odded = list
            odded.root = ManifestContent(index: .ociIndex(of: [odd] + entries))
            odded.manifests[0] = odded.root
            scene.source.add(odded, to: app, tag: tag)
        } else {
            scene.source.alterLists { [odd] + $0 }
        }
        let failure = try await run()
        expectImage(failure)
        #expect(failure?.cause.message.contains("manifests[0]") == true)
        for signature in signatures { #expect(scene.target.contains(signature, in: mirror)) }
    }

    @Test func `an entry of a type that nobody asked for is not told`() throws {
        let odd: JSON = .object(["digest": "x", "artifactType": "a/other"])
        let list = ManifestContent(index: .ociIndex(of: [odd]))
        let unwanted = try ReferrerDocument(list).read(called: "it", withTypes: ["a/signature"])
        #expect(unwanted.entries == nil && unwanted.unreadable.isEmpty)
        #expect(try ReferrerDocument(list).read(called: "it", withTypes: []).unreadable.count == 1)
    }

    @Test func `a list that cannot be read at all is a failure`() throws {
        for text in ["nothing", #"{"schemaVersion":2,"manifests":{}}"#, #"{"Manifests":[]}"#] {
            let bytes = Array(text.utf8)
            let list = ManifestContent(bytes: bytes, mediaType: .ociIndex, digest: ContentHash.digest(of: bytes))
            #expect(throws: ContentFailure.self) { try ReferrerDocument(list).read(called: "it", withTypes: []) }
        }
    }

    @Test func `a signature by its tag that cannot be read is told, and what else refers to the image arrives`()
        async throws
    {
        var odd = SampleImage(layers: ["signature"], name: "cosign")
        odd.root = ManifestContent(bytes: odd.root.bytes, mediaType: .dockerManifest, digest: odd.root.digest)
        odd.manifests = [odd.root]
        scene.source.add(odd, to: app, tag: ReferrerList.cosignTags(for: image.root.digest)[0])
        let note = SampleImage(about: image.root, layers: ["note"])
        scene.source.add(note, to: app)
        let failure = try await run()
        expectImage(failure)
        #expect(failure?.cause.message.contains(".sig: ") == true)
        #expect(scene.target.contains(note, in: mirror))
    }
}

/// A manifest that refers to another one, copied by itself.
@Suite struct EnlistingTests {
    private let scene = Scene()
    private let image = SampleImage(layers: ["one"])
    private var signature: SampleImage { SampleImage(about: image.root, layers: ["signature"]) }
    private let mirror: Repository

    init() throws { mirror = try Repository("m/app") }

    private var list: OCI.Tag {
        get throws { try Tag(image.root.digest.text.split(separator: ":").joined(separator: "-")) }
    }

    private func listed() throws -> [Digest] {
        guard let digest = scene.target.digest(of: try list, in: mirror) else { return [] }
        let content = try #require(scene.target.content(digest, in: mirror))
        return try Manifest(content.bytes, contentType: content.mediaType).children.map(\.digest)
    }

    @Test func `is found at a target without referrers API by the tag that stands for a list`() async throws {
        scene.target.listsReferrers = false
        scene.source.add(signature, to: try Repository("app"), tag: .latest)
        let reports = await scene.run([try .copying("app", to: "m/app")])
        #expect(reports[0]?.copied == signature.root.digest)
        #expect(try listed() == [signature.root.digest])
        scene.expectClean()
    }

    @Test func `joins a list that has others' entries`() async throws {
        scene.target.listsReferrers = false
        let other = SampleImage(about: image.root, layers: ["another"])
        for (artifact, name) in [(other, "other"), (signature, "app")] {
            scene.source.add(artifact, to: try Repository(name), tag: .latest)
        }
        for name in ["other", "app"] { _ = await scene.run([try .copying(name, to: "m/app:\(name)")]) }
        #expect(try listed() == [other.root.digest, signature.root.digest])
    }

    @Test func `several at once lose none`() async throws {
        scene.target.listsReferrers = false
        let artifacts = (0..<12).map { SampleImage(about: image.root, layers: ["\($0)"]) }
        for (number, artifact) in artifacts.enumerated() {
            scene.source.add(artifact, to: try Repository("app"), tag: try Tag("\(number)"))
        }
        let reports = await scene.run(try (0..<12).map { try .copying("app:\($0)", to: "m/app:\($0)") })
        #expect(reports.values.allSatisfy { $0.failure == nil })
        #expect(Set(try listed()) == Set(artifacts.map(\.root.digest)))
    }

    @Test func `needs no list where the target keeps one`() async throws {
        scene.source.add(signature, to: try Repository("app"), tag: .latest)
        _ = await scene.run([try .copying("app", to: "m/app")])
        #expect(try listed().isEmpty)
    }
}

/// cosign's signatures stand under tags that are made of digests.
@Suite struct DerivedTagTests {
    private func tag(_ digest: Digest) throws -> OCI.Tag {
        try Tag(digest.text.split(separator: ":").joined(separator: "-") + ".sig")
    }

    @Test func `one signature of two images stands under both tags`() async throws {
        var scene = Scene()
        scene.settings.referrers = .all
        let (app, mirror) = (try Repository("app"), try Repository("m/app"))
        let signature = SampleImage(layers: ["signature"], name: "signature")
        let images = ["a", "b"].map { SampleImage(layers: [$0], name: $0) }
        for (image, name) in zip(images, ["a", "b"]) {
            scene.source.add(image, to: app, tag: try Tag(name))
            scene.source.add(signature, to: app, tag: try tag(image.root.digest))
        }
        let reports = await scene.run(try ["a", "b"].map { try .copying("app:\($0)", to: "m/app:\($0)") })
        #expect(reports.values.allSatisfy { $0.failure == nil })
        for image in images {
            #expect(scene.target.digest(of: try tag(image.root.digest), in: mirror) == signature.root.digest)
        }
        scene.expectClean()
    }

    @Test func `the signature of a signature goes along`() async throws {
        var scene = Scene()
        scene.settings.referrers = .all
        let (app, mirror) = (try Repository("app"), try Repository("m/app"))
        let image = SampleImage(layers: ["one"])
        let first = SampleImage(layers: ["signature"], name: "first")
        let second = SampleImage(layers: ["signature of it"], name: "second")
        scene.source.add(image, to: app, tag: .latest)
        scene.source.add(first, to: app, tag: try tag(image.root.digest))
        scene.source.add(second, to: app, tag: try tag(first.root.digest))
        let reports = await scene.run([try .copying("app", to: "m/app")])
        #expect(reports[0]?.copied != nil)
        #expect(scene.target.digest(of: try tag(first.root.digest), in: mirror) == second.root.digest)
        scene.expectClean()
    }
}
