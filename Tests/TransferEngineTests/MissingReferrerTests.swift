// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransshipTesting

@testable import TransferEngine

/// What refers to an image and cannot be had, or is not taken: the image arrives without it, and so does all else that refers to it.
@Suite struct MissingReferrerTests {
    private var scene = Scene()
    private let image = SampleImage(layers: ["one"])
    private let signatures: [SampleImage]
    private let app: Repository
    private let mirror: Repository

    init() throws {
        scene.settings.referrers = .new
        (app, mirror) = (try Repository("app"), try Repository("m/app"))
        let root = image.root
        signatures = ["a", "b", "c"].map { SampleImage(about: root, layers: [$0]) }
        for image in [image] + signatures { scene.source.add(image, to: app) }
        scene.source.add(image, to: app, tag: .latest)
    }

    private var list: OCI.Tag { get throws { try #require(ReferrerList.tag(for: image.root.digest)) } }

    private static let gone = Digest(.sha256, hash: [UInt8](repeating: 9, count: 32))

    private static func entry(_ digest: Digest, _ type: MediaType = .ociManifest) -> JSON {
        .object(["mediaType": .string(type.essence), "digest": .string(digest.text), "size": 400])
    }

    /// Both sides keep lists under tags, and the source's has these entries.
    private func listUnderTag(_ entries: [JSON]) async throws {
        (scene.source.listsReferrers, scene.target.listsReferrers) = (false, false)
        let content = ManifestContent(index: .ociIndex(of: entries))
        try await scene.source.put(content, as: content.mediaType, at: .tag(try list), in: app)
    }

    private func copy() async throws -> ItemReport? { await scene.run([try .copying("app", to: "m/app")])[0] }

    private func listed() async throws -> Set<Digest> {
        let content = try await scene.target.manifest(.tag(try list), in: mirror)
        return Set(try Manifest(content.bytes, contentType: content.mediaType).children.map(\.digest))
    }

    /// The image and the signatures are there, and the item tells of the one that is not.
    private func expectTheRest(
        _ report: ItemReport?, without digest: Digest, side: TransferSide = .source,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let message = report?.failure?.cause.message ?? ""
        #expect(report?.failure?.side == side, sourceLocation: sourceLocation)
        #expect(
            message.contains("\(digest), which refers to \(image.root.digest), was not copied: "), "\(message)",
            sourceLocation: sourceLocation)
        #expect(message.contains("the image is at the target"), sourceLocation: sourceLocation)
        #expect(
            scene.target.digest(of: .latest, in: mirror) == image.root.digest, sourceLocation: sourceLocation)
        for image in [image] + signatures {
            #expect(scene.target.contains(image, in: mirror), sourceLocation: sourceLocation)
        }
        #expect(scene.target.openSessions == 0, sourceLocation: sourceLocation)
    }

    @Test(arguments: [MediaType.ociManifest, "application/vnd.example.unknown"], [ReferrerChoice.new, .all])
    func `a listed manifest that is gone keeps nothing else away`(type: MediaType, choice: ReferrerChoice)
        async throws
    {
        var scene = scene
        scene.settings.referrers = choice
        scene.source.alterLists { $0.isEmpty ? [] : [Self.entry(Self.gone, type)] + $0 }
        let report = await scene.run([try .copying("app", to: "m/app")])[0]
        expectTheRest(report, without: Self.gone)
    }

    @Test func `from a list under a tag it is left out`() async throws {
        try await listUnderTag([Self.entry(Self.gone)] + signatures.map { Self.entry($0.root.digest) })
        let report = try await copy()
        expectTheRest(report, without: Self.gone)
        #expect(try await listed() == Set(signatures.map(\.root.digest)))
        scene.expectClean()
    }

    @Test func `of a list of which nothing is left no tag is written`() async throws {
        try await listUnderTag([Self.entry(Self.gone)])
        let failure = try await copy()?.failure
        #expect(failure?.cause.message.contains("\(Self.gone)") == true)
        #expect(scene.target.digest(of: try list, in: mirror) == nil)
        #expect(scene.target.digest(of: .latest, in: mirror) == image.root.digest)
    }

    @Test func `several are counted`() async throws {
        let other = Digest(.sha256, hash: [UInt8](repeating: 8, count: 32))
        scene.source.alterLists { $0.isEmpty ? [] : [Self.entry(Self.gone), Self.entry(other)] + $0 }
        let report = try await copy()
        #expect(report?.failure?.cause.message.contains("(and 1 more); the image is at the target") == true)
        #expect(scene.target.digest(of: .latest, in: mirror) == image.root.digest)
    }

