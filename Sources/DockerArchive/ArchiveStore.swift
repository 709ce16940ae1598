package import Content
import NIOCore
package import OCI
import OCILayout

/// One image of an archive playing the source: its manifest is made from what the archive holds.
///
/// Layers are taken as they are stored, compressed or not, so an image that was pulled into an archive compressed has its
/// digest again.
package struct ArchiveStore: ContentTarget {
    /// What the archive's image comes to in a registry.
    package let manifest: ManifestContent
    private let file: LayoutFile
    private let blobs: [Digest: DockerArchive.Entry]

    /// Reads the image through once, for its digests. Blocks.
    package init(_ image: DockerArchive.Image, of archive: DockerArchive) throws {
        var blobs: [Digest: DockerArchive.Entry] = [:]
        func descriptor(_ name: String, _ type: MediaType?) throws -> Descriptor {
            let entry = try archive.entry(name)
            let (digest, start) = try Self.measure(entry, archive.file)
            blobs[digest] = entry
            return Descriptor(mediaType: type ?? Self.layerType(start), digest: digest, size: entry.size)
        }
        let config = try descriptor(image.config, .dockerConfig)
        let layers = try image.layers.map { try descriptor($0, nil) }
        let bytes = Array(Self.document(config, layers).text.utf8)
        manifest = ManifestContent(bytes: bytes, mediaType: .dockerManifest, digest: ContentHash.digest(of: bytes))
        file = archive.file
        self.blobs = blobs
    }

    private static func measure(
        _ entry: DockerArchive.Entry, _ file: LayoutFile
    ) throws -> (Digest, start: [UInt8]) {
        var hash = ContentHash(.sha256)
        var (offset, start): (Int64, [UInt8]) = (0, [])
        while offset < entry.size {
            let buffer = try file.read(
                at: entry.offset + offset, count: Swift.min(LayoutFile.readSize, Int(entry.size - offset)))
            guard buffer.readableBytes > 0 else { throw ArchiveProblem.cut }
            if offset == 0 { start = Array(buffer.readableBytesView.prefix(4)) }
            hash.update(buffer)
            offset += Int64(buffer.readableBytes)
        }
        return (hash.finish(), start)
    }

    /// By what it begins with.
    private static func layerType(_ start: [UInt8]) -> MediaType {
        let plain = "application/vnd.docker.image.rootfs.diff.tar"
        if start.starts(with: [0x1F, 0x8B]) { return MediaType(plain + ".gzip") }
        if start.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { return MediaType(plain + ".zstd") }
        return MediaType(plain)
    }

    /// Members in the order in which everybody's tools write them: the same image gets the same digest.
    private static func document(_ config: Descriptor, _ layers: [Descriptor]) -> JSON {
        func json(_ descriptor: Descriptor) -> JSON {
            .object([
                "mediaType": .string(descriptor.mediaType.essence), "size": JSON(descriptor.size),
                "digest": .string(descriptor.digest.text),
            ])
        }
        return .object([
            "schemaVersion": 2, "mediaType": .string(MediaType.dockerManifest.essence), "config": json(config),
            "layers": .array(layers.map(json)),
        ])
    }
}

// MARK: - Source

extension ArchiveStore {
    package func summary(
        of selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestSummary? {
        ManifestSummary(digest: manifest.digest, mediaType: manifest.mediaType, size: Int64(manifest.bytes.count))
    }

    package func manifest(
        _ selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent { manifest }

    package func blob(
        _ descriptor: Descriptor, in repository: Repository, range: Range<Int64>
    ) async throws(ContentFailure) -> OpenBlob {
        guard let entry = blobs[descriptor.digest] else {
            throw ContentFailure(.notFound, "the archive has no blob \(descriptor.digest)")
        }
        let place = entry.offset + range.lowerBound..<entry.offset + range.upperBound
        return OpenBlob(startOffset: range.lowerBound, bytes: file.bytes(place))
    }

    package func tags(in repository: Repository) async throws(ContentFailure) -> [Tag] { [] }
}

// MARK: - No target

/// An archive is written by `ArchiveWriter`, in one go, and never added to.
extension ArchiveStore {
    private static var readOnly: ContentFailure {
        ContentFailure(.unsupported, "an archive cannot be copied to")
    }

    package func admit(
        _ descriptor: Descriptor, to repository: Repository, from origin: Repository?
    ) async throws(ContentFailure) -> BlobAdmission { throw Self.readOnly }

    package func upload(
        _ descriptor: Descriptor, into session: UploadSession, bytes: VerifiedBlob
    ) async throws(ContentFailure) { throw Self.readOnly }

    package func cancel(_ session: UploadSession) async {}

    package func hasBlob(_ descriptor: Descriptor, in repository: Repository) async throws(ContentFailure) -> Bool {
        blobs[descriptor.digest] != nil
    }

    package func put(
        _ manifest: ManifestContent, as mediaType: MediaType, at selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) { throw Self.readOnly }
}
