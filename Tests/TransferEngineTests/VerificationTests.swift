// SPDX-License-Identifier: Apache-2.0

import Content
import ImageFixtures
import LayerVerification
import OCI
import ProtocolCases
import Testing
import TransferEngine
import TransshipTesting

/// Copies whose layers are looked into, between stores in memory.
@Suite struct VerificationTests {
    var scene = Scene()

    private static func layer(_ name: String) -> FixtureLayer {
        FixtureLayer([.text(name, (0..<500).map { "\(name) line \($0 * $0 % 911)\n" }.joined())])
    }

    private func inspector(_ level: VerificationLevel) -> LayerInspector {
        LayerInspector(level, workers: InflateWorkers(threads: 1, waitingBytes: 2048))
    }

    private func run(_ items: [TransferItem], _ inspector: LayerInspector) async -> [ItemID: ItemReport] {
        let (source, target) = (scene.source, scene.target)
        return await TransferRun(
            items: items, settings: scene.settings, clock: scene.clock, observer: scene.recorder, inspector: inspector,
            stores: RunStores { store, _ in store == "target" ? target : source }
        ).execute().byItem
    }

    /// An image of layers as they are given, right or wrong, whose config names the given diff IDs.
    private func image(_ layers: [[UInt8]], diffIDs: [Digest], type: MediaType = Self.gzipLayer) -> SampleImage {
        let texts = diffIDs.map { "\"\($0)\"" }.joined(separator: ",")
        let config = Array("{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\(texts)]}}".utf8)
        return SampleImage(config: config, layers: layers.map { (type, $0) })
    }

    private static let gzipLayer: MediaType = "application/vnd.oci.image.layer.v1.tar+gzip"

    private func add(_ image: SampleImage, _ name: String) throws -> TransferItem {
        scene.source.add(image, to: try Repository(name), tag: .latest)
        return try .copying(name, to: "m/\(name)")
    }

    @Test(arguments: VerificationLevel.allCases)
    func `sound images arrive at every level, each config and layer read once`(level: VerificationLevel) async throws {
        let inspector = inspector(level)
        var items: [TransferItem] = []
        let base = Self.layer("base")
        for name in ["a", "b", "c"] {
            let own = Self.layer(name)
            items.append(
                try add(
                    image([base, own].map(\.blob.content.bytes), diffIDs: [base.diffID, own.diffID]), name))
        }
        let reports = await run(items, inspector)
        #expect(reports.values.allSatisfy { $0.copied != nil } && reports.count == 3)
        #expect(scene.source.count(where: \.isBlobGet) == 7)
        #expect(inspector.tally == LayerTally(checked: level == .digest ? 0 : 4))
        scene.expectClean()
    }

