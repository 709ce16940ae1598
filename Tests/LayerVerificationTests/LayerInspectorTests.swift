// SPDX-License-Identifier: Apache-2.0

import Content
import ImageFixtures
import LayerVerification
import NIOCore
import OCI
import Testing

@Suite struct LayerInspectorTests {
    private let workers = InflateWorkers(threads: 1)

    private static func fixture(_ name: String, _ packing: FixtureLayer.Packing = .gzip) -> FixtureLayer {
        FixtureLayer([.text(name, "content of \(name)\n")], packing)
    }

    /// The image a graph stands for, its config perhaps saying something else.
    private func image(_ graph: FixtureGraph, diffIDs: [Digest]? = nil) throws -> InspectedImage {
        let manifest = try Manifest(graph.manifest.bytes, contentType: graph.manifest.mediaType)
        var config = try ImageConfig(graph.ownBlobs[0].content.bytes)
        if let diffIDs {
            let texts = diffIDs.map { "\"\($0)\"" }.joined(separator: ",")
            config = try ImageConfig(Array("{\"rootfs\":{\"diff_ids\":[\(texts)]}}".utf8))
        }
        return InspectedImage(digest: graph.manifest.digest, manifest: manifest, config: config)
    }

    /// Reads every blob of the graph through its inspection.
    private func read(_ graph: FixtureGraph, for image: InspectedImage, _ inspector: LayerInspector) async throws
        -> ContentFailure?
    {
        for blob in graph.ownBlobs {
            let inspection = try inspector.inspection(of: blob.descriptor, in: image)
            let bytes = BlobStream(buffers: blob.content.bytes.buffers(of: 100))
            let passed = await Passed(VerifiedBlob(bytes, expecting: blob.descriptor, inspection: inspection))
            if let failure = passed.failure { return failure }
        }
        return nil
    }

    @Test(arguments: [VerificationLevel.unpack, .diffid])
    func `counts what it checked and why it did not check the rest`(level: VerificationLevel) async throws {
        let inspector = LayerInspector(level, workers: workers)
        let graph = FixtureGraph.image([
            Self.fixture("a"), Self.fixture("b", .none), Self.fixture("c", .zstandard),
            Self.fixture("d").foreign(at: "https://example.com/d"),
        ])
        let image = try image(graph)
        #expect(try await read(graph, for: image, inspector) == nil)
        try inspector.conclude(image)
        let tally = try #require(inspector.takeTally(of: image.digest))
        #expect(tally.checked == (level == .unpack ? 2 : 3))
        #expect(tally.notChecked[.foreign] == 1)
        #expect(tally.notChecked[.uncompressed] == (level == .unpack ? 1 : nil))
        #expect(inspector.tally == tally)
        #expect(inspector.takeTally(of: image.digest) == nil)
    }

    /// A layer whose bytes are packed otherwise than its media type says.
    private func mislabelled(
        _ bytes: [UInt8], as type: MediaType, diffID: Digest, at level: VerificationLevel
    ) async throws -> (failure: ContentFailure?, tally: LayerTally?) {
        let layer = Descriptor(mediaType: type, digest: ContentHash.digest(of: bytes), size: Int64(bytes.count))
        let graph = FixtureGraph.image([Self.fixture("a")])
        var image = try image(graph, diffIDs: [diffID])
        let text = """
            {"schemaVersion":2,"config":{"mediaType":"\(MediaType.ociConfig.essence)","digest":"\(layer.digest)","size":1},\
            "layers":[{"mediaType":"\(type.asReceived)","digest":"\(layer.digest)","size":\(layer.size)}]}
            """
        image.manifest = try Manifest(Array(text.utf8), contentType: .ociManifest)
        let inspector = LayerInspector(level, workers: workers)
        do {
            let inspection = try inspector.inspection(of: layer, in: image)
            let stream = BlobStream(buffers: bytes.buffers(of: 100))
            let passed = await Passed(VerifiedBlob(stream, expecting: layer, inspection: inspection))
            if let failure = passed.failure { return (failure, nil) }
            try inspector.conclude(image)
        } catch {
            return (error, nil)
        }
        return (nil, inspector.tally)
    }

    @Test func `the first bytes say how a layer is packed, whatever its media type says`() async throws {
        let packed = Self.fixture("a"), plain = Self.fixture("a", .none)
        let (zipped, tar) = (packed.blob.content.bytes, plain.blob.content.bytes)
        let zstandard = Self.fixture("a", .zstandard).blob.content.bytes
        let diffID = ContentHash.digest(of: tar)
        for (bytes, type): ([UInt8], MediaType) in [
            (tar, "application/vnd.oci.image.layer.v1.tar+gzip"),
            (tar, "application/vnd.docker.image.rootfs.diff.tar.gzip"),
            (zipped, "application/vnd.oci.image.layer.v1.tar"),
            (zipped, "application/vnd.oci.image.layer.v1.tar+zstd"),
            (zstandard, "application/vnd.oci.image.layer.v1.tar+zstd"),
            (zstandard, "application/vnd.docker.image.rootfs.diff.tar.gzip"),
        ] {
            let right = try await mislabelled(bytes, as: type, diffID: diffID, at: .diffid)
            #expect(right.failure == nil && right.tally?.checked == 1, "\(type)")
            let wrong = try await mislabelled(bytes, as: type, diffID: ContentHash.digest(of: [1]), at: .diffid)
            #expect(wrong.failure?.kind == .inconsistent, "\(type)")
        }
    }