    @Test func `a signature whose blob is gone stays behind alone`() async throws {
        let lost = SampleImage(about: image.root, layers: ["lost"])
        scene.source.add(lost, to: app)
        scene.source.remove(ContentHash.digest(of: Array("lost".utf8)), from: app)
        let report = try await copy()
        expectTheRest(report, without: lost.root.digest)
        scene.expectClean()
    }

    @Test(arguments: [true, false]) func `one that the target refuses stays behind alone`(hasAPI: Bool) async throws {
        let refused = SampleImage(about: image.root, layers: ["refused"])
        scene.source.add(refused, to: app)
        if !hasAPI { try await listUnderTag(([refused] + signatures).map { Self.entry($0.root.digest) }) }
        scene.target.addFault { operation, _ in
            guard case .put(_, .digest(refused.root.digest)) = operation else { return nil }
            return ContentFailure(.invalid, "MANIFEST_INVALID", status: 400, codes: ["MANIFEST_INVALID"])
        }
        let report = try await copy()
        expectTheRest(report, without: refused.root.digest, side: .target)
        if !hasAPI { #expect(try await listed() == Set(signatures.map(\.root.digest))) }
    }

    @Test func `one that is no acceptable manifest stays behind alone`() async throws {
        let odd = SampleImage.manifest(.ociManifest, ["layers": .array([])])
        try await scene.source.put(odd, as: odd.mediaType, at: .digest(odd.digest), in: app)
        scene.source.alterLists { $0.isEmpty ? [] : [Self.entry(odd.digest)] + $0 }
        let report = try await copy()
        expectTheRest(report, without: odd.digest)
    }

    @Test(arguments: [true, false]) func `so does what cosign keeps under a tag`(hasManifest: Bool) async throws {
        let tag = ReferrerList.cosignTags(for: image.root.digest)[0]
        let lost = SampleImage(layers: ["lost"], name: "lost")
        scene.source.add(lost, to: app, tag: tag)
        scene.source.remove(ContentHash.digest(of: Array("lost".utf8)), from: app)
        if !hasManifest { scene.source.remove(manifest: lost.root.digest, from: app) }
        let report = try await copy()
        #expect(report?.failure?.cause.message.contains(tag.name) == true)
        #expect(scene.target.digest(of: tag, in: mirror) == nil)
        for image in [image] + signatures { #expect(scene.target.contains(image, in: mirror)) }
    }

    @Test func `what is missing of what refers to a signature is told by the image's item`() async throws {
        let second = SampleImage(about: signatures[0].root, layers: ["lost"])
        scene.source.add(second, to: app)
        scene.source.remove(ContentHash.digest(of: Array("lost".utf8)), from: app)
        let message = try await copy()?.failure?.cause.message ?? ""
        #expect(message.contains("\(second.root.digest), which refers to \(signatures[0].root.digest), was not copied"))
        for image in [image] + signatures { #expect(scene.target.contains(image, in: mirror)) }
    }

    @Test func `a list that the target does not take keeps no image away`() async throws {
        try await listUnderTag(signatures.map { Self.entry($0.root.digest) })
        let (mirror, tag) = (mirror, try list)
        scene.target.addFault { operation, _ in
            operation == .put(mirror, .tag(tag)) ? ContentFailure(.denied, "403", status: 403) : nil
        }
        let failure = try await copy()?.failure
        #expect(failure?.side == .target && failure?.cause.message.contains("the image is at the target") == true)
        for image in [image] + signatures { #expect(scene.target.contains(image, in: mirror)) }
        #expect(scene.target.digest(of: .latest, in: mirror) == image.root.digest)
    }

    @Test func `a list that is an item is merged without the entry that is gone, and its item fails`() async throws {
        var scene = scene
        scene.settings.keepsReferrerTags = true
        try await listUnderTag([Self.entry(Self.gone)] + signatures.map { Self.entry($0.root.digest) })
        let theirs = SampleImage(about: image.root, layers: ["theirs"])
        scene.target.add(SampleImage(index: [("a/b", theirs)]), to: mirror, tag: try list)
        let reports = await scene.run([try .copying("app:\(try list)", to: "m/app:\(try list)")])
        #expect(reports[0]?.failure?.cause.message.contains("what else the list names is at the target") == true)
        #expect(try await listed() == Set((signatures + [theirs]).map(\.root.digest)))
    }

    @Test func `what an index needs still keeps it away`() async throws {
        let index = SampleImage(index: [
            ("linux/amd64", image), ("linux/arm64", SampleImage(layers: ["two"], name: "2")),
        ])
        scene.source.add(index, to: app, tag: .latest)
        scene.source.remove(manifest: index.manifests[2].digest, from: app)
        #expect(try await copy()?.failure?.cause.message.contains("refers to") == false)
        #expect(scene.target.digest(of: .latest, in: mirror) == nil)
    }

    // MARK: - Lists that lead back

    @Test(arguments: [true, false]) func `a list that names its own subject is copied without it`(isUnderTag: Bool)
        async throws
    {
        let subject = image.root.digest
        if isUnderTag {
            try await listUnderTag(([image] + signatures).map { Self.entry($0.root.digest) })
        } else {
            scene.source.alterLists { $0.isEmpty ? [] : [Self.entry(subject)] + $0 }
            scene.target.listsReferrers = false
        }
        #expect(try await copy()?.copied == subject)
        #expect(try await listed() == Set(signatures.map(\.root.digest)))
        scene.expectClean()
    }

    /// A list that the target refuses once and for all for want of content ends its run.
    @Test func `a list whose content the target never sees fails, and the image arrives`() async throws {
        try await listUnderTag(signatures.map { Self.entry($0.root.digest) })
        let tag = try list
        scene.target.addFault { operation, _ in
            guard case .put(_, .tag(tag)) = operation else { return nil }
            return ContentFailure(.invalid, "400", status: 400, codes: ["MANIFEST_BLOB_UNKNOWN"])
        }
        let failure = try await copy()?.failure
        #expect(failure?.cause.codes == ["MANIFEST_BLOB_UNKNOWN"])
        #expect(scene.target.digest(of: .latest, in: mirror) == image.root.digest)
    }

    private func entry(for image: ManifestContent) -> JSON {
        SampleImage.json(
            Descriptor(mediaType: image.mediaType, digest: image.digest, size: Int64(image.bytes.count)))
    }

    /// An index of the image, which the image's list names.
    ///
    /// - Parameters:
    ///   - isTrue: it does refer to the image.
    ///   - isNested: it stands in another index, and has no name of its own.
    private func addCircle(isTrue: Bool, isNested: Bool = false) async throws -> ManifestContent {
        let child = entry(for: image.root)
        let index =
            isTrue
            ? SampleImage.manifest(.ociIndex, ["manifests": .array([child]), "subject": child])
            : SampleImage.manifest(.ociIndex, ["manifests": .array([child])])
        let outer = SampleImage.manifest(.ociIndex, ["manifests": .array([entry(for: index)])])
        try await scene.source.put(index, as: .ociIndex, at: .tag(.latest), in: app)
        if isNested { try await scene.source.put(outer, as: .ociIndex, at: .tag(.latest), in: app) }
        try await listUnderTag([Self.entry(index.digest, .ociIndex)] + signatures.map { Self.entry($0.root.digest) })
        return index
    }

    @Test(arguments: [true, false]) func `a child's list that names its index is copied, with it if that is true`(
        isTrue: Bool
    ) async throws {
        let index = try await addCircle(isTrue: isTrue)
        var scene = scene
        scene.settings.referrers = .all
        let report = await scene.run([try .copying("app", to: "m/app")])[0]
        #expect(report?.copied == index.digest)
        #expect(try await listed() == Set(signatures.map(\.root.digest) + (isTrue ? [index.digest] : [])))
        scene.expectClean()
    }

    @Test func `what waits for its own list is left out of it, and told`() async throws {
        let index = try await addCircle(isTrue: true, isNested: true)
        var scene = scene
        scene.settings.referrers = .all
        let report = await scene.run([try .copying("app", to: "m/app")])[0]
        #expect(report?.failure?.cause.message.contains("\(index.digest) refers to \(image.root.digest)") == true)
        #expect(scene.target.content(index.digest, in: mirror) != nil)
        #expect(scene.target.digest(of: .latest, in: mirror) != nil)
        #expect(try await listed() == Set(signatures.map(\.root.digest)))
        scene.expectClean()
    }
}
