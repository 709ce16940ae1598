// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransshipTesting

@testable import TransferEngine

/// Several platforms of an index: copied, planned and audited alike.
@Suite struct PlatformChoiceTests {
    private let scene = Scene()
    private let amd = SampleImage(layers: ["base", "amd"], name: "amd")
    private let arm = SampleImage(layers: ["base", "arm"], name: "arm")
    private let power = SampleImage(layers: ["base", "power"], name: "power")
    private let proof = SampleImage(layers: ["what arm was built of"], name: "proof")
    private let place = "m/app"

    private var index: SampleImage {
        var attestation = Self.descriptor(proof)
        attestation.annotations = [
            "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": arm.root.digest.text,
        ]
        var index = SampleImage(
            index: [("linux/amd64", amd), ("linux/arm64", arm), ("linux/ppc64le", power)], extra: [attestation])
        index.manifests += proof.manifests
        index.blobs.merge(proof.blobs) { first, _ in first }
        return index
    }

    private static func descriptor(_ image: SampleImage) -> Descriptor {
        Descriptor(
            mediaType: image.root.mediaType, digest: image.root.digest, size: Int64(image.root.bytes.count),
            platform: Platform(os: "unknown", architecture: "unknown"))
    }

    private func fill() throws { scene.source.add(index, to: try Repository("app"), tag: .latest) }

    private func item(_ platforms: PlatformChoice?) throws -> TransferItem {
        try .copying("app", to: place, platforms: platforms)
    }

    private func there(_ image: SampleImage) throws -> Bool {
        scene.target.content(image.root.digest, in: try Repository(place)) != nil
    }

    private func rehearse(_ items: [TransferItem], surveyed: Bool) async -> DryRun.Result {
        let stores = ["source": scene.source, "target": scene.target]
        var run = DryRun(
            items: items, settings: scene.settings, clock: scene.clock,
            stores: RunStores { store, _ in stores[store.name]! })
        if surveyed {
            run.survey = await SurveyRun(items: items, settings: scene.settings, clock: scene.clock) {
                stores[$0.name]!
            }.execute()
        }
        return await run.execute()
    }

    private func audit(_ platforms: PlatformChoice?) async throws -> AuditReport? {
        let item = AuditItem(
            source: try .parsing("app", in: "source"), target: try .parsing(place, in: "target"), platforms: platforms)
        let (source, target) = (scene.source, scene.target)
        let audit = Audit(
            settings: scene.settings, clock: scene.clock, inspector: nil,
            stores: RunStores { store, _ in store == "target" ? target : source })
        return await audit.execute([item])[0]
    }

    @Test func `two platforms make an index of their images, with what attests them`() async throws {
        try fill()
        let choice = try PlatformChoice.of("linux/arm64", "linux/amd64")
        let report = await scene.run([try item(choice)])[0]
        let copied = try #require(report?.copied)
        #expect(report?.chosenFrom == index.root.digest)
        let made = try #require(scene.target.content(copied, in: try Repository(place)))
        let manifest = try Manifest(made.bytes, contentType: made.mediaType)

        #expect(copied != index.root.digest && copied == ContentHash.digest(of: made.bytes))
        #expect(manifest.children.map(\.digest) == [amd, arm, proof].map(\.root.digest))
        #expect(manifest.mediaType == .ociIndex)
        #expect(try !there(power) && !there(index))
        scene.expectClean()
    }

    @Test func `all platforms of an index are the index itself`() async throws {
        try fill()
        let choice = try PlatformChoice.of("linux/ppc64le", "linux/arm64", "linux/amd64")
        #expect(await scene.run([try item(choice)])[0]?.copied == index.root.digest)
    }

    @Test func `one of several that is missing fails the item and copies nothing`() async throws {
        try fill()
        let failure = await scene.run([try item(.of("linux/amd64", "linux/s390x"))])[0]?.failure
        #expect(failure?.cause.message == "no child with platform linux/s390x in index source/app:latest")
        #expect(failure?.cause.hint == "it offers linux/amd64, linux/arm64, linux/ppc64le")
        #expect(scene.target.log.allSatisfy { $0.isSummary })
    }

    @Test func `an image without an index is copied whatever platforms are asked for`() async throws {
        scene.source.add(arm, to: try Repository("app"), tag: .latest)
        #expect(await scene.run([try item(.of("linux/amd64", "linux/arm64"))])[0]?.copied == arm.root.digest)
    }

    @Test func `a sparse copy keeps the index and sends what was chosen`() async throws {
        try fill()
        let copied = await scene.run([try item(.of("linux/arm64", sparse: true))])[0]?.copied
        #expect(copied == index.root.digest)
        #expect(try there(index) && there(arm) && there(proof) && !there(amd) && !there(power))
    }

    @Test func `a sparse copy in one run does not stand for the whole index`() async throws {
        try fill()
        let items = [
            try item(.of("linux/arm64", sparse: true)), try TransferItem.copying("app", to: place + ":whole"),
        ]
        let reports = await scene.run(items)
        #expect(reports.values.allSatisfy { $0.copied == index.root.digest })
        #expect(scene.target.contains(index, in: try Repository(place)))
    }

