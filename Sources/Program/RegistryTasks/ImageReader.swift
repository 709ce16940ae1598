// SPDX-License-Identifier: Apache-2.0

package import Content
package import Distribution
package import OCI
import TransferEngine

/// Reads one image of a registry.
package struct ImageReader: Sendable {
    package let store: RegistryStore
    package let reference: Reference

    package init(store: RegistryStore, reference: Reference) {
        self.store = store
        self.reference = reference
    }

    /// The manifest that the reference names. With a platform: if it is an index, the first child for the platform,
    /// which is also searched for in nested indexes.
    package func manifest(for platform: Platform?) async throws(ContentFailure) -> ManifestContent {
        let content = try await store.manifest(reference.selector, in: reference.repository)
        guard let platform else { return content }
        return try await manifest(in: content, for: platform)
    }

    /// The manifest for a platform, starting from a manifest that was already read.
    package func manifest(
        in content: ManifestContent, for platform: Platform
    ) async throws(ContentFailure) -> ManifestContent {
        var (content, search) = (content, PlatformSearch(for: platform, in: reference.description))
        while let next = try search.next(after: content) {
            content = try await store.manifest(.digest(next), in: reference.repository)
        }
        return content
    }

    /// An image's manifest and config.
    package struct Image: Sendable {
        package let content: ManifestContent
        package let manifest: Manifest
        /// The bytes of the config, verified.
        package let config: [UInt8]
    }

    /// An image with its config. From an index, the image for linux/amd64 is taken if no platform is given.
    package func image(for platform: Platform?) async throws -> Image {
        try await image(of: try await manifest(for: platform ?? .linuxAMD64))
    }

    /// The image of a manifest that was already read.
    package func image(of content: ManifestContent) async throws -> Image {
        let manifest = try content.parsed()
        guard let config = manifest.config else {
            throw ContentFailure(.unsupported, "unsupported MediaType: \"\(manifest.mediaType)\"")
        }
        let opened = try await store.blob(config, in: reference.repository, from: 0)
        let bytes = try await VerifiedBlob(opened.bytes, expecting: config)
            .collected(upTo: Descriptor.largestConfig, named: "the config")
        return Image(content: content, manifest: manifest, config: bytes)
    }
}

extension RegistryStore {
    /// A blob of which only the digest is known.
    package func blob(_ digest: Digest, in repository: Repository) async throws(ContentFailure) -> VerifiedBlob {
        let opened = try await openBlob(digest, in: repository)
        return VerifiedBlob(
            opened.bytes, expecting: Descriptor(mediaType: .octetStream, digest: digest, size: opened.size))
    }
}
