// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization
import Testing
import TransshipTesting

@testable import TransferEngine

@Suite struct ImageCheckTests {
    private let scene = Scene()

    /// Layers are texts here: what is inside of one hashes to `inside TEXT`.
    private struct TextExaminer: LayerExaminer {
        func examines(_ type: MediaType) -> Bool { type == Self.layer }

        func examine(_ layer: VerifiedBlob) async throws(ContentFailure) -> ExaminedLayer {
            let text = String(decoding: try await layer.collected(upTo: 1 << 20, named: "the layer"), as: UTF8.self)
            return switch text {
            case "cut": .cut
            case "packed wrong": .unreadable(packing: "gzip", reason: "at byte 0: begins with something else")
            case "no archive": .noArchive(reason: "archive/tar: invalid tar header")
            default: .archive(diffID: Self.diffID(of: text))
            }
        }

        static func diffID(of text: String) -> Digest { ContentHash.digest(of: Array("inside \(text)".utf8)) }
        static let layer: MediaType = "application/vnd.oci.image.layer.v1.tar+gzip"
    }

    private func image(
        _ layers: [String], naming named: [String]? = nil, platform: String = "linux/amd64", type: String = "layers"
    ) -> SampleImage {
        let parts = platform.split(separator: "/").map(String.init)
        let config = JSON.object([
            "os": .string(parts[0]), "architecture": .string(parts[1]),
            "rootfs": .object([
                "type": .string(type),
                "diff_ids": .array((named ?? layers).map { .string(TextExaminer.diffID(of: $0).text) }),
            ]),
        ])
        return SampleImage(
            config: Array(config.text.utf8), layers: layers.map { (TextExaminer.layer, Array($0.utf8)) })
    }

    private func outcome(
        of image: SampleImage, platform: String? = nil, readingLayers: Bool = true, bounds: GraphBounds = GraphBounds(),
        retries: @escaping @Sendable (RequestTrouble) -> Void = { _ in }
    ) async throws -> ImageCheck.Outcome? {
        let repository = try Repository("app")
        scene.source.add(image, to: repository, tag: try OCI.Tag("v1"))
        var settings = RequestSettings()
        settings.connectionsPerStore = 4
        var check = ImageCheck(settings: settings, clock: scene.clock, examiner: TextExaminer(), troubled: retries)
        check.bounds = bounds
        let subject = ImageCheck.Subject(
            store: "source", selector: .tag(try OCI.Tag("v1")),
            platform: try platform.map { try Platform(parsing: $0) },
            name: "source/app:v1", readsLayers: readingLayers)
        let source = scene.source
        return await check.execute(
            subject,
            at: ImageCheck.Source(
                manifest: { selector throws(ContentFailure) in try await source.manifest(selector, in: repository) },
                blob: { blob throws(ContentFailure) in try await source.blob(blob, in: repository, from: 0).bytes },
                hasBlob: { blob throws(ContentFailure) in try await source.hasBlob(blob, in: repository) }))
    }

    private func findings(
        of image: SampleImage, platform: String? = nil, readingLayers: Bool = true, bounds: GraphBounds = GraphBounds()
    ) async throws -> ImageFindings {
        let outcome = try await outcome(
            of: image, platform: platform, readingLayers: readingLayers, bounds: bounds)
        guard case .checked(let findings)? = outcome else {
            throw ContentFailure(.invalid, "\(String(describing: outcome))")
        }
        return findings
    }

    private func digest(_ text: String) -> Digest { ContentHash.digest(of: Array(text.utf8)) }

    private func reads(of layer: String) throws -> Int {
        let read = MemoryStore.Operation.blob(try Repository("app"), digest(layer), offset: 0)
        return scene.source.count { $0 == read }
    }

    // MARK: - Images

    @Test(arguments: [true, false]) func `a whole image has no problem`(readingLayers: Bool) async throws {
        #expect(try await findings(of: image(["a", "b"]), readingLayers: readingLayers) == ImageFindings())
        let reads = scene.source.count { $0.isBlobGet }
        #expect(reads == (readingLayers ? 3 : 1))
    }

