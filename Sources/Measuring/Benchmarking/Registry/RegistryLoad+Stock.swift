// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import OCI

extension RegistryLoad {
    /// Stores the content that a phase reads, once.
    func prepare(_ phase: RegistryPhase) async throws(ContentFailure) {
        switch phase {
        case .blobPut, .blobPieces, .smallPut, .absent: break
        case .blobGet, .blobRanges: try await stockLargeBlobs()
        case .smallGet, .mount: try await stockSmallBlobs()
        case .manifestPut, .manifestGet, .manifestHead: try await stockImages()
        case .tags: try await stockTags()
        case .referrers: try await stockReferrers()
        }
    }

    private func stockLargeBlobs() async throws(ContentFailure) {
        let fitting = Int(clamping: max(1, settings.bytes / settings.blobSize))
        let count = min(settings.connections, fitting, BenchStock.largestCount)
        for number in currentStock.largeBlobs.count..<max(count, currentStock.largeBlobs.count) {
            let blob = large.blob(Self.number(of: .blobGet, 0, number))
            try await put(blob, of: large, to: try stockRepository())
            change { $0.largeBlobs.append(blob) }
        }
    }

    private func stockSmallBlobs() async throws(ContentFailure) {
        for number in currentStock.smallBlobs.count..<BenchStock.smallCount {
            let blob = small.blob(Self.number(of: .smallGet, 0, number))
            try await put(blob, of: small, to: try stockRepository())
            change { $0.smallBlobs.append(blob) }
        }
    }

    private func stockImages() async throws(ContentFailure) {
        guard currentStock.images.isEmpty else { return }
        try await stockSmallBlobs()
        try await stockConfig()
        for number in 0..<BenchStock.imageCount {
            let image = try image(Self.number(of: .manifestGet, 0, number))
            let tag = try Self.tag(number)
            try await put(image, at: .tag(tag))
            change {
                $0.images.append(image)
                $0.tags.append(tag)
            }
        }
    }

    private func stockConfig() async throws(ContentFailure) {
        let bytes = Array(#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#.utf8)
        let config = Descriptor(
            mediaType: .ociConfig, digest: ContentHash.digest(of: bytes), size: Int64(bytes.count))
        let stream = BlobStream(buffers: [ByteBuffer(bytes: bytes)])
        try await put(config, VerifiedBlob(stream, expecting: config), to: try stockRepository())
        change { $0.config = config }
    }

    private func stockTags() async throws(ContentFailure) {
        try await stockImages()
        guard !currentStock.hasTagList, let image = currentStock.images.first else { return }
        for number in BenchStock.imageCount..<BenchStock.tagCount {
            try await put(image, at: .tag(try Self.tag(number)))
        }
        change { $0.hasTagList = true }
    }

    private func stockReferrers() async throws(ContentFailure) {
        try await stockImages()
        guard !currentStock.hasReferrers, let subject = currentStock.images.first else { return }
        for number in 0..<BenchStock.referrerCount {
            let referrer = try image(Self.number(of: .referrers, 0, number), referringTo: subject)
            try await put(referrer, at: .digest(referrer.digest))
        }
        change { $0.hasReferrers = true }
    }

    private static func tag(_ number: Int) throws(ContentFailure) -> Tag {
        do { return try Tag("v\(number)") } catch { throw ContentFailure(.invalid, "\"v\(number)\" is not a tag") }
    }

    // MARK: - Content

    /// A number for content that is unique among all operations of all phases and repetitions.
    static func number(of phase: RegistryPhase, _ repetition: Int, _ number: Int) -> UInt64 {
        let phase = UInt64(RegistryPhase.allCases.firstIndex(of: phase) ?? 0)
        return phase << 56 | UInt64(UInt16(truncatingIfNeeded: repetition)) << 40
            | UInt64(truncatingIfNeeded: number) & (1 << 40 - 1)
    }

    /// An image of four small layers. Its version makes it unique.
    func image(
        _ number: UInt64, referringTo subject: ManifestContent? = nil
    ) throws(ContentFailure) -> ManifestContent {
        let bytes = try imageStart(referringTo: subject) + "\(number)\(Self.imageEnd)".utf8
        return ManifestContent(bytes: bytes, mediaType: .ociManifest, digest: ContentHash.digest(of: bytes))
    }

    /// The JSON text after the version.
    private static let imageEnd = #""}}"#

    /// An image without its version. The members of most images are written once.
    private func imageStart(referringTo subject: ManifestContent?) throws(ContentFailure) -> [UInt8] {
        if subject == nil, let known = stocked(\.imageStart) { return known }
        let start = Array(
            JSON.object(try imageMembers(currentStock, subject)).text.utf8.dropLast(Self.imageEnd.utf8.count))
        if subject == nil { change { $0.imageStart = start } }
        return start
    }

    private func imageMembers(
        _ stock: BenchStock, _ subject: ManifestContent?
    ) throws(ContentFailure) -> [JSON.Member] {
        guard let config = stock.config else { throw ContentFailure(.invalid, "the stock has no config") }
        let layers = stock.smallBlobs.prefix(4).map { $0.descriptor.benchJSON(as: Self.layer) }
        var members: [JSON.Member] = [
            .init(key: "schemaVersion", value: 2),
            .init(key: "mediaType", value: .string(MediaType.ociManifest.asReceived)),
            .init(key: "config", value: config.benchJSON(as: .ociConfig)),
            .init(key: "layers", value: .array(layers)),
        ]
        if let subject {
            let descriptor = Descriptor(
                mediaType: .ociManifest, digest: subject.digest, size: Int64(subject.bytes.count))
            members.append(.init(key: "subject", value: descriptor.benchJSON(as: .ociManifest)))
        }
        members.append(.init(key: "annotations", value: .object(["org.opencontainers.image.version": ""])))
        return members
    }

    private static let layer = MediaType("application/vnd.oci.image.layer.v1.tar")

    func put(_ image: ManifestContent, at selector: ManifestSelector) async throws(ContentFailure) {
        let repository = try stockRepository()
        try await storing(.manifest(image.digest, repository)) { () async throws(ContentFailure) in
            try await target.put(image, as: .ociManifest, at: selector, in: repository)
        }
    }

    func put(_ blob: BenchBlob, of payload: BenchPayload, to repository: Repository) async throws(ContentFailure) {
        try await put(blob.descriptor, payload.whole(blob), to: repository)
    }

    private func put(
        _ descriptor: Descriptor, _ bytes: VerifiedBlob, to repository: Repository
    ) async throws(ContentFailure) {
        try await storing(.blob(descriptor, repository)) { () async throws(ContentFailure) in
            guard case .session(let session, _) = try await target.admit(descriptor, to: repository, from: nil) else {
                return
            }
            try await target.upload(descriptor, into: session, bytes: bytes)
        }
    }
}

extension Descriptor {
    fileprivate func benchJSON(as mediaType: MediaType) -> JSON {
        .object([
            "mediaType": .string(mediaType.asReceived), "digest": .string(digest.text), "size": JSON(size),
        ])
    }
}