    @Test(arguments: ["application/vnd.oci.image.layer.v1.tar+gzip", "application/vnd.oci.image.layer.v1.tar+zstd"])
    func `what is neither packed nor a tar is damaged, and so is what ends in the middle`(type: String) async throws {
        let garbage = [UInt8](repeating: 7, count: 2000)
        for bytes in [
            garbage, [0x28, 0xb5, 0x2f, 0xfd] + garbage, Self.fixture("a", .zstandard).blob.content.bytes.dropLast(3),
        ] {
            let result = try await mislabelled(
                Array(bytes), as: MediaType(type), diffID: ContentHash.digest(of: garbage), at: .unpack)
            #expect(result.failure?.kind == .corrupt, "\(result)")
        }
    }

    @Test func `at digest level looks at nothing and counts nothing`() throws {
        let inspector = LayerInspector(.digest, workers: workers)
        let layer = Self.fixture("a")
        let image = try image(.image([layer]))
        #expect(try inspector.inspection(of: layer.gzipDescriptor, in: image) == nil)
        try inspector.conclude(image)
        #expect(inspector.tally == LayerTally() && inspector.takeTally(of: image.digest) == nil)
    }

    @Test func `a layer that is not what the config says fails its image, naming both diff IDs`() async throws {
        let inspector = LayerInspector(.diffid, workers: workers)
        let (layer, other) = (Self.fixture("a"), Self.fixture("b"))
        let graph = FixtureGraph.image([layer])
        let image = try image(graph, diffIDs: [other.diffID])
        let failure = try await read(graph, for: image, inspector)
        #expect(failure?.kind == .inconsistent && failure?.retry == .never)
        #expect(failure?.message.contains(layer.diffID.text) == true)
        #expect(failure?.message.contains(other.diffID.text) == true)
    }

    @Test func `a layer two images share is read once and compared with both configs`() async throws {
        let inspector = LayerInspector(.diffid, workers: workers)
        let layer = Self.fixture("a")
        let graph = FixtureGraph.image([layer])
        let (right, wrong) = (try image(graph), try image(graph, diffIDs: [Self.fixture("b").diffID]))
        #expect(try await read(graph, for: right, inspector) == nil)
        try inspector.conclude(right)
        #expect(inspector.needsConfig(for: wrong.manifest))
        #expect(throws: ContentFailure.self) { try inspector.conclude(wrong) }
        #expect(throws: ContentFailure.self) { _ = try inspector.inspection(of: layer.gzipDescriptor, in: wrong) }
        #expect(inspector.tally == LayerTally(checked: 1))
    }

    @Test func `an uncompressed layer is compared by its digest, with its bytes and without`() async throws {
        let inspector = LayerInspector(.diffid, workers: workers)
        let graph = FixtureGraph.image([Self.fixture("a", .none)])
        let wrong = try image(graph, diffIDs: [Self.fixture("b").diffID])
        #expect(try await read(graph, for: wrong, inspector)?.kind == .inconsistent)
        let right = try image(graph)
        let unread = LayerInspector(.diffid, workers: workers)
        try unread.conclude(right)
        #expect(unread.tally == LayerTally(checked: 1))
        // It may be packed for all that is known.
        let other = LayerInspector(.diffid, workers: workers)
        try other.conclude(wrong)
        #expect(other.tally == LayerTally(notChecked: [.alreadyAtTarget: 1]))
    }

    @Test func `a config with another number of diff IDs than layers is inconsistent`() throws {
        let inspector = LayerInspector(.diffid, workers: workers)
        let layer = Self.fixture("a")
        let image = try image(.image([layer]), diffIDs: [layer.diffID, layer.diffID])
        #expect(throws: ContentFailure.self) { _ = try inspector.inspection(of: layer.gzipDescriptor, in: image) }
    }

    @Test func `layers the target had, and things that are no layers, are counted as not checked`() throws {
        let inspector = LayerInspector(.diffid, workers: workers)
        let here = try image(.image([Self.fixture("a")]))
        #expect(!inspector.needsConfig(for: here.manifest))
        try inspector.conclude(here)
        #expect(inspector.takeTally(of: here.digest)?.notChecked == [.alreadyAtTarget: 1])
        let chart = FixtureGraph.artifact(
            type: "application/vnd.example", blobs: [(FixtureContent([1, 2, 3]), "application/vnd.example.data")])
        let manifest = try Manifest(chart.manifest.bytes, contentType: chart.manifest.mediaType)
        try inspector.conclude(InspectedImage(digest: chart.manifest.digest, manifest: manifest, config: nil))
        #expect(inspector.takeTally(of: chart.manifest.digest)?.notChecked == [.notALayer: 1])
    }

    @Test func `a layer without a diff ID in the config is counted as such`() async throws {
        let inspector = LayerInspector(.diffid, workers: workers)
        let graph = FixtureGraph.image([Self.fixture("a")])
        var image = try image(graph)
        image.config = try ImageConfig(Array("{}".utf8))
        #expect(try await read(graph, for: image, inspector) == nil)
        try inspector.conclude(image)
        #expect(inspector.tally == LayerTally(notChecked: [.noDiffID: 1]))
    }
}
