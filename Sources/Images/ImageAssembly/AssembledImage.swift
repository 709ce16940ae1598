// SPDX-License-Identifier: Apache-2.0

package import Content
import NIOCore
package import OCI

/// An image that was made on this machine, as the source of a copy. It holds its manifest, its config and its new
/// layers. Other blobs are read from the image that it was made from.
package struct AssembledImage: ContentSource {
    package let manifest: ManifestContent
    /// The config, if it was written anew, and the new layers.
    private let made: [Digest: MadeBlob]
    private let base: (any ContentSource)?
    private let baseRepository: Repository

    /// All blobs, the config first.
    package var blobs: [Descriptor] {
        (try? Manifest(manifest.bytes, contentType: manifest.mediaType))?.blobs ?? []
    }

    private enum MadeBlob: Sendable {
        case bytes([UInt8])
        case layer(LayerFile)
    }

    /// - Parameters:
    ///   - mediaType: the media type with which the manifest is sent.
    ///   - config: the new config; nil if the base's config is used.
    ///   - base: the store of the other blobs, in `baseRepository`; nil if there are none.
    init(
        manifest: [UInt8], mediaType: MediaType, config: [UInt8]?, layers: [LayerFile], base: (any ContentSource)?,
        in baseRepository: Repository
    ) {
        self.manifest = ManifestContent(
            bytes: manifest, mediaType: mediaType, digest: ContentHash.digest(of: manifest))
        var made: [Digest: MadeBlob] = [:]
        for layer in layers { made[layer.descriptor.digest] = .layer(layer) }
        if let config { made[ContentHash.digest(of: config)] = .bytes(config) }
        self.made = made
        self.base = base
        self.baseRepository = baseRepository
    }
}

extension AssembledImage {
    /// An unchanged image. Its signatures stay valid for the copy.
    package init(unchanged content: ManifestContent, of base: any ContentSource, in repository: Repository) {
        manifest = content
        made = [:]
        self.base = base
        baseRepository = repository
    }

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
        try await blob(descriptor, in: repository, range: range, policy: .normal)
    }

    package func blob(
        _ descriptor: Descriptor, in repository: Repository, range: Range<Int64>, policy: ReadPolicy
    ) async throws(ContentFailure) -> OpenBlob {
        switch made[descriptor.digest] {
        case .bytes(let bytes):
            return OpenBlob(startOffset: 0, bytes: BlobStream(buffers: [ByteBuffer(bytes: bytes)]))
        case .layer(let layer): return layer.open(range)
        case nil:
            guard let base else { throw ContentFailure(.notFound, "there is no blob \(descriptor.digest)") }
            return try await base.blob(descriptor, in: baseRepository, range: range, policy: policy)
        }
    }

    package func tags(in repository: Repository) async throws(ContentFailure) -> [Tag] { [] }
}
