// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransferEngine
import TransshipTesting

/// The same images in two source repositories, which are copied to one target repository.
@Suite struct TwoSourcesTests {
    private var scene = Scene()
    private let child = SampleImage(layers: ["base", "own"])
    private let index: SampleImage
    private let signature: SampleImage
    private let (a, b): (Repository, Repository)
    private let mirror: Repository

    init() throws {
        index = SampleImage(index: [
            ("linux/amd64", child), ("linux/arm64", SampleImage(layers: ["base", "arm"], name: "arm")),
        ])
        signature = SampleImage(about: child.root, layers: ["signature"])
        (a, b, mirror) = (try Repository("a"), try Repository("b"), try Repository("m/app"))
        scene.settings.referrers = .all
        for repository in [a, b] { scene.source.add(index, to: repository, tag: .latest) }
    }

    private func copy(_ sources: [String]) async throws -> [ItemID: ItemReport] {
        await scene.run(try sources.map { try .copying($0, to: "m/app:of-\($0)") })
    }

    @Test(arguments: [["a", "b"], ["b", "a"]], [1, 8])
    func `an image gets what refers to its parts in either repository`(sources: [String], jobs: Int) async throws {
        scene.source.add(signature, to: b)
        var other = self
        other.scene.settings.jobs = jobs
        let reports = try await other.copy(sources)
        #expect(reports.values.allSatisfy { $0.copied == index.root.digest })
        #expect(scene.target.contains(signature, in: mirror))
        scene.expectClean()
    }

    @Test(arguments: [1, 8]) func `an image that is there already gets it, too`(jobs: Int) async throws {
        scene.source.add(signature, to: b)
        scene.target.add(index, to: mirror, tag: try OCI.Tag("of-b"))
        var other = self
        other.scene.settings.jobs = jobs
        let reports = try await other.copy(["a", "b"])
        #expect(reports[0]?.copied == index.root.digest && reports[1]?.unchanged == index.root.digest)
        #expect(scene.target.contains(signature, in: mirror))
        scene.expectClean()
    }

    @Test
    func `what refers to a part in a repository that only the whole comes from stays behind, unless all is wanted`()
        async throws
    {
        scene.source.add(signature, to: b)
        scene.source.add(child, to: a, tag: try OCI.Tag("child"))
        var other = self
        other.scene.settings.referrers = .new
        let reports = try await other.scene.run([
            .copying("b", to: "m/app:whole"), .copying("a:child", to: "m/app:child"),
        ])
        #expect(reports.values.allSatisfy { $0.copied != nil })
        #expect(!scene.target.contains(signature, in: mirror))
        scene.expectClean()
    }

    @Test(arguments: [["a", "b"], ["b", "a"]], [true, false])
    func `what one repository lacks of a shared image comes from the other`(
        sources: [String], lacksManifest: Bool
    ) async throws {
        if lacksManifest {
            scene.source.remove(manifest: child.root.digest, from: a)
        } else {
            scene.source.remove(ContentHash.digest(of: Array("own".utf8)), from: a)
        }
        // The target gets another root for each, so that only the children are shared.
        let whole = SampleImage(index: [("linux/amd64", child)])
        scene.source.add(whole, to: b, tag: .latest)
        let reports = try await copy(sources)
        let ofB = sources == ["a", "b"] ? 1 : 0
        #expect(reports[ofB]?.copied == whole.root.digest)
        #expect(scene.target.contains(whole, in: mirror))
        scene.expectClean()
    }

    @Test func `an audit holds each item against its own repository`() async throws {
        scene.source.add(signature, to: b)
        let tags = try ["of-a", "of-b"].map { try OCI.Tag($0) }
        for tag in tags { scene.target.add(index, to: mirror, tag: tag) }
        let (source, target) = (scene.source, scene.target)
        let audit = Audit(
            settings: scene.settings, clock: scene.clock, inspector: nil,
            stores: RunStores { store, _ in store == "target" ? target : source })
        let reports = await audit.execute(
            try ["a", "b"].map {
                AuditItem(source: try .parsing($0, in: "source"), target: try .parsing("m/app:of-\($0)", in: "target"))
            })
        #expect(reports.map(\.?.status) == [.whole, .incomplete])
    }
}
