// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransferEngine
import TransshipTesting

/// A manifest that several wait for tells each of them, whatever became of it.
@Suite struct SharedManifestTests {
    private var scene = Scene()
    private let app: Repository
    private let here: Repository
    private let image = SampleImage(layers: ["one"])

    init() throws {
        scene.settings.referrers = .new
        app = try Repository("app")
        here = try Repository("m/app")
    }

    private func copies(_ tags: String...) throws -> [TransferItem] {
        try tags.map { try .copying("app:\($0)", to: "m/app:\($0)") }
    }

    /// BuildKit's cache with `image-manifest=false`.
    @Test func `an index whose entries are layers and a config arrives`() async throws {
        let cache = SampleImage(layers: ["a", "b"])
        scene.source.add(cache, to: app)
        let entries = cache.blobs.keys.sorted().map { digest in
            SampleImage.json(
                Descriptor(
                    mediaType: MediaType("application/vnd.example.cache"), digest: digest,
                    size: Int64(cache.blobs[digest]?.count ?? 0)))
        }
        let index = ManifestContent(index: .ociIndex(of: entries))
        try await scene.source.put(index, as: index.mediaType, at: .tag(.latest), in: app)
        #expect(await scene.run(try copies("latest"))[0]?.copied == index.digest)
        #expect(scene.target.digest(of: .latest, in: here) == index.digest)
    }

    @Test func `an index arrives whose image stays as it is, while what refers to that is asked`() async throws {
        var scene = scene
        scene.settings.referrers = .all
        let index = SampleImage(index: [("linux/amd64", image)])
        scene.source.add(image, to: app, tag: try Tag("image"))
        scene.source.add(index, to: app, tag: try Tag("index"))
        scene.target.add(image, to: here, tag: try Tag("image"))
        for order in [["image", "index"], ["index", "image"]] {
            let reports = await scene.run(try order.map { try .copying("app:\($0)", to: "m/app:\($0)") })
            #expect(reports.values.allSatisfy { $0.failure == nil }, "\(reports)")
        }
        #expect(scene.target.digest(of: try Tag("index"), in: here) == index.root.digest)
        scene.expectClean()
    }

    @Test func `an image that the target has gets its name, also where an index asks for it at the same time`()
        async throws
    {
        let (other, old) = (SampleImage(layers: ["two"], name: "other"), SampleImage(layers: ["old"], name: "old"))
        let index = SampleImage(index: [("linux/arm64", other), ("linux/amd64", image)])
        scene.source.add(image, to: app, tag: try Tag("image"))
        scene.source.add(index, to: app, tag: try Tag("index"))
        // The target has another image under the index's name, and the index's second child under a name of its own.
        scene.target.add(old, to: here, tag: try Tag("index"))
        scene.target.add(image, to: here, tag: try Tag("before"))
        for jobs in [1, 8] {
            var scene = scene
            scene.settings.jobs = jobs
            let reports = await scene.run(try copies("index", "image"))
            #expect(reports.values.allSatisfy { $0.failure == nil }, "\(reports)")
        }
        #expect(scene.target.digest(of: try Tag("image"), in: here) == image.root.digest)
        #expect(scene.target.digest(of: try Tag("index"), in: here) == index.root.digest)
        scene.expectClean()
    }

