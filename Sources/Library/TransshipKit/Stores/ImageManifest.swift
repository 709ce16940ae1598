// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// The name by which a manifest is found in a repository of a ``ContentStore``.
public enum ManifestName: Hashable, Sendable, CustomStringConvertible {
    /// A movable name, such as `latest`.
    case tag(String)
    /// The digest of the manifest's bytes.
    case digest(Digest)

    /// The tag, or the digest's text. They are never equal, because a tag has no colon.
    public var description: String {
        switch self {
        case .tag(let tag): tag
        case .digest(let digest): digest.description
        }
    }
}

/// A manifest or an index: its exact bytes, their media type and their digest.
///
/// ```swift
/// let manifest = ImageManifest(bytes: row.bytes, mediaType: row.mediaType)
/// ```
public struct ImageManifest: Hashable, Sendable {
    /// The exact bytes. The digest is computed over them.
    public let bytes: [UInt8]
    /// The media type, such as `application/vnd.oci.image.manifest.v1+json`. Store it with the bytes, which may not contain
    /// it.
    public let mediaType: String
    /// The digest, computed over the bytes: SHA-256, or SHA-512 for a manifest that was named by such a digest.
    public let digest: Digest

    /// A manifest as it was stored.
    ///
    /// - Parameters:
    ///   - bytes: the exact bytes that were stored.
    ///   - mediaType: the media type that was stored with them.
    public init(bytes: [UInt8], mediaType: String) {
        self.init(bytes: bytes, mediaType: mediaType, digest: Digest(ContentHash.digest(of: bytes)))
    }
}

extension ImageManifest {
    /// From the engine's form.
    init(_ content: ManifestContent, as mediaType: MediaType) {
        self.init(bytes: content.bytes, mediaType: mediaType.asReceived, digest: Digest(content.digest))
    }

    private init(bytes: [UInt8], mediaType: String, digest: Digest) {
        self.bytes = bytes
        self.mediaType = mediaType
        self.digest = digest
    }
}
