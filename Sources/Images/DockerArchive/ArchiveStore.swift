// SPDX-License-Identifier: Apache-2.0

package import Content
import NIOCore
package import OCI
import OCILayout

/// One image of an archive, as the source of a copy: its manifest is made from what the archive holds.
///
/// Layers that are stored compressed are taken as they are, so an image that was pulled into an archive compressed has its
/// digest again. Others, those of `docker save`, can be compressed on their way.
package struct ArchiveStore: ContentSource {
    /// A blob of the image, and whether its bytes are those of the archive.
    private struct Stored {
        let entry: DockerArchive.Entry
        let isCompressedHere: Bool
    }

    /// What the archive's image comes to in a registry.
    package let manifest: ManifestContent
    private let file: LayoutFile
    private let compression: LayerCompression?
    private let blobs: [Digest: Stored]
    private let config: DockerArchive.Entry
    /// The layers' names and, of those that the archive has unpacked, their diff IDs.
    private let layers: [(name: String, diffID: Digest?)]

    /// Reads the image through once, for its digests. Blocks.
    ///
    /// - Parameter compression: nil to take layers that are not compressed as they are, too.
    package init(
        _ image: DockerArchive.Image, of archive: DockerArchive, compression: LayerCompression? = nil
    ) throws {
        let file = archive.file
        var blobs: [Digest: Stored] = [:]
        let config = try archive.entry(image.config)
        let configDescriptor = try Self.layer(config, .dockerConfig, file).descriptor
        blobs[configDescriptor.digest] = Stored(entry: config, isCompressedHere: false)
        var found: [(name: String, diffID: Digest?)] = []
        let sources = try Self.sources(of: image, config, file)
        let layers = try image.layers.enumerated().map { position, name in
            if let source = sources[position] {
                let entry = try Self.entry(name, holding: source, of: archive)
                if entry != nil || source.mediaType.isNonDistributable {
                    found.append((name, nil))
                    blobs[source.digest] = entry.map { Stored(entry: $0, isCompressedHere: false) }
                    return source
                }
            }
            let entry = try archive.entry(name)
            let type = Self.layerType(try file.read(at: entry.offset, count: Int(Swift.min(4, entry.size))))
            let compressor = try type == nil ? compression?() : nil
            let typeHere = type ?? (compressor == nil ? .dockerPlainLayer : .dockerLayer)
            let (descriptor, plain) = try Self.layer(entry, typeHere, file, through: compressor)
            found.append((name, type == nil ? plain : nil))
            blobs[descriptor.digest] = Stored(entry: entry, isCompressedHere: compressor != nil)
            return descriptor
        }
        let bytes = Array(Self.document(configDescriptor, layers).text.utf8)
        manifest = ManifestContent(bytes: bytes, mediaType: .dockerManifest, digest: ContentHash.digest(of: bytes))
        self.file = file
        self.compression = compression
        self.blobs = blobs
        self.layers = found
        self.config = config
    }

    /// What the archive says of its layers, by their positions. Where it says nothing, their bytes do.
    private static func sources(
        of image: DockerArchive.Image, _ config: DockerArchive.Entry, _ file: LayoutFile
    ) throws -> [Int: Descriptor] {
        guard !image.sources.isEmpty,
            let diffIDs = (try? ImageConfig(try DockerArchive.text(file, config, "config")))?.diffIDs
        else { return [:] }
        var sources: [Int: Descriptor] = [:]
        for (position, diffID) in diffIDs.enumerated() {
            guard let source = image.sources[diffID.text], !LayerSource.plain.contains(source.mediaType) else {
                continue
            }
            sources[position] = source
        }
        return sources
    }

    /// The entry of a layer; nil where it is not there, or holds other bytes than its source says.
    private static func entry(
        _ name: String, holding source: Descriptor, of archive: DockerArchive
    ) throws -> DockerArchive.Entry? {
        guard let entry = try? archive.entry(name) else { return nil }
        return try layer(entry, source.mediaType, archive.file).descriptor.digest == source.digest ? entry : nil
    }

    /// What a manifest says of an entry, and the digest of its bytes as they stand in the archive.
    private static func layer(
        _ entry: DockerArchive.Entry, _ type: MediaType, _ file: LayoutFile,
        through compressor: (any LayerCompressor)? = nil
    ) throws -> (descriptor: Descriptor, plain: Digest) {
        var (hash, plain, size) = (ContentHash(.sha256), ContentHash(.sha256), Int64(0))
        func take(_ buffer: ByteBuffer) {
            hash.update(buffer)
            size += Int64(buffer.readableBytes)
        }
        var packed = ByteBuffer()
        try DockerArchive.read(entry, of: file) { buffer in
            guard let compressor else { return take(buffer) }
            plain.update(buffer)
            packed.clear()
            buffer.withUnsafeReadableBytes { compressor.update($0, into: &packed) }
            take(packed)
        }
        packed.clear()
        compressor?.finish(into: &packed)
        take(packed)
        let digest = hash.finish()
        let descriptor = Descriptor(mediaType: type, digest: digest, size: size)
        return (descriptor, compressor == nil ? digest : plain.finish())
    }

    /// By what it begins with; nil for what is not compressed. An archive without sources says no types: `gzip` is what crane
    /// writes for zstd, too, for readers look at the bytes. Docker's dialect has no other type that clients take.
    private static func layerType(_ start: ByteBuffer) -> MediaType? {
        let start = start.readableBytesView
        if start.starts(with: [0x1F, 0x8B]) { return .dockerLayer }
        // pzstd begins with a frame that is skipped (RFC 8878 §3.1.2).
        let isSkipped = start.first.map { $0 >> 4 == 5 } == true && start.dropFirst().starts(with: [0x2A, 0x4D, 0x18])
        return isSkipped || start.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) ? .dockerLayer : nil
    }

    /// Compares the layers with what the config says of them, as far as that is known without unpacking: how many they are, and the
    /// diff IDs of those that are not compressed. Blocks.
    package func checkLayers() throws {
        let config = try DockerArchive.text(file, config, "config")
        // Of artifacts, whose config is something else.
        guard let named = (try? ImageConfig(config))?.diffIDs else { return }
        guard named.count == layers.count else {
            throw ArchiveProblem.layerCount(layers.count, inConfig: named.count)
        }
        for (layer, named) in zip(layers, named) {
            // Other algorithms than this one were not computed.
            guard let found = layer.diffID, found.algorithm == named.algorithm, found != named else { continue }
            throw ArchiveProblem.diffID(layer: layer.name, found: found, inConfig: named)
        }
    }

    /// Members in the order in which everybody's tools write them: the same image gets the same digest.
    private static func document(_ config: Descriptor, _ layers: [Descriptor]) -> JSON {
        .object([
            "schemaVersion": 2, "mediaType": .string(MediaType.dockerManifest.essence), "config": config.document,
            "layers": .array(layers.map(\.document)),
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
        guard let stored = blobs[descriptor.digest] else {
            throw ContentFailure(.notFound, "the archive has no blob \(descriptor.digest)")
        }
        let entry = stored.entry
        guard stored.isCompressedHere, let compression else {
            let place = entry.offset + range.lowerBound..<entry.offset + range.upperBound
            return OpenBlob(startOffset: range.lowerBound, bytes: file.bytes(place))
        }
        let packed = CompressedBytes(
            plain: file.bytes(entry.offset..<entry.offset + entry.size), compression: compression,
            skipping: range.lowerBound)
        return OpenBlob(startOffset: range.lowerBound, bytes: BlobStream(packed))
    }

    package func tags(in repository: Repository) async throws(ContentFailure) -> [Tag] { [] }

    /// Whether the image consists of this blob, among others.
    package func hasBlob(_ descriptor: Descriptor) -> Bool { blobs[descriptor.digest] != nil }
}

extension MediaType {
    fileprivate static let dockerPlainLayer = MediaType("application/vnd.docker.image.rootfs.diff.tar")
    fileprivate static let dockerLayer = MediaType("application/vnd.docker.image.rootfs.diff.tar.gzip")
}
