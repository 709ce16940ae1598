// SPDX-License-Identifier: Apache-2.0

package import Content
import NIOCore
package import OCI

/// Writes images into one file for `docker load`: configs, layers, and a list of both at the end.
package struct ArchiveWriter: Sendable {
    private let file: ArchiveFile
    private var written: Set<String> = []
    private var images: [JSON] = []

    /// - Parameter path: where the archive is written. A file appears when it is complete; a pipe gets the bytes at
    ///   once.
    package init(_ path: String) throws { file = try ArchiveFile(path) }

    /// The names of an image in `docker load`.
    package struct Listing: Sendable {
        package var tags: [String]
        package var config: Descriptor
        package var layers: [Descriptor]

        package init(tags: [String], config: Descriptor, layers: [Descriptor]) {
            self.tags = tags
            self.config = config
            self.layers = layers
        }
    }

    /// Adds an image. Content of earlier images is not written again.
    ///
    /// - Parameter open: returns the bytes of a blob.
    package mutating func add(
        _ image: Listing, _ open: (Descriptor) async throws -> VerifiedBlob
    ) async throws {
        // An archive names foreign layers by diff IDs, which only the config contains.
        let isForeign = image.layers.contains(where: \.mediaType.isNonDistributable)
        let config = isForeign ? try await read(image.config, open) : nil
        try await add(image.config, as: image.config.digest.text) { blob in
            guard let config else { return try await open(blob) }
            return VerifiedBlob(BlobStream(buffers: [ByteBuffer(bytes: config)]), expecting: blob)
        }
        for layer in image.layers { try await add(layer, as: Self.name(layer), open) }
        var members = [
            JSON.Member(key: "Config", value: .string(image.config.digest.text)),
            JSON.Member(key: "RepoTags", value: .array(image.tags.map { .string($0) })),
            JSON.Member(key: "Layers", value: .array(image.layers.map { .string(Self.name($0)) })),
        ]
        let diffIDs = config.flatMap { try? ImageConfig($0) }?.diffIDs
        if let sources = diffIDs.flatMap({ LayerSource.document(image.layers, diffIDs: $0) }) {
            members.append(JSON.Member(key: "LayerSources", value: sources))
        }
        images.append(.object(members))
    }

    private func read(
        _ config: Descriptor, _ open: (Descriptor) async throws -> VerifiedBlob
    ) async throws -> [UInt8] {
        guard config.size <= DockerArchive.largestText else { throw ArchiveProblem.manifest("the config is too large") }
        var bytes: [UInt8] = []
        for try await buffer in try await open(config) { bytes += buffer.readableBytesView }
        return bytes
    }

    /// The layer's name as in crane, by its compression, for scripts that unpack layers.
    private static func name(_ layer: Descriptor) -> String {
        let type = layer.mediaType.essence
        let suffix = type.hasSuffix("+zstd") ? ".tar.zst" : type.hasSuffix(".tar") ? ".tar" : ".tar.gz"
        return layer.digest.hex + suffix
    }

    private mutating func add(
        _ blob: Descriptor, as name: String, _ open: (Descriptor) async throws -> VerifiedBlob
    ) async throws {
        guard written.insert(name).inserted else { return }
        try await file.add(name, size: blob.size, try await open(blob))
    }

    /// Ends the archive.
    package func finish() async throws {
        try await file.add("manifest.json", JSON.array(images).goBytes)
        try await file.finish()
    }
}
