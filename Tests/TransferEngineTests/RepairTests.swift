// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransferEngine
import TransshipTesting

/// Runs that believe nothing of what the target has, and runs that ask nothing.
@Suite struct RepairTests {
    private var scene = Scene()
    private let image = SampleImage(layers: ["base", "app"], name: "amd")
    private let other = SampleImage(layers: ["base", "arm"], name: "arm")
    private let index: SampleImage
    private let mirror: Repository

    init() throws {
        index = SampleImage(index: [("linux/amd64", image), ("linux/arm64", other)])
        mirror = try Repository("m/app")
        scene.source.add(index, to: try Repository("app"), tag: .latest)
        scene.target.add(index, to: mirror, tag: .latest)
        scene.settings.existing = .proven
    }

    private func run() async throws -> ItemReport? { await scene.run([try .copying("app", to: "m/app")])[0] }

    private var sent: Int { scene.target.count { if case .upload = $0 { true } else { false } } }
    private var stored: Int { scene.target.count { if case .put = $0 { true } else { false } } }

    @Test func `what is whole is unchanged: everything is asked for, nothing is written`() async throws {
        let report = try #require(try await run())
        guard case .unchanged(index.root.digest) = report.outcome else { return #expect(Bool(false), "\(report)") }
        #expect(sent == 0 && stored == 0)
        #expect(scene.target.count(where: \.isManifestGet) == 3)
        #expect(report.counts.present == Set(image.blobs.keys).union(other.blobs.keys).count)
        scene.expectClean()
    }

    @Test func `a child that the target lost is sent again, and nothing else`() async throws {
        scene.target.remove(manifest: other.root.digest, from: mirror)
        #expect(try await run()?.copied == index.root.digest)
        #expect(sent == 0 && stored == 1)
        #expect(scene.target.contains(index, in: mirror))
    }

    @Test func `a blob that the target lost is sent again, and nothing else`() async throws {
        scene.target.remove(ContentHash.digest(of: Array("arm".utf8)), from: mirror)
        let report = try #require(try await run())
        #expect(report.copied == index.root.digest && report.counts.sent == 1)
        #expect(sent == 1 && stored == 0)
        #expect(scene.target.contains(index, in: mirror))
    }

    @Test func `without it, a tag with the right digest is enough`() async throws {
        var scene = scene
        scene.settings.existing = .trusted
        scene.target.remove(manifest: other.root.digest, from: mirror)
        let report = await scene.run([try .copying("app", to: "m/app")])[0]
        guard case .unchanged? = report?.outcome else { return #expect(Bool(false), "\(String(describing: report))") }
        #expect(scene.target.count(where: \.isManifestGet) == 0)
    }

    @Test func `a second name of what was proven is set without sending anything`() async throws {
        let reports = await scene.run([
            try .copying("app", to: "m/app"), try .copying("app", to: "m/app:other"),
        ])
        #expect(reports[1]?.copied == index.root.digest && sent == 0 && stored == 1)
        let name = try OCI.Tag("other")
        #expect(scene.target.digest(of: name, in: mirror) == index.root.digest)
    }

    @Test func `a damaged manifest is read back, and replaced`() async throws {
        let digest = image.root.digest
        scene.target.addFault { operation, _ in
            guard case .manifest(_, .digest(digest)) = operation else { return nil }
            return ContentFailure(.corrupt, "it is not what its digest says")
        }
        #expect(try await run()?.copied == index.root.digest)
        #expect(stored == 1 && sent == 0)
    }

    @Test(arguments: [ExistingContent.proven, .trusted])
    func `what is damaged under the item's own name is sent anew where that is asked for, and else fails`(
        existing: ExistingContent
    ) async throws {
        var scene = scene
        scene.settings.existing = existing
        let digest = index.root.digest
        scene.target.addFault { operation, _ in
            switch operation {
            case .summary(_, .tag), .manifest(_, .digest(digest)): ContentFailure(.corrupt, "its file is damaged")
            default: nil
            }
        }
        let report = await scene.run([try .copying("app", to: "m/app")])[0]
        #expect(report?.copied == (existing == .proven ? digest : nil) && stored == (existing == .proven ? 1 : 0))
        #expect(existing == .proven || report?.failure?.cause.kind == .corrupt)
    }

    @Test func `forced, everything is sent and nothing is asked`() async throws {
        var scene = scene
        scene.settings.existing = .ignored
        let report = await scene.run([try .copying("app", to: "m/app")])[0]
        #expect(report?.copied == index.root.digest)
        #expect(report?.counts.present == 0 && report?.counts.sent == index.blobs.count)
        let questions = scene.target.count { operation in
            switch operation {
            case .summary, .manifest, .hasBlob: true
            default: false
            }
        }
        #expect(questions == 0)
        scene.expectClean()
    }

    @Test func `a blob that the target cannot read is sent again`() async throws {
        let layer = ContentHash.digest(of: Array("arm".utf8))
        scene.target.addFault { operation, _ in
            guard case .hasBlob(_, layer) = operation else { return nil }
            return ContentFailure(.unavailable, "500", retry: .later, status: 500)
        }
        let report = try #require(try await run())
        #expect(report.copied == index.root.digest && report.counts.sent == 1 && sent == 1)
    }

    @Test func `what refers to a signature that is there is asked for as well`() async throws {
        var scene = scene
        scene.settings.referrers = .new
        let signature = SampleImage(about: index.root, layers: ["signature"])
        let seal = SampleImage(about: signature.root, layers: ["seal"])
        for referrer in [signature, seal] { scene.source.add(referrer, to: try Repository("app")) }
        scene.target.add(signature, to: mirror)
        let report = await scene.run([try .copying("app", to: "m/app")])[0]
        #expect(report?.copied == index.root.digest)
        #expect(scene.target.contains(seal, in: mirror))
        #expect(await scene.run([try .copying("app", to: "m/app")])[0]?.unchanged == index.root.digest)
    }

    @Test func `a cosign signature that is at both sides is asked for, and whole`() async throws {
        var scene = scene
        scene.settings.referrers = .new
        let signature = SampleImage(layers: ["signature"], name: "cosign")
        let tag = try OCI.Tag("sha256-\(index.root.digest.hex).sig")
        scene.source.add(signature, to: try Repository("app"), tag: tag)
        scene.target.add(signature, to: mirror, tag: tag)
        #expect(await scene.run([try .copying("app", to: "m/app")])[0]?.unchanged == index.root.digest)
        #expect(sent == 0 && stored == 0)
        scene.target.remove(ContentHash.digest(of: Array("signature".utf8)), from: mirror)
        _ = await scene.run([try .copying("app", to: "m/app")])
        #expect(sent == 1 && scene.target.contains(signature, in: mirror))
    }
}
