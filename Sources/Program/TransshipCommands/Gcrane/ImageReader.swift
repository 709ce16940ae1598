// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOCore
import OCI

/// Reads one image of a registry.
struct ImageReader: Sendable {
    let store: RegistryStore
    let reference: Reference

    /// The manifest a reference names; with a platform, the first child of an index that satisfies it, looked for also
    /// in indexes inside.
    func manifest(for platform: Platform?) async throws(ContentFailure) -> ManifestContent {
        let content = try await store.manifest(reference.selector, in: reference.repository)
        guard let platform else { return content }
        return try await manifest(in: content, for: platform)
    }

    /// What a manifest that was read already leads to.
    func manifest(
        in content: ManifestContent, for platform: Platform
    ) async throws(ContentFailure) -> ManifestContent {
        var content = content
        for _ in 0..<Self.deepestNesting {
            guard let manifest = try? Manifest(content.bytes, contentType: content.mediaType), manifest.kind == .index
            else { return content }
            let child = manifest.children.first { platform.isSatisfied(by: $0.platform ?? .linuxAMD64) }
            guard let child else {
                throw ContentFailure(.notFound, "no child with platform \(platform) in index \(reference)")
            }
            content = try await store.manifest(.digest(child.digest), in: reference.repository)
        }
        throw ContentFailure(.tooLarge, "indexes nested more than \(Self.deepestNesting) levels deep")
    }

    private static let deepestNesting = 16

    /// An image's manifest and config.
    struct Image: Sendable {
        let content: ManifestContent
        let manifest: Manifest
        /// Verified.
        let config: [UInt8]
    }

    /// An image with its config; of an index, the one for linux/amd64 where nothing else is asked for.
    func image(for platform: Platform?) async throws -> Image {
        try await image(of: try await manifest(for: platform ?? .linuxAMD64))
    }

    /// The image of a manifest that was read already.
    func image(of content: ManifestContent) async throws -> Image {
        let manifest = try content.parsed()
        guard let config = manifest.config else {
            throw ContentFailure(.unsupported, "unsupported MediaType: \"\(manifest.mediaType)\"")
        }
        let opened = try await store.blob(config, in: reference.repository, from: 0)
        var bytes: [UInt8] = []
        for try await buffer in VerifiedBlob(opened.bytes, expecting: config) {
            bytes += buffer.readableBytesView
            guard bytes.count <= Self.largestConfig else {
                throw ContentFailure(.tooLarge, "the config has more than \(Self.largestConfig) bytes")
            }
        }
        return Image(content: content, manifest: manifest, config: bytes)
    }

    private static let largestConfig = 32 << 20
}

extension ManifestContent {
    func parsed() throws(ContentFailure) -> Manifest {
        do throws(ManifestError) { return try Manifest(bytes, contentType: mediaType) } catch {
            throw ContentFailure(.invalid, "manifest \(digest.short) cannot be read: \(error)")
        }
    }
}

extension RegistryStore {
    /// A blob of which nothing is known but its digest.
    func blob(_ digest: Digest, in repository: Repository) async throws(ContentFailure) -> VerifiedBlob {
        let opened = try await openBlob(digest, in: repository)
        return VerifiedBlob(
            opened.bytes, expecting: Descriptor(mediaType: .octetStream, digest: digest, size: opened.size))
    }
}

extension Reference {
    /// What to ask for: the digest where there is one.
    var selector: ManifestSelector { digest.map(ManifestSelector.digest) ?? .tag(tag ?? .latest) }
}
