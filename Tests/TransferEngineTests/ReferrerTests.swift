import Content
import OCI
import ProtocolCases
import Testing
import TransferEngine
import TransshipTesting

@Suite struct ReferrerTests {
    private var scene = Scene()
    private let image = SampleImage(layers: ["one"])
    private let app: Repository
    private let mirror: Repository

    init() throws {
        scene.settings.copiesReferrers = true
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

    @Test func `nothing more is copied unless asked for`() async throws {
        var scene = scene
        scene.settings.copiesReferrers = false
        let signature = SampleImage(about: image.root, layers: ["signature"])
        scene.source.add(signature, to: app)
        _ = await scene.run([try .copying("app", to: "m/app")])
        #expect(!scene.target.contains(signature, in: mirror))
        #expect(scene.source.count { if case .referrers = $0 { true } else { false } } == 0)
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

    @Test func `a source that does not say fails the item, and nothing is half copied`() async throws {
        scene.source.addFault { operation, _ in
            if case .referrers = operation { ContentFailure(.denied, "403", status: 403) } else { nil }
        }
        #expect(try await run()?.failure?.cause.kind == .denied)
        #expect(scene.target.digest(of: .latest, in: mirror) == nil)
    }
}
