// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransshipTesting

@testable import TransferEngine

/// All tags of a repository, its signatures and lists of referrers among them, over a target that has some of its own.
@Suite struct ReferrerTagTests {
    private var scene = Scene()
    private let image = SampleImage(layers: ["one"])
    private let theirs = SampleImage(layers: ["their signature"], name: "theirs")
    private let ours = SampleImage(layers: ["our signature"], name: "ours")
    private let app: Repository
    private let mirror: Repository
    private let signature: OCI.Tag
    private let list: OCI.Tag

    init() throws {
        scene.settings.keepsReferrerTags = true
        (app, mirror) = (try Repository("app"), try Repository("m/app"))
        let hex = image.root.digest.hex
        (signature, list) = (try OCI.Tag("sha256-\(hex).sig"), try OCI.Tag("sha256-\(hex)"))
        scene.source.add(image, to: app, tag: .latest)
    }

    private func run(_ tag: OCI.Tag) async throws -> ItemReport? {
        await scene.run([try .copying("app:\(tag)", to: "m/app:\(tag)")])[0]
    }

    private func list(of referrers: [SampleImage]) -> SampleImage {
        SampleImage(index: referrers.map { ("unknown/unknown", $0) })
    }

    @Test(arguments: [ExistingContent.trusted, .proven, .ignored])
    func `the target's own signature is kept, and told`(existing: ExistingContent) async throws {
        var scene = scene
        scene.settings.existing = existing
        scene.source.add(theirs, to: app, tag: signature)
        scene.target.add(ours, to: mirror, tag: signature)
        let item = try TransferItem.copying("app:\(signature)", to: "m/app:\(signature)")
        let kept = await scene.run([item])[0]?.kept
        #expect(kept?.0 == ours.root.digest && kept?.offered == theirs.root.digest)
        #expect(scene.target.digest(of: signature, in: mirror) == ours.root.digest)
    }

    @Test func `a signature and a list that a HEAD does not find are asked for once more, and stay`() async throws {
        scene.target.listsReferrers = false
        scene.source.add(theirs, to: app, tag: signature)
        scene.source.add(list(of: [theirs]), to: app, tag: list)
        scene.target.add(ours, to: mirror, tag: signature)
        scene.target.add(list(of: [ours]), to: mirror, tag: list)
        for tag in [signature, list] { scene.target.hides(tag, in: mirror) }
        let items = try [signature, list].map { try TransferItem.copying("app:\($0)", to: "m/app:\($0)") }
        let reports = await scene.run(items)
        #expect(reports[0]?.kept?.0 == ours.root.digest)
        #expect(scene.target.digest(of: signature, in: mirror) == ours.root.digest)
        let merged = try await scene.target.manifest(.tag(list), in: mirror)
        let entries = try Manifest(merged.bytes, contentType: merged.mediaType).children.map(\.digest)
        #expect(Set(entries) == [ours.root.digest, theirs.root.digest])
    }

    @Test func `a signature that arrives by its tag is planned with the same questions`() throws {
        var settings = scene.settings
        #expect(settings.needsCertainty(of: .tag(signature)) && settings.needsCertainty(of: .tag(list)))
        #expect(!settings.needsCertainty(of: .tag(.latest)))
        settings.replacesSignatures = true
        #expect(!settings.needsCertainty(of: .tag(signature)) && settings.needsCertainty(of: .tag(list)))
        settings.keepsReferrerTags = false
        #expect(!settings.needsCertainty(of: .tag(list)))
    }

    @Test func `a signature that the target does not have arrives, also after other tags that it did not have`()
        async throws
    {
        scene.source.add(theirs, to: app, tag: signature)
        let tags = try (0..<20).map { try OCI.Tag("v\($0)") }
        for tag in tags { scene.source.add(image, to: app, tag: tag) }
        let items = try (tags + [signature]).map { try TransferItem.copying("app:\($0)", to: "m/app:\($0)") }
        #expect(await scene.run(items)[20]?.copied == theirs.root.digest)
    }

    @Test func `told to, the run replaces the target's signature`() async throws {
        var scene = scene
        scene.settings.replacesSignatures = true
        scene.source.add(theirs, to: app, tag: signature)
        scene.target.add(ours, to: mirror, tag: signature)
        let item = try TransferItem.copying("app:\(signature)", to: "m/app:\(signature)")
        #expect(await scene.run([item])[0]?.copied == theirs.root.digest)
    }

    @Test(arguments: [false, true])
    func `the target's list keeps what it has and gets what it lacks, and a second run changes nothing`(
        isForced: Bool
    ) async throws {
        var scene = scene
        scene.target.listsReferrers = false
        if isForced { scene.settings.existing = .ignored }
        scene.source.add(list(of: [theirs]), to: app, tag: list)
        scene.target.add(list(of: [ours]), to: mirror, tag: list)
        let item = try TransferItem.copying("app:\(list)", to: "m/app:\(list)")
        let first = await scene.run([item])[0]
        let merged = try #require(scene.target.digest(of: list, in: mirror))
        #expect(first?.copied == merged)
        let content = try await scene.target.manifest(.tag(list), in: mirror)
        let entries = try Manifest(content.bytes, contentType: content.mediaType).children.map(\.digest)
        #expect(Set(entries) == [ours.root.digest, theirs.root.digest])
        #expect(scene.target.contains(theirs, in: mirror))
        #expect(await scene.run([item])[0]?.unchanged == merged)
        scene.expectClean()
    }

    @Test func `an image under the tag of a list is left as it is`() async throws {
        scene.target.listsReferrers = false
        scene.source.add(list(of: [theirs]), to: app, tag: list)
        scene.target.add(ours, to: mirror, tag: list)
        let failure = try await run(list)?.failure
        #expect(failure?.cause.message.contains("no list of referrers") == true && failure?.cause.kind == .conflict)
        #expect(scene.target.digest(of: list, in: mirror) == ours.root.digest)
    }
}
