// SPDX-License-Identifier: Apache-2.0

import ImageFixtures
import OCI
import Testing

/// Small enough for a test.
private let scales: [(Workload, Double)] = [
    (.guide, 0.01), (.shapes, 1), (.sha512, 1), (.big, 0.002), (.huge, 0.001), (.fleet, 0.02), (.tiny, 0.01),
    (.multiarch, 0.05),
]

@Suite struct WorkloadTests {
    private func images(_ workload: Workload, _ scale: Double) throws -> [FixtureImage] {
        try workload.images(scale: scale, files: fixtureFiles)
    }

    @Test(arguments: scales)
    func `says of every blob what it is`(workload: Workload, scale: Double) throws {
        for blob in try images(workload, scale).flatMap(\.blobs) {
            let (size, digest) = blob.content.measure(blob.descriptor.digest.algorithm)
            #expect(size == blob.descriptor.size)
            #expect(digest == blob.descriptor.digest)
        }
    }

    @Test(arguments: scales)
    func `lists in every manifest only what the image holds, children first`(workload: Workload, scale: Double) throws {
        for image in try images(workload, scale) {
            var pushed: Set<Digest> = []
            for manifest in image.manifests {
                let read = try manifest.read()
                for blob in read.blobs where !blob.mediaType.isNonDistributable {
                    #expect(image.blob(blob.digest)?.descriptor.size == blob.size)
                }
                #expect(read.children.allSatisfy { pushed.contains($0.digest) })
                pushed.insert(manifest.digest)
            }
            #expect(pushed.contains(image.graph.manifest.digest))
        }
    }

    @Test(arguments: scales)
    func `is the same every time, and no repository occurs twice`(workload: Workload, scale: Double) throws {
        let first = try images(workload, scale)
        let second = try images(workload, scale)
        #expect(first.map(\.graph.manifest) == second.map(\.graph.manifest))
        #expect(Set(first.map(\.repository)).count == first.count)
        #expect(first.allSatisfy { !$0.tags.isEmpty })
    }

    @Test func `shares nothing with another variant of itself`() throws {
        let plain = try Workload.tiny.images(scale: 0.003, files: fixtureFiles)
        let other = try Workload.tiny.images(scale: 0.003, variant: "other", files: fixtureFiles)
        #expect(plain.map(\.repository) == other.map(\.repository))
        #expect(
            Set(plain.flatMap(\.blobs).map(\.descriptor)).isDisjoint(with: other.flatMap(\.blobs).map(\.descriptor)))
    }

    @Test(arguments: [(Workload.guide, 0.01), (.shapes, 1), (.fleet, 0.005)])
    func `puts the digest of each layer's uncompressed bytes into the config`(workload: Workload, scale: Double) throws
    {
        for image in try images(workload, scale) {
            for graph in [image.graph] + image.graph.children where try graph.manifest.read().kind == .image {
                try checkDiffIDs(of: graph)
            }
        }
    }

    private func checkDiffIDs(of graph: FixtureGraph) throws {
        let manifest = try graph.manifest.read()
        guard let config = graph.ownBlobs.first, config.descriptor.mediaType != .ociEmpty else { return }
        let diffIDs = try JSON(config.content.bytes)["rootfs"]?["diff_ids"]?.array?.compactMap(\.string)
        for (position, layer) in manifest.blobs.dropFirst().enumerated() where layer.mediaType.essence.hasSuffix("gzip")
        {
            guard let blob = graph.ownBlobs.first(where: { $0.descriptor.digest == layer.digest }) else { continue }
            let archive = FixtureContent(try inflated(blob.content.bytes))
            #expect(archive.measure().digest.text == diffIDs?[position])
        }
    }
}

@Suite struct GuideTests {
    private let images: [String: FixtureImage]

    init() throws {
        let all = try Workload.guide.images(scale: 0.01, files: fixtureFiles)
        images = Dictionary(uniqueKeysWithValues: all.map { ($0.repository, $0) })
    }

    private func layers(_ repository: String) throws -> Set<Digest> {
        let image = try #require(images[repository])
        return Set(image.blobs.map(\.descriptor).filter { $0.mediaType.essence.contains("tar") }.map(\.digest))
    }

