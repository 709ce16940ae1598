// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransshipTesting

@testable import TransferEngine

@Suite struct UntaggedManifestTests {
    private let scene = Scene()
    private let one = SampleImage(layers: ["one"], name: "one")
    private let two = SampleImage(layers: ["two"], name: "two")
    private let loose = SampleImage(layers: ["loose"], name: "loose")

    /// Everything below an image, of which only the image itself has a tag.
    private func list(
        _ tagged: SampleImage, with others: [SampleImage] = [], in name: String = "app"
    ) throws -> UntaggedManifests.Repository {
        let repository = try Repository(name)
        for image in [tagged] + others { scene.source.add(image, to: repository) }
        let manifests = [tagged].flatMap(\.manifests) + others.flatMap(\.manifests)
        return UntaggedManifests.Repository(
            place: RepositoryPlace("source", repository),
            manifests: manifests.map {
                UntaggedManifests.Listed(
                    digest: $0.digest, hasTag: $0.digest == tagged.root.digest,
                    mayBeIndex: $0.mediaType.manifestKind == .index)
            })
    }

    private func find(
        in repositories: [UntaggedManifests.Repository], bounds: GraphBounds = GraphBounds()
    ) async throws -> [Result<[Digest], TransferFailure>] {
        let source = scene.source
        var search = UntaggedManifests(settings: RequestSettings(), clock: scene.clock) { _ in source }
        search.bounds = bounds
        return try #require(await search.find(in: repositories))
    }

    @Test func `what tagged indexes hold, in indexes inside too, has its names from them`() async throws {
        let inner = SampleImage(index: [("linux/amd64", one), ("linux/arm64", two)])
        let outer = SampleImage(index: [("linux/amd64", inner)])
        let found = try await find(in: [list(outer, with: [loose])])
        #expect(try found.map { try $0.get() } == [[loose.root.digest]])
        // No image is read for it.
        #expect(scene.source.count(where: \.isManifestGet) == 2)
    }

    @Test func `what an untagged index holds has no name either`() async throws {
        let index = SampleImage(index: [("linux/amd64", two)])
        let found = try await find(in: [list(one, with: [index])])
        #expect(try found.map { try $0.get() } == [[index.root.digest, two.root.digest]])
        #expect(scene.source.log.isEmpty)
    }

    @Test func `an index that cannot be read leaves its own repository unknown, and no other`() async throws {
        let index = SampleImage(index: [("linux/amd64", one)])
        scene.source.addFault { operation, _ in
            guard case .manifest(let repository, _) = operation, repository.path == "bad" else { return nil }
            return ContentFailure(.denied, "no")
        }
        let found = try await find(in: [list(index, in: "bad"), list(index, with: [loose], in: "good")])
        #expect(throws: TransferFailure.self) { try found[0].get() }
        #expect(try found[1].get() == [loose.root.digest])
    }

    @Test func `a passing fault is tried again, and a pause is kept`() async throws {
        scene.source.addFault { _, earlier in
            guard earlier == 0 else { return nil }
            return ContentFailure(.rateLimited, "429", retry: .notBefore(.seconds(60)), status: 429)
        }
        let found = try await find(in: [list(SampleImage(index: [("linux/amd64", one)]), with: [loose])])
        #expect(try found[0].get() == [loose.root.digest])
        #expect(try #require(scene.clock.sleeps.first) >= .seconds(60))
    }

    @Test func `indexes that nest too deep leave their repository unknown`() async throws {
        var nested = one
        for _ in 0..<4 { nested = SampleImage(index: [("linux/amd64", nested)]) }
        var bounds = GraphBounds()
        bounds.depth = 3
        let found = try await find(in: [list(nested)], bounds: bounds)
        #expect(throws: TransferFailure.self) { try found[0].get() }
    }
}
