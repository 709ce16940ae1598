// SPDX-License-Identifier: Apache-2.0

import Content
package import Distribution
package import OCI

/// Copies an image with a manifest of Docker's schema 1. The engine does not copy it, because the manifest contains no
/// sizes, and the digest of a signed manifest is not the digest of its bytes. Few registries still have such images,
/// and even fewer accept them.
package struct Schema1Copy: Sendable {
    private let source: Reference
    private let target: Reference
    private let from: RegistryStore
    private let to: RegistryStore
    private let log: @Sendable (String) -> Void

    /// - Parameter log: gets a line for each blob and for the manifest, in gcrane's words.
    package init(
        _ source: Reference, at from: RegistryStore, to target: Reference, at to: RegistryStore,
        log: @escaping @Sendable (String) -> Void
    ) {
        (self.source, self.from, self.target, self.to) = (source, from, target, to)
        self.log = log
    }

    /// - Returns: false if the source is not such an image.
    package func run(_ platforms: PlatformChoice?) async throws -> Bool {
        guard let content = try? await from.manifest(source.selector, in: source.repository),
            let manifest = try? content.parsed(), manifest.kind == .schema1
        else { return false }
        guard platforms == nil else {
            throw ContentFailure(.unsupported, Self.unsupported(manifest.mediaType))
        }
        var copied: Set<Digest> = []
        // The same empty layer is listed many times.
        for digest in try Self.layers(content.bytes) where copied.insert(digest).inserted { try await copy(digest) }
        try await store(content, as: manifest.mediaType)
        return true
    }

    /// crane's message where it does not support these images.
    package static func unsupported(_ mediaType: MediaType) -> String {
        "unsupported MediaType: \"\(mediaType)\", see https://github.com/google/go-containerregistry/issues/377"
    }

    /// The layers from the bottom up, as newer manifests list them.
    package static func layers(_ bytes: [UInt8]) throws -> [Digest] {
        try ((try? JSON(bytes))?["fsLayers"]?.array ?? []).reversed().map { try Digest($0["blobSum"]?.string ?? "") }
    }

    private func copy(_ digest: Digest) async throws {
        guard let size = try await from.size(ofBlob: digest, in: source.repository) else {
            throw ContentFailure(.notFound, "\(source.repositoryName) has no blob \(digest)")
        }
        let blob = Descriptor(mediaType: .octetStream, digest: digest, size: size)
        switch try await to.admit(blob, to: target.repository, from: target.repository) {
        case .present: log("existing blob: \(digest)")
        case .session(let session, _):
            let opened = try await from.blob(blob, in: source.repository, from: 0)
            try await to.upload(blob, into: session, bytes: VerifiedBlob(opened.bytes, expecting: blob))
            log("pushed blob: \(digest)")
        }
    }

    /// Stores the manifest under the digest that the source gives. Registries compute it over the part that is signed.
    private func store(_ content: ManifestContent, as mediaType: MediaType) async throws {
        let digest = try await from.head(source.selector, in: source.repository).digest
        let content = ManifestContent(bytes: content.bytes, mediaType: mediaType, digest: digest)
        try await to.put(
            content, as: mediaType, at: target.tag.map { .tag($0) } ?? .digest(digest), in: target.repository)
        log("\(target): digest: \(digest) size: \(content.bytes.count)")
    }
}
