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

    /// The manifest a reference names; with a platform, the first child of an index that satisfies it, looked for also
    /// in indexes inside.
    package func manifest(for platform: Platform?) async throws(ContentFailure) -> ManifestContent {
        let content = try await store.manifest(reference.selector, in: reference.repository)
        guard let platform else { return content }
        return try await manifest(in: content, for: platform)
    }

    /// What a manifest that was read already leads to.
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
        /// Verified.
        package let config: [UInt8]
    }

    /// An image with its config; of an index, the one for linux/amd64 where nothing else is asked for.
    package func image(for platform: Platform?) async throws -> Image {
        try await image(of: try await manifest(for: platform ?? .linuxAMD64))
    }

    /// The image of a manifest that was read already.
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
    /// A blob of which nothing is known but its digest.
    package func blob(_ digest: Digest, in repository: Repository) async throws(ContentFailure) -> VerifiedBlob {
        let opened = try await openBlob(digest, in: repository)
        return VerifiedBlob(
            opened.bytes, expecting: Descriptor(mediaType: .octetStream, digest: digest, size: opened.size))
    }
}