    @Test func `a damaged layer with the right digest is not committed and fails its images, with place and reason`()
        async throws
    {
        let (base, sound) = (Self.layer("base"), Self.layer("sound"))
        var damaged = base.blob.content.bytes
        damaged[damaged.count - 8] ^= 1
        let bad = try add(image([damaged], diffIDs: [base.diffID]), "bad")
        let good = try add(image([sound.blob.content.bytes], diffIDs: [sound.diffID]), "good")
        let reports = await run([bad, good], inspector(.unpack))

        let failure = try #require(reports[0]?.failure)
        #expect(failure.side == .source && failure.cause.kind == .corrupt)
        #expect(failure.cause.message.contains("at byte \(damaged.count - 4)"), "\(failure)")
        #expect(reports[1]?.copied != nil)
        let digest = ContentHash.digest(of: damaged)
        #expect(
            try await scene.target.hasBlob(
                Descriptor(mediaType: Self.gzipLayer, digest: digest, size: 1), in: try Repository("m/bad")) == false)
        #expect(scene.target.digest(of: .latest, in: try Repository("m/bad")) == nil)
        scene.expectClean()
    }

    @Test(.covers("S19")) func `without a closer look the same layer is copied as it is`() async throws {
        let damaged = Array(Self.layer("base").blob.content.bytes.dropLast(9))
        let item = try add(image([damaged], diffIDs: [ContentHash.digest(of: damaged)]), "bad")
        let reports = await run([item], inspector(.digest))
        #expect(reports[0]?.copied != nil)
    }

    @Test func `an image whose config is wrong about a layer fails alone, in whatever order`() async throws {
        for wrongFirst in [true, false] {
            let scene = VerificationTests()
            let base = Self.layer("base")
            let bytes = base.blob.content.bytes
            let other = Self.layer("other").diffID
            let wrong = try scene.add(scene.image([bytes], diffIDs: [other]), "wrong")
            let right = try scene.add(scene.image([bytes], diffIDs: [base.diffID]), "right")
            let inspector = scene.inspector(.diffid)
            let reports = await scene.run(wrongFirst ? [wrong, right] : [right, wrong], inspector)
            let failure = try #require(reports[wrongFirst ? 0 : 1]?.failure)
            #expect(failure.cause.kind == .inconsistent && failure.side == .source, "\(failure)")
            #expect(reports[wrongFirst ? 1 : 0]?.copied != nil)
            #expect(scene.scene.target.digest(of: .latest, in: try Repository("m/wrong")) == nil)
            scene.scene.expectClean()
        }
    }

    @Test func `a layer no image is right about is not committed`() async throws {
        let bytes = Self.layer("base").blob.content.bytes
        let item = try add(image([bytes], diffIDs: [Self.layer("other").diffID]), "wrong")
        let reports = await run([item], inspector(.diffid))
        #expect(reports[0]?.failure?.cause.kind == .inconsistent)
        let layer = Descriptor(mediaType: Self.gzipLayer, digest: ContentHash.digest(of: bytes), size: 1)
        #expect(try await scene.target.hasBlob(layer, in: try Repository("m/wrong")) == false)
        scene.expectClean()
    }

    @Test func `an uncompressed layer is compared, too`() async throws {
        let bytes = Array("tape archive".utf8)
        let type: MediaType = "application/vnd.oci.image.layer.v1.tar"
        let right = try add(image([bytes], diffIDs: [ContentHash.digest(of: bytes)], type: type), "right")
        let wrong = try add(image([bytes], diffIDs: [Self.layer("other").diffID], type: type), "wrong")
        let reports = await run([right, wrong], inspector(.diffid))
        #expect(reports[0]?.copied != nil && reports[1]?.failure?.cause.kind == .inconsistent)
    }

    @Test func `a config that cannot be read fails its image where diff IDs are compared`() async throws {
        let bytes = Self.layer("base").blob.content.bytes
        let item = try add(SampleImage(config: Array("no config".utf8), layers: [(Self.gzipLayer, bytes)]), "odd")
        #expect(await run([item], inspector(.diffid))[0]?.failure?.cause.kind == .inconsistent)
    }

    @Test func `layers the target had are counted as not read`() async throws {
        let base = Self.layer("base")
        let sample = image([base.blob.content.bytes], diffIDs: [base.diffID])
        let item = try add(sample, "a")
        scene.target.add(sample, to: try Repository("m/a"), tag: nil)
        let inspector = inspector(.diffid)
        #expect(await run([item], inspector)[0]?.copied != nil)
        #expect(inspector.tally == LayerTally(notChecked: [.alreadyAtTarget: 1]))
    }

    @Test func `a transfer that damages a layer is tried again`() async throws {
        let base = Self.layer("base")
        let item = try add(image([base.blob.content.bytes], diffIDs: [base.diffID]), "a")
        let once = Breaks(at: [1000])
        scene.source.alter(base.blob.descriptor.digest) { bytes, offset in
            once.take(offset) ? bytes.map { $0 ^ 0x55 } : bytes
        }
        let reports = await run([item], inspector(.diffid))
        #expect(reports[0]?.copied != nil && reports[0]?.attempts == 2, "\(String(describing: reports[0]?.failure))")
        scene.expectClean()
    }

    @Test
    func `a layer sent in pieces is read again from its beginning after a break, and sent on from where it stopped`()
        async throws
    {
        var scene = VerificationTests()
        scene.scene.settings.pieces.worthwhile = 2000
        scene.scene.settings.pieces.size = 1000
        let noise = FixtureLayer([TarEntry("noise", .file(Noise(seed: 3).content(size: 5000), size: 5000))])
        let item = try scene.add(scene.image([noise.blob.content.bytes], diffIDs: [noise.diffID]), "a")
        scene.scene.target.addFault { operation, earlier in
            guard case .append(_, offset: 3000) = operation, earlier == 0 else { return nil }
            return ContentFailure(.unavailable, "reset", retry: .later)
        }
        let inspector = scene.inspector(.diffid)
        let reports = await scene.run([item], inspector)
        #expect(reports[0]?.copied != nil)
        let appends = scene.scene.target.log.compactMap { operation in
            if case .append(_, let offset) = operation { offset } else { nil }
        }
        #expect(appends == [0, 1000, 2000, 3000, 3000, 4000, 5000])
        #expect(inspector.tally == LayerTally(checked: 1))
        scene.scene.expectClean()
    }

    @Test func `of a damaged layer in pieces nothing is committed, and its session is ended`() async throws {
        var scene = VerificationTests()
        scene.scene.settings.pieces.worthwhile = 2000
        scene.scene.settings.pieces.size = 1000
        let noise = FixtureLayer([TarEntry("noise", .file(Noise(seed: 3).content(size: 5000), size: 5000))])
        var bytes = noise.blob.content.bytes
        bytes[bytes.count - 1] ^= 1
        let item = try scene.add(scene.image([bytes], diffIDs: [noise.diffID]), "a")
        let reports = await scene.run([item], scene.inspector(.unpack))
        #expect(reports[0]?.failure?.cause.kind == .corrupt)
        #expect(scene.scene.target.count { if case .commit = $0 { true } else { false } } == 0)
        scene.scene.expectClean()
    }
}