    @Test func `a config that names another diff ID is told three times, as crane does`() async throws {
        let problem = try await findings(of: image(["a", "b"], naming: ["a", "c"])).problem
        let (named, found) = (TextExaminer.diffID(of: "c"), TextExaminer.diffID(of: "b"))
        #expect(
            problem == """
                validating layers: mismatched layer[1] diffid: DiffID()=\(named), SHA256(Gunzip(Compressed()))=\(found)
                mismatched layer[1] diffid: DiffID()=\(named), SHA256(Uncompressed())=\(found)
                mismatched layer[1] diffid: ConfigFile.RootFS.DiffIDs[1]=\(named), SHA256(Gunzip(Compressed()))=\(found)
                """)
    }

    @Test func `layers and diff IDs of different numbers are told`() async throws {
        let problem = try await findings(of: image(["a", "b"], naming: ["a"])).problem
        #expect(problem == "validating layers: mismatched fs layers (2) and diff ids (1)")
    }

    @Test(arguments: [
        ("cut", "undersized layer[1] content: Manifest.Layers[1].Size=3"),
        ("no archive", "archive/tar: invalid tar header"),
    ]) func `the first layer with something wrong inside is told by its place`(layer: String, text: String) async throws
    {
        let problem = try await findings(of: image(["a", layer, "packed wrong"])).problem
        #expect(problem == "validating layers: \(text)")
    }

    @Test func `a layer that cannot be unpacked is told with its digest`() async throws {
        let problem = try await findings(of: image(["packed wrong"])).problem
        let place = "layer[0] \(digest("packed wrong"))"
        #expect(problem == "validating layers: \(place): gzip: at byte 0: begins with something else")
    }

    @Test func `a config of another kind is told beside the layers`() async throws {
        let problem = try await findings(of: image(["cut"], type: "else")).problem
        #expect(
            problem == """
                validating layers: undersized layer[0] content: Manifest.Layers[0].Size=3

                validating config: invalid ConfigFile.RootFS.Type: "else" != "layers"
                """)
    }

    @Test func `without reading, each layer that is not there is told`() async throws {
        let image = image(["a", "b", "c"])
        scene.source.add(image, to: try Repository("app"), tag: try OCI.Tag("v1"))
        for text in ["a", "c"] {
            scene.source.addFault { [missing = digest(text)] operation, _ in
                if case .hasBlob(_, missing) = operation { ContentFailure(.notFound, "no \(text)") } else { nil }
            }
        }
        let problem = try await findings(of: image, readingLayers: false).problem
        #expect(problem == "validating layers: no a\nno c")
    }

    @Test func `bytes that were damaged are not read again`() async throws {
        let image = image(["a"])
        scene.source.alter(digest("a")) { bytes, _ in bytes.map { $0 ^ 1 } }
        let problem = try await findings(of: image).problem
        #expect(problem?.hasPrefix("validating layers: error verifying sha256 checksum after reading 1 bytes") == true)
        #expect(try reads(of: "a") == 1)
    }

    // MARK: - Indexes

    @Test func `an index must say of its images what they say of themselves`() async throws {
        let arm = image(["a"], platform: "linux/arm64")
        let index = SampleImage(index: [("linux/amd64", image(["a"])), ("linux/s390x", arm)])
        let place = "[1](\(arm.root.digest)): "
        #expect(
            try await findings(of: index).problem == "validating children: failed to validate image platform\(place)"
                + "mismatched Architecture: arm64 != s390x")
        #expect(try reads(of: "a") == 1)
    }

    @Test func `a child of another size than the index says is told`() async throws {
        let child = image(["a"])
        let index = SampleImage(index: [("linux/amd64", child)], sizes: [child.root.digest: 7])
        #expect(
            try await findings(of: index).problem == "validating children: failed to validate image "
                + "Manifests[0](\(child.root.digest)): the manifest has \(child.root.bytes.count) bytes, its index says 7"
        )
    }

    @Test func `of the children that are not there, the first one ends the index`() async throws {
        let (one, two) = (image(["a"]), image(["cut"], platform: "linux/arm64"))
        let index = SampleImage(index: [("linux/arm64", two), ("linux/amd64", one)])
        scene.source.addFault { operation, _ in
            guard case .manifest(_, .digest(one.root.digest)) = operation else { return nil }
            return ContentFailure(.notFound, "gone")
        }
        #expect(try await findings(of: index).problem == "validating children: gone")
    }

    @Test func `what an index holds beside manifests is looked at like a layer, and a foreign one is only told`()
        async throws
    {
        let foreign = Descriptor(
            mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", digest: digest("far"), size: 3)
        let blob = Descriptor(mediaType: "text/plain", digest: digest("no archive"), size: 10)
        let index = SampleImage(index: [("linux/amd64", image(["no archive"], naming: []))], extra: [foreign, blob])
        let found = try await findings(of: index)
        #expect(found.remarks.count == 1)
        #expect(
            found.remarks.first?.hasPrefix(
                "nondistributable layer failure: failed to validate layer Manifests[1](\(digest("far"))): ") == true)
        #expect(
            found.problem?.hasSuffix(
                "failed to validate layer Manifests[2](\(blob.digest)): archive/tar: invalid tar header") == true)
    }

    @Test func `indexes that nest too deep, or reach too much, are told`() async throws {
        var nested = image(["a"])
        for _ in 0..<3 { nested = SampleImage(index: [("linux/amd64", nested)]) }
        var bounds = GraphBounds()
        bounds.depth = 3
        let deep = try await findings(of: nested, bounds: bounds)
        #expect(deep.problem?.hasSuffix("indexes nested more than 3 levels deep") == true)
        bounds = GraphBounds()
        bounds.descriptors = 2
        let wide = try await findings(of: nested, bounds: bounds)
        #expect(wide.problem?.contains("the image reaches more than 2 descriptors") == true)
    }

    // MARK: - Beginnings

    @Test func `with a platform only its image is looked at, in indexes inside too`() async throws {
        let arm = image(["cut"], platform: "linux/arm64")
        let index = SampleImage(index: [("linux/amd64", image(["no archive"])), ("linux/arm64", arm)])
        let outer = SampleImage(index: [("linux/arm64", index)])
        let found = try await findings(of: outer, platform: "linux/arm64")
        #expect(found.problem == "validating layers: undersized layer[0] content: Manifest.Layers[0].Size=3")
        let outcome = try await outcome(of: outer, platform: "linux/s390x")
        guard case .notChosen(let failure)? = outcome else {
            Issue.record("\(String(describing: outcome))")
            return
        }
        #expect(failure.message == "no child with platform linux/s390x in index source/app:v1")
    }

    @Test func `an image that cannot be read, and one of schema 1, are told apart from bad ones`() async throws {
        guard case .schema1? = try await outcome(of: .schema1) else {
            Issue.record("not schema 1")
            return
        }
        scene.source.addFault { _, _ in ContentFailure(.denied, "no") }
        guard case .unread(let failure)? = try await outcome(of: image(["a"])) else {
            Issue.record("read")
            return
        }
        #expect(failure.message == "no")
    }

    @Test func `a passing fault is told and tried again, and a pause is kept`() async throws {
        scene.source.addFault { operation, earlier in
            guard operation.isBlobGet, earlier == 0 else { return nil }
            return ContentFailure(.rateLimited, "429", retry: .notBefore(.seconds(60)), status: 429)
        }
        let told = Mutex(0)
        let outcome = try await outcome(of: image(["a"])) { trouble in
            if case .retrying = trouble { told.withLock { $0 += 1 } }
        }
        guard case .checked(let findings)? = outcome else {
            Issue.record("\(String(describing: outcome))")
            return
        }
        #expect(findings.problem == nil && told.withLock { $0 } == 2)
        let sleep = try #require(scene.clock.sleeps.first)
        #expect(sleep >= .seconds(60) && sleep < .seconds(70))
    }

    @Test func `a check that is cancelled has no outcome`() async throws {
        scene.source.addFault { operation, _ in
            if operation.isBlobGet { withUnsafeCurrentTask { $0?.cancel() } }
            return nil
        }
        let outcome = try await outcome(of: image(["a", "b"]))
        if let outcome { Issue.record("\(outcome)") }
    }
}
