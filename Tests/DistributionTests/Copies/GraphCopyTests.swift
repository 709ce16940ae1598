// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOHTTP1
import OCI
import ProtocolCases
import RegistryFaults
import RegistryServer
import Testing
import TransferEngine
import TransshipTesting

/// Copies of every shape of image, from registry to registry.
@Suite struct GraphCopyTests {
    private static let shapes: [(String, StageImage)] = [
        ("zstd", StageImage(seed: 1, layerType: "application/vnd.oci.image.layer.v1.tar+zstd")),
        ("uncompressed", StageImage(seed: 2)),
        ("encrypted", StageImage(seed: 3, layerType: "application/vnd.oci.image.layer.v1.tar+gzip+encrypted")),
        (
            "chart",
            StageImage(
                seed: 4, layerType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
                configType: "application/vnd.cncf.helm.config.v1+json")
        ),
        (
            "module",
            StageImage(
                seed: 5, layerType: "application/wasm", configType: "application/vnd.wasm.config.v0+json",
                more: #","artifactType":"application/vnd.wasm""#)
        ),
        ("no layers", StageImage(layers: [], seed: 6)), ("empty layer", StageImage(layers: [0, 2], seed: 7)),
        ("odd text", StageImage(seed: 8, more: " ,\n\t\"annotations\" : { \"\\u00e9é\" : \"日本 \\/ \" }\r\n ")),
    ]

    @Test(.covers("F06", "F09", "F10", "B11"), arguments: shapes.indices)
    func `whatever an artifact is made of, its bytes arrive as they are`(number: Int) async throws {
        let image = Self.shapes[number].1
        try await withCopyStage(image) { stage in
            #expect(await stage.copyOne() == nil)
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("M08", "M13")) func `a manifest that does not say its type keeps the one it was served with`()
        async throws
    {
        let image = StageImage(calledByType: false)
        let rule = FaultRule(RequestMatch(.PUT, .manifest), .always, .header("Location", nil))
        try await withCopyStage(image, to: StageSide(rules: [rule])) { stage in
            #expect(await stage.copyOne() == nil)
            let put = stage.target.requests.first { $0.method == .PUT && $0.subject == .manifest }
            #expect(put?.headers["Content-Type"] == [MediaType.ociManifest.essence])
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("F01")) func `indexes in indexes arrive with all that is below them`() async throws {
        let image = StageImage(index: [StageImage(index: [StageImage(index: [StageImage(layers: [10])])])])
        try await withCopyStage(image) { stage in
            #expect(await stage.copyOne() == nil)
            try await stage.expectArrival(of: image)
        }
    }

    @Test(.covers("F02")) func `attestations beside an image arrive with the index, and a platform's image without it`()
        async throws
    {
        let image = StageImage(layers: [300], seed: 1)
        let about = #","artifactType":"application/vnd.docker.attestation.manifest.v1+json""#
        let attestation = StageImage(layers: [200], seed: 2, layerType: "application/vnd.in-toto+json", more: about)
        let entry = StageImage.json(
            descriptor(of: attestation.root), MediaType.ociManifest.essence,
            more: #","platform":{"os":"unknown","architecture":"unknown"},"annotations":"#
                + #"{"vnd.docker.reference.type":"attestation-manifest","#
                + #""vnd.docker.reference.digest":"\#(image.root.digest)"}"#)
        var index = StageImage(index: [image], listing: [entry])
        index.blobs += attestation.blobs
        index.manifests.insert(attestation.root, at: 0)
        try await withCopyStage(index) { stage in
            #expect(await stage.copyOne() == nil)
            try await stage.expectArrival(of: index)
            // As gcrane: one image in the index's place. An image without a platform is taken for linux/amd64.
            let one = stage.item(.app, .latest, to: .other, platform: try Platform(parsing: "linux/amd64"))
            #expect(await stage.copy([one])[0]?.failure == nil)
            try await stage.expectArrival(of: image, in: .other)
        }
    }

    @Test(.covers("F08")) func `fifty tags of one image send its blobs once, and its manifest once for each at most`()
        async throws
    {
        let image = StageImage()
        try await withCopyStage(image) { stage in
            let tags = try (0..<50).map { try OCI.Tag("v\($0)") }
            for tag in tags {
                try await stage.source.store.put(image.root, as: .ociManifest, at: .tag(tag), in: .app)
            }
            let reports = await stage.copy(tags.map { stage.item(.app, $0) })
            #expect(reports.values.allSatisfy { $0.failure == nil } && reports.count == 50)
            #expect(stage.target.count("PUT upload") == 2)
            #expect(stage.target.count("PUT manifest") <= 50)
            for tag in tags { try await stage.expectArrival(of: image, in: .app, tag) }
        }
    }

    @Test(.covers("B12"), arguments: [true, false])
    func `content within a descriptor spares the question, and is checked`(
        isRight: Bool
    ) async throws {
        let config = SampleBlob(size: 300, seed: 5)
        let bytes = isRight ? config.bytes : config.bytes.map { $0 ^ 1 }
        let data = #","data":"\#(Base64.encode(bytes))""#
        let entry = StageImage.json(config.descriptor, MediaType.ociConfig.essence, more: data)
        let type = MediaType.ociManifest.essence
        let image = StageImage(
            manifest: #"{"schemaVersion":2,"mediaType":"\#(type)","config":\#(entry),"layers":[]}"#, blobs: [config])
        try await withCopyStage(image) { stage in
            let failure = await stage.copyOne()
            #expect(stage.source.count("GET blob") == 0)
            if isRight {
                #expect(failure == nil)
                try await stage.expectArrival(of: image)
            } else {
                #expect(failure?.side == .source && failure?.cause.kind == .corrupt)
                try await stage.expectUntouched(by: image)
            }
        }
    }

    // MARK: Foreign layers

    private static let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"

    private func foreignImage(at url: String) -> StageImage {
        let (config, layer) = (SampleBlob(size: 200, seed: 3), SampleBlob(size: 4_000, seed: 4))
        let entries = (
            StageImage.json(config.descriptor, MediaType.ociConfig.essence),
            StageImage.json(layer.descriptor, Self.foreign, more: #","urls":["\#(url)"]"#)
        )
        let text =
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest.essence)","config":\#(entries.0),"layers":[\#(entries.1)]}"#
        return StageImage(manifest: text, blobs: [config])
    }

    @Test(.covers("F04", "S04"))
    func `a foreign layer stays where it is, its host gets no login, and the manifest is the same`()
        async throws
    {
        try await withRegistry(users: ["u": "p"]) { elsewhere in
            let image = foreignImage(at: elsewhere.server.url + "/layer")
            let login = StageSide(users: ["u": "p"], credentials: FixedCredential("u", "p"))
            for includes in [false, true] {
                try await withCopyStage(image, from: login) { stage in
                    let failure = await stage.copyOne { $0.includesForeignLayers = includes }
                    // The source registry does not have it; the other host is asked where layers are wanted, as a stranger.
                    #expect((failure == nil) == !includes)
                    if !includes { try await stage.expectArrival(of: image) }
                    #expect(elsewhere.requests.isEmpty == !includes)
                }
            }
            #expect(elsewhere.requests.allSatisfy { $0.headers["Authorization"].isEmpty })
        }
    }

    @Test func `a foreign layer that is wanted comes from where its descriptor says`() async throws {
        try await withRegistry { elsewhere in
            let layer = SampleBlob(size: 4_000, seed: 4)
            try await elsewhere.store.push(layer, to: .app)
            let path = "/v2/\(Repository.app.path)/blobs/\(layer.descriptor.digest)"
            try await withCopyStage(foreignImage(at: elsewhere.server.url + path)) { stage in
                #expect(await stage.copyOne { $0.includesForeignLayers = true } == nil)
                let arrived = try await stage.target.store.hasBlob(layer.descriptor, in: .app)
                #expect(arrived)
            }
        }
    }

    @Test(arguments: [1, 8]) func `a foreign layer's host that does not answer is no outage of the registry`(
        connections: Int
    ) async throws {
        try await withCopyStage(foreignImage(at: "http://127.0.0.1:9/layer")) { stage in
            let failure = await stage.copyOne {
                $0.includesForeignLayers = true
                $0.requests.connectionsPerStore = connections
            }
            #expect(failure?.cause.kind == .unreachable)
            #expect(failure?.cause.message.contains("http://127.0.0.1:9/layer") == true)
            #expect(failure?.attempts == RetryPolicy().attemptsOnUnreachable)
            // The pauses of an outage sum up to a quarter of an hour.
            #expect(stage.clock.now < .seconds(60))
        }
    }

    @Test(.covers("F04")) func `a target that objects to a foreign layer's URL is quoted after few tries`() async throws
    {
        let image = foreignImage(at: "https://go.microsoft.com/fwlink/?linkid=1")
        let answer = Fault.answer(
            .internalServerError, body: #"{"errors":[{"code":"UNKNOWN","message":"invalid URL on layer"}]}"#)
        let rule = FaultRule(RequestMatch(.PUT, .manifest), .always, answer)
        try await withCopyStage(image, to: StageSide(rules: [rule])) { stage in
            let failure = await stage.copyOne()
            #expect(failure?.side == .target && failure?.cause.message.contains("invalid URL on layer") == true)
            #expect(stage.target.count("PUT manifest") <= 5)
            try await stage.expectUntouched(by: image, blobs: false)
        }
    }

    // MARK: What is there already

    @Test(.covers("L27")) func `an index whose child is gone at the target is made whole under its next name`()
        async throws
    {
        let children = [StageImage(layers: [900], seed: 1), StageImage(layers: [800], seed: 2)]
        let index = StageImage(index: children)
        try await withCopyStage(index) { stage in
            #expect(await stage.copyOne() == nil)
            try await stage.target.store.delete(.digest(children[1].root.digest), in: .app)
            var next = stage.item()
            next.target.tag = try Tag("next")
            let reports = await stage.copy([next])
            #expect(reports.count == 1 && reports.values.allSatisfy { $0.failure == nil })
            let found = try await stage.target.store.summary(of: .digest(children[1].root.digest), in: .app)
            #expect(found?.digest == children[1].root.digest)
        }
    }
}
