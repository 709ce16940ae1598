// SPDX-License-Identifier: Apache-2.0

package import Content
import NIOCore
package import OCI
import OCILayout

/// One image of an archive, as the source of a copy. Its manifest is made from the archive's content.
///
/// Layers that are stored compressed are used as they are, so an image that was pulled into an archive with compressed
/// layers gets its digest again. Uncompressed layers, as from `docker save`, can be compressed while they are read.
package struct ArchiveStore: ContentSource {
    /// A blob of the image, and whether its bytes are stored in the archive.
    private struct Stored {
        let entry: DockerArchive.Entry
        let isCompressedHere: Bool
    }

    /// The manifest that the archive's image gets in a registry.
    package let manifest: ManifestContent
    private let file: LayoutFile
    private let compression: LayerCompression?
    private let blobs: [Digest: Stored]
    private let config: DockerArchive.Entry
    /// The layers' names and, for uncompressed layers, their diff IDs.
    private let layers: [(name: String, diffID: Digest?)]

    /// Reads the whole image once, to compute its digests. Blocks.
    ///
    /// - Parameter compression: compresses uncompressed layers. nil: they are used as they are.
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

    /// The archive's descriptions of its layers, by position. For layers without one, their bytes decide.
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

    /// The entry of a layer; nil if it is missing, or has other bytes than its description says.
    private static func entry(
        _ name: String, holding source: Descriptor, of archive: DockerArchive
    ) throws -> DockerArchive.Entry? {
        guard let entry = try? archive.entry(name) else { return nil }
        return try layer(entry, source.mediaType, archive.file).descriptor.digest == source.digest ? entry : nil
    }

    /// The descriptor of an entry for the manifest, and the digest of its bytes in the archive.
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

    /// The type by the first bytes; nil for an uncompressed layer. An archive without descriptions names no types.
    /// crane writes `gzip` also for zstd, because readers check the bytes, and Docker's dialect has no other type that
    /// clients accept.
    private static func layerType(_ start: ByteBuffer) -> MediaType? {
        let start = start.readableBytesView
        if start.starts(with: [0x1F, 0x8B]) { return .dockerLayer }
        // pzstd begins with a skippable frame (RFC 8878 §3.1.2).
        let isSkipped = start.first.map { $0 >> 4 == 5 } == true && start.dropFirst().starts(with: [0x2A, 0x4D, 0x18])
        return isSkipped || start.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) ? .dockerLayer : nil
    }

    /// Compares the layers with the config as far as possible without unpacking: their number, and the diff IDs of
    /// uncompressed layers. Blocks.
    package func checkLayers() throws {
        let config = try DockerArchive.text(file, config, "config")
        // Artifacts have another kind of config.
        guard let named = (try? ImageConfig(config))?.diffIDs else { return }
        guard named.count == layers.count else {
            throw ArchiveProblem.layerCount(layers.count, inConfig: named.count)
        }
        for (layer, named) in zip(layers, named) {
            // Diff IDs of other algorithms were not computed.
            guard let found = layer.diffID, found.algorithm == named.algorithm, found != named else { continue }
            throw ArchiveProblem.diffID(layer: layer.name, found: found, inConfig: named)
        }
    }

    /// Members are in the order that other tools use, so that the same image gets the same digest.
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

    /// Whether the image contains this blob.
    package func hasBlob(_ descriptor: Descriptor) -> Bool { blobs[descriptor.digest] != nil }
}

extension MediaType {
    fileprivate static let dockerPlainLayer = MediaType("application/vnd.docker.image.rootfs.diff.tar")
    fileprivate static let dockerLayer = MediaType("application/vnd.docker.image.rootfs.diff.tar.gzip")
}
