// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import ProtocolCases
import Testing
import TransshipTesting

@testable import TransferEngine

/// A target that answers the question for a list, and lists nothing: what refers to an image is found by the tag in its place.
@Suite struct UnlistedReferrerTests {
    private var scene = Scene()
    private let image = SampleImage(layers: ["one"])
    private let signatures: [SampleImage]
    private let app: Repository
    private let mirror: Repository

    init() throws {
        scene.settings.referrers = .all
        scene.target.leavesOutReferrers = true
        let root = image.root
        signatures = ["a", "b"].map { SampleImage(about: root, layers: [$0]) }
        (app, mirror) = (try Repository("app"), try Repository("m/app"))
        scene.source.add(image, to: app, tag: .latest)
    }

    private var list: OCI.Tag { get throws { try #require(ReferrerList.tag(for: image.root.digest)) } }

    private func listed() async throws -> Set<Digest> {
        let content = try await scene.target.manifest(.tag(try list), in: mirror)
        return Set(try Manifest(content.bytes, contentType: content.mediaType).children.map(\.digest))
    }

    @Test(.covers("R05")) func `signatures are added to the list under the tag, and a second run writes nothing`()
        async throws
    {
        for signature in signatures { scene.source.add(signature, to: app) }
        let item = try TransferItem.copying("app", to: "m/app")
        #expect(await scene.run([item])[0]?.copied == image.root.digest)
        #expect(try await listed() == Set(signatures.map(\.root.digest)))
        let puts = scene.target.count(where: \.isPut)
        #expect(await scene.run([item])[0]?.unchanged == image.root.digest)
        #expect(scene.target.count(where: \.isPut) == puts)
        scene.expectClean()
    }

    @Test func `so is one that is copied by itself`() async throws {
        scene.source.add(signatures[0], to: app, tag: .latest)
        #expect(await scene.run([try .copying("app", to: "m/app")])[0]?.copied == signatures[0].root.digest)
        #expect(try await listed() == [signatures[0].root.digest])
    }

    @Test(arguments: [true, false])
    func `the list that a copied signature is added to is told, in front of the signature`(leavesOut: Bool) async throws
    {
        scene.target.leavesOutReferrers = leavesOut
        scene.target.listsReferrers = leavesOut
        scene.source.add(signatures[0], to: app, tag: .latest)
        for target in ["m/app:a", "m/app:b"] { _ = await scene.run([try .copying("app", to: target)]) }
        let told = scene.recorder.events.compactMap { event -> String? in
            switch event {
            case .referrerListed(let listing, _, _, _): "\(listing.tag) \(listing.digest) \(listing.isNew)"
            case .manifestStored(.tag(let tag), _, _, _, _, _): "\(tag)"
            default: nil
            }
        }
        let listing = "\(try list) \(try #require(scene.target.digest(of: try list, in: mirror)))"
        #expect(told == ["\(listing) true", "a", "\(listing) false", "b"])
    }

    @Test func `where a target lists what it takes, no tag is written and nothing is asked afterwards`() async throws {
        scene.target.leavesOutReferrers = false
        scene.source.add(signatures[0], to: app)
        _ = await scene.run([try .copying("app", to: "m/app")])
        #expect(scene.target.digest(of: try list, in: mirror) == nil)
        let asked = scene.target.count { $0 == .referrers(mirror, image.root.digest) }
        #expect(asked == 1)
    }

    @Test func `what is listed nowhere is told as that`() throws {
        var found = ReferrerList()
        found.index = try ParsedManifest(SampleImage(index: [("a/b", signatures[0])]).root)
        found.tagged = [(try list, try ParsedManifest(signatures[1].root))]
        let place = ManifestPlace(store: "target", repository: mirror, digest: image.root.digest)
        let messages = found.lacks(at: place).map(\.cause.message)
        #expect(messages.map { $0.hasSuffix("is not listed at the target") } == [true, false])
        #expect(messages[1].hasSuffix("is not at the target"))
    }
}