    @Test func `has the images of the guide's list`() {
        #expect(
            Set(images.values.flatMap { image in image.tags.map { "\(image.repository):\($0)" } }) == [
                "ubuntu:18.04", "debian:buster", "hello-world:latest", "redis:buster",
                "jupyter/tensorflow-notebook:latest",
            ])
    }

    @Test func `has multi-architecture images with attestations`() throws {
        let index = try #require(images["redis"]).graph.manifest.read()
        #expect(index.kind == .index)
        #expect(index.children.count == 6)
        #expect(index.children.compactMap(\.attestedDigest) == index.children.prefix(3).map(\.digest))
        #expect(images["hello-world"]?.graph.manifest.mediaType == .dockerList)
    }

    @Test func `has images that stand on another one's layers`() throws {
        #expect(try layers("redis").isSuperset(of: layers("debian")))
        #expect(try layers("jupyter/tensorflow-notebook").isSuperset(of: layers("ubuntu")))
    }
}

@Suite struct ShapeTests {
    private let images: [String: FixtureImage]

    init() throws {
        let all = try Workload.shapes.images(files: fixtureFiles)
        images = Dictionary(uniqueKeysWithValues: all.map { ($0.repository, $0) })
    }

    private func root(_ name: String) throws -> Manifest {
        try #require(images["shapes/" + name]).graph.manifest.read()
    }

    @Test(arguments: [
        ("uncompressed", "application/vnd.oci.image.layer.v1.tar"),
        ("zstd", "application/vnd.oci.image.layer.v1.tar+zstd"),
        ("foreign", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
        ("nondistributable", "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"),
        ("docker", "application/vnd.docker.image.rootfs.diff.tar.gzip"),
    ])
    func `has layers of every kind`(name: String, type: String) throws {
        #expect(try root(name).blobs.contains { $0.mediaType.essence == type })
    }

    @Test(arguments: ["foreign", "nondistributable"])
    func `says where a foreign layer is, and does not hold it`(name: String) throws {
        let layer = try #require(try root(name).blobs.first { $0.mediaType.isNonDistributable })
        #expect(!layer.urls.isEmpty)
        #expect(images["shapes/" + name]?.blob(layer.digest) == nil)
    }

    @Test func `has indexes in indexes`() throws {
        let outer = try #require(images["shapes/nested"]).graph
        #expect(outer.children.first?.children.first?.manifest.mediaType == .ociIndex)
    }

    @Test func `has an artifact with the empty config and a blob of no bytes`() throws {
        let manifest = try root("artifact")
        #expect(manifest.config?.mediaType == .ociEmpty)
        #expect(manifest.config?.inlineContent == Array("{}".utf8))
        #expect(manifest.artifactType == "application/vnd.example.thing.v1")
        #expect(manifest.blobs.contains { $0.size == 0 })
    }

    @Test func `has referrers, one of them to a referrer`() throws {
        let image = try #require(images["shapes/oci"])
        let subjects = try image.referrers.map { try $0.manifest.read().subject?.digest }
        #expect(subjects.count == 3)
        #expect(subjects[0] == image.graph.manifest.digest)
        #expect(subjects[2] == image.referrers[1].manifest.digest)
    }

    @Test func `has a tag that lists the referrers of each manifest`() throws {
        let image = try #require(images["shapes/oci"])
        let lists = image.referrersTags
        let bill = image.referrers[1].manifest.digest
        #expect(lists.map(\.tag) == [image.graph.manifest.digest, bill].map { "sha256-\($0.hex)" })
        let listed = try lists[0].index.read().children
        #expect(listed.map(\.digest) == image.referrers[..<2].map(\.manifest.digest))
        #expect(listed.last?.artifactType == "application/spdx+json")
    }

    @Test func `has a layer addressed by SHA-512`() throws {
        let image = try Workload.sha512.images(files: fixtureFiles)[0]
        #expect(try image.graph.manifest.read().blobs.contains { $0.digest.algorithm == .sha512 })
    }
}