    @Test func `what refers to a signature goes along to a target that keeps lists under tags`() async throws {
        let signature = SampleImage(about: image.root, layers: ["signature"])
        let second = SampleImage(about: signature.root, layers: ["of the signature"])
        for one in [signature, second] { scene.source.add(one, to: app) }
        scene.source.add(image, to: app, tag: .latest)
        scene.target.listsReferrers = false
        #expect(await scene.run(try copies("latest"))[0]?.copied == image.root.digest)
        for one in [image, signature, second] { #expect(scene.target.contains(one, in: here)) }
    }

    @Test(arguments: [false, true]) func `a signature that a signature gets later arrives where all are wanted`(
        hasAPI: Bool
    ) async throws {
        var scene = scene
        scene.settings.referrers = .all
        scene.target.listsReferrers = hasAPI
        let signature = SampleImage(about: image.root, layers: ["signature"])
        scene.source.add(image, to: app, tag: .latest)
        scene.source.add(signature, to: app)
        _ = await scene.run(try copies("latest"))
        let second = SampleImage(about: signature.root, layers: ["of the signature"])
        scene.source.add(second, to: app)
        #expect(await scene.run(try copies("latest"))[0]?.failure == nil)
        #expect(scene.target.contains(second, in: here))
    }

    @Test func `an index that the target has gets what refers to it, with its new name`() async throws {
        let index = SampleImage(index: [
            ("linux/amd64", image), ("linux/arm64", SampleImage(layers: ["two"], name: "other")),
        ])
        let signature = SampleImage(about: index.root, layers: ["signature"])
        scene.target.add(index, to: here, tag: try Tag("1"))
        scene.source.add(index, to: app, tag: try Tag("2"))
        scene.source.add(signature, to: app)
        #expect(await scene.run(try copies("2"))[0]?.copied == index.root.digest)
        #expect(scene.target.contains(signature, in: here))
        #expect(scene.target.digest(of: try Tag("2"), in: here) == index.root.digest)
    }

    @Test(arguments: [false, true])
    func `an index that stays gets what refers to its images later, where all are wanted`(
        hasFurtherName: Bool
    ) async throws {
        var scene = scene
        scene.settings.referrers = .all
        let inner = SampleImage(index: [("linux/arm64", SampleImage(layers: ["two"], name: "other"))])
        let index = SampleImage(index: [("linux/amd64", image), ("linux/arm64", inner)])
        for tag in ["1", "2"] { scene.source.add(index, to: app, tag: try Tag(tag)) }
        #expect(await scene.run(try copies("1"))[0]?.copied == index.root.digest)
        let signatures = index.manifests.map { SampleImage(about: $0, layers: ["of \($0.digest)"]) }
        for signature in signatures { scene.source.add(signature, to: app) }
        let (read, before) = (scene.source.count(where: \.isManifestGet), scene.target.log.count)
        let reports = await scene.run(hasFurtherName ? try copies("1", "2") : try copies("1"))
        #expect(reports.values.allSatisfy { $0.failure == nil }, "\(reports)")
        for signature in signatures { #expect(scene.target.contains(signature, in: here)) }
        if !hasFurtherName {
            // No pull is spent on what the target has.
            #expect(scene.source.count(where: \.isManifestGet) == read + signatures.count)
            let indexes = scene.target.log.dropFirst(before).count { operation in
                if case .manifest(_, .digest) = operation { true } else { false }
            }
            #expect(indexes == 2)
        }
    }

    @Test(arguments: 0..<6) func `an image that one repository has not whole is taken from the other`(seed: Int)
        async throws
    {
        var scene = scene
        scene.settings.requests.seed = UInt64(seed)
        let other = try Repository("other")
        for repository in [app, other] { scene.source.add(image, to: repository, tag: .latest) }
        scene.source.remove(image.blobs.keys.sorted()[seed % 2], from: app)
        let signature = SampleImage(about: image.root, layers: ["signature"])
        scene.source.add(signature, to: other)
        let reports = await scene.run([
            try .copying("app:latest", to: "m/app:1"), try .copying("other:latest", to: "m/app:2"),
        ])
        #expect(reports[1]?.copied == image.root.digest, "\(reports)")
        #expect(scene.target.contains(signature, in: here))
    }

    @Test func `a name that stays says unchanged where the target has what is chosen of the source's index`()
        async throws
    {
        var scene = scene
        scene.settings.keepsExistingTags = true
        scene.settings.comparesKeptTags = true
        let index = SampleImage(index: [
            ("linux/amd64", image), ("linux/arm64", SampleImage(layers: ["two"], name: "other")),
        ])
        scene.source.add(index, to: app, tag: .latest)
        scene.target.add(image, to: here, tag: .latest)
        for (platform, isSame) in [("linux/amd64", true), ("linux/arm64", false)] {
            let reports = await scene.run([try .copying("app", to: "m/app", platforms: .of(platform))])
            #expect(
                (reports[0]?.unchanged == image.root.digest) == isSame && (reports[0]?.kept != nil) == !isSame,
                "\(reports)")
        }
    }

    @Test(arguments: [["index", "image"], ["image", "index"]], [false, true])
    func `an index needs what refers to its images only where that is wanted of all, whatever else is copied`(
        order: [String], all: Bool
    ) async throws {
        var scene = scene
        if all { scene.settings.referrers = .all }
        let signature = SampleImage(about: image.root, layers: ["signature"])
        let index = SampleImage(index: [("linux/amd64", image)])
        scene.source.add(image, to: app, tag: try Tag("image"))
        scene.source.add(index, to: app, tag: try Tag("index"))
        scene.source.add(signature, to: app)
        scene.source.remove(ContentHash.digest(of: Array("signature".utf8)), from: app)
        let reports = await scene.run(try order.map { try .copying("app:\($0)", to: "m/app:\($0)") })
        let (ofIndex, ofImage) = order[0] == "index" ? (0, 1) : (1, 0)
        #expect((reports[ofIndex]?.copied == nil) == all && reports[ofImage]?.failure != nil, "\(reports)")
    }
}