    @Test func `a registry that wants all children is named as the reason`() async throws {
        try fill()
        scene.target.addFault { operation, _ in
            guard case .put(_, .tag) = operation else { return nil }
            var failure = ContentFailure(.invalid, "manifest blob unknown", status: 400)
            failure.codes = ["MANIFEST_BLOB_UNKNOWN"]
            return failure
        }
        let failure = await scene.run([try item(.of("linux/arm64", sparse: true))])[0]?.failure
        #expect(
            failure?.cause.hint == "the registry may take an index with all of its children only: leave out --sparse")
    }

    /// The manifests that a run, which knows what earlier ones found out, reads at the source.
    private func pulls(of item: TransferItem, knowing choices: [IndexChoice: Digest]) async -> Int {
        var next = scene
        next.earlier.choices = choices
        let before = scene.source.log.count
        let report = await next.run([item])[0]
        #expect(report?.unchanged == choices.values.first)
        #expect(report?.chosenFrom == choices.keys.first.map(\.index).flatMap { $0 == report?.unchanged ? nil : $0 })
        return scene.source.log.dropFirst(before).count { $0.isManifestGet }
    }

    private var noted: [IndexChoice: Digest] {
        var choices: [IndexChoice: Digest] = [:]
        for case .chosen(let digest, let choice) in scene.recorder.events { choices[choice] = digest }
        return choices
    }

    @Test(arguments: [
        ["linux/arm64"], ["linux/amd64", "linux/arm64"], ["linux/amd64", "linux/arm64", "linux/ppc64le"],
    ])
    func `what earlier runs chose is not read again`(words: [String]) async throws {
        try fill()
        let item = try item(PlatformChoice(try words.map { try Platform(parsing: $0) }))
        _ = await scene.run([item])
        #expect(noted.count == 1)
        #expect(await pulls(of: item, knowing: noted) == 0)
    }

    @Test func `an image without an index is not read again to find that out`() async throws {
        scene.source.add(arm, to: try Repository("app"), tag: .latest)
        let item = try item(.of("linux/arm64"))
        _ = await scene.run([item])
        #expect(noted == [IndexChoice(of: try .of("linux/arm64"), from: arm.root.digest): arm.root.digest])
        #expect(await pulls(of: item, knowing: noted) == 0)
    }

    @Test func `without a journal the index alone is read, and the choice is noted for the next run`() async throws {
        try fill()
        let item = try item(.of("linux/arm64"))
        _ = await scene.run([item])
        let before = scene.source.log.count
        let report = await scene.run([item])[0]
        #expect(report?.unchanged == arm.root.digest && report?.chosenFrom == index.root.digest)
        #expect(scene.source.log.dropFirst(before).count { $0.isManifestGet } == 1)
        #expect(scene.recorder.events.count { if case .chosen = $0 { true } else { false } } == 2)
    }

    @Test func `an earlier choice does not hide that the tag has moved, or that the target lost its image`()
        async throws
    {
        try fill()
        let item = try item(.of("linux/arm64"))
        _ = await scene.run([item])
        var next = scene
        next.earlier.choices = noted
        let moved = SampleImage(index: [("linux/arm64", power)])
        scene.source.add(moved, to: try Repository("app"), tag: .latest)
        #expect(await next.run([item])[0]?.copied == power.root.digest)

        try fill()
        let elsewhere = try TransferItem.copying("app", to: "m/new", platforms: .of("linux/arm64"))
        #expect(await next.run([elsewhere])[0]?.copied == arm.root.digest)
        #expect(scene.target.contains(arm, in: try Repository("m/new")))
    }

    @Test func `an index that the target has under the tag is no image of it`() async throws {
        try fill()
        scene.target.add(index, to: try Repository(place), tag: .latest)
        #expect(await scene.run([try item(.of("linux/arm64"))])[0]?.copied == arm.root.digest)
    }

    @Test func `--no-clobber compares with an earlier choice without reading it`() async throws {
        try fill()
        scene.target.add(power, to: try Repository(place), tag: .latest)
        var next = scene
        next.settings.keepsExistingTags = true
        next.settings.comparesKeptTags = true
        next.earlier.choices = [IndexChoice(of: try .of("linux/arm64"), from: index.root.digest): arm.root.digest]
        let kept = await next.run([try item(.of("linux/arm64"))])[0]?.kept
        #expect(kept?.0 == power.root.digest && kept?.offered == arm.root.digest)
        #expect(scene.source.log.allSatisfy { $0.isSummary })
    }

    static let choices = [["linux/arm64"], ["linux/amd64", "linux/arm64"]]

    @Test(arguments: choices, [false, true])
    func `a second run finds everything unchanged, and the plan says so`(words: [String], sparse: Bool) async throws {
        try fill()
        let choice = PlatformChoice(try words.map { try Platform(parsing: $0) }, isSparse: sparse)
        let plans = [
            await rehearse([try item(choice)], surveyed: false), await rehearse([try item(choice)], surveyed: true),
        ]
        let before = scene.target.log.count
        let copied = await scene.run([try item(choice)])[0]
        let arrived = try #require(copied?.copied)
        for plan in plans {
            #expect(plan.outcomes == [.copied(arrived)])
            #expect(plan.costs["target"]?.bytesWritten == copied?.counts.bytesSent)
            #expect(plan.costs["target"]?.requests == scene.target.log.count - before)
        }

        for surveyed in [false, true] {
            #expect(await rehearse([try item(choice)], surveyed: surveyed).outcomes == [.unchanged(arrived)])
        }
        #expect(await scene.run([try item(choice)])[0]?.unchanged == arrived)
    }

    @Test(arguments: choices, [false, true])
    func `an audit wants what a copy brings`(words: [String], sparse: Bool) async throws {
        try fill()
        let choice = PlatformChoice(try words.map { try Platform(parsing: $0) }, isSparse: sparse)
        _ = await scene.run([try item(choice)])
        #expect(try await audit(choice)?.status == .whole)

        scene.target.remove(manifest: arm.root.digest, from: try Repository(place))
        #expect(try await audit(choice)?.status == (words.count == 1 && !sparse ? .absent : .incomplete))
    }

    // MARK: - Unusual indexes

    /// What the index has for arm64 is an index again (image-spec allows it).
    private var nested: SampleImage {
        let inner = SampleImage(index: [("linux/arm64", arm), ("linux/ppc64le", power)])
        return SampleImage(index: [("linux/amd64", amd), ("linux/arm64", inner)])
    }

    @Test func `an index inside of an index leads to the same image in copy, plan and audit`() async throws {
        scene.source.add(nested, to: try Repository("app"), tag: .latest)
        let item = try item(.of("linux/arm64"))
        let plans = [await rehearse([item], surveyed: false), await rehearse([item], surveyed: true)]
        let survey = await SurveyRun(items: [item], settings: scene.settings, clock: scene.clock) { [scene] _ in
            scene.source
        }.execute()
        #expect(survey.items[0].root == arm.root.digest)
        let report = await scene.run([item])[0]
        #expect(report?.copied == arm.root.digest && report?.chosenFrom == nested.root.digest)
        for plan in plans {
            #expect(plan.outcomes == [.copied(arm.root.digest)])
            #expect(plan.costs["target"]?.bytesWritten == report?.counts.bytesSent)
        }
        #expect(try await audit(.of("linux/arm64"))?.status == .whole)
        let second = scene.source.log.count
        #expect(await scene.run([item])[0]?.unchanged == arm.root.digest)
        #expect(scene.source.log.dropFirst(second).count { $0.isManifestGet } == 2)
    }

    @Test func `one image may be there for several platforms`() async throws {
        let index = SampleImage(index: [("linux/amd64", amd), ("linux/arm64", amd), ("linux/s390x", power)])
        scene.source.add(index, to: try Repository("app"), tag: .latest)
        let item = try item(.of("linux/arm64"))
        #expect(await rehearse([item], surveyed: true).outcomes == [.copied(amd.root.digest)])
        #expect(await scene.run([item])[0]?.copied == amd.root.digest)
        #expect(try await audit(.of("linux/arm64"))?.status == .whole)

        let both = await scene.run([try self.item(.of("linux/amd64", "linux/arm64"))])[0]
        let copied = try #require(both?.copied)
        let made = try #require(scene.target.content(copied, in: try Repository(place)))
        let platforms = try Manifest(made.bytes, contentType: made.mediaType).children.map { $0.platform?.description }
        #expect(platforms == ["linux/amd64", "linux/arm64"])
    }

    @Test func `an image that the source names by SHA-512 is told by the digest that the target's tag names`()
        async throws
    {
        let named = arm.namedBySHA512
        scene.source.add(named, to: try Repository("app"))
        var item = try TransferItem.copying("app@\(named.root.digest)", to: place)
        item.target.tag = .latest
        #expect(await scene.run([item])[0]?.copied == arm.root.digest)
        #expect(await scene.run([item])[0]?.unchanged != nil)
    }

    @Test func `an audit of the whole index misses what a sparse copy left behind`() async throws {
        try fill()
        _ = await scene.run([try item(.of("linux/arm64", sparse: true))])
        #expect(try await audit(nil)?.status == .incomplete)
    }

    @Test func `nothing at the source is asked about an index that it does not have`() async throws {
        try fill()
        scene.source.add(SampleImage(about: arm.root, layers: ["signature"]), to: try Repository("app"))
        var scene = scene
        scene.settings.referrers = .all
        let copied = try #require(await scene.run([try item(.of("linux/arm64", "linux/amd64"))])[0]?.copied)
        let asked = scene.source.log.compactMap { operation -> Digest? in
            if case .referrers(_, let digest) = operation { digest } else { nil }
        }
        #expect(!asked.contains(copied) && asked.contains(arm.root.digest))
    }
}
