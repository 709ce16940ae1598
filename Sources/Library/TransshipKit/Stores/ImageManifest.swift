// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// By what a manifest is found in a repository of a ``ContentStore``.
public enum ManifestName: Hashable, Sendable, CustomStringConvertible {
    /// A movable name, such as `latest`.
    case tag(String)
    /// The digest of the manifest's bytes.
    case digest(Digest)

    /// The tag, or the digest's text. The two are never equal: a tag has no colon.
    public var description: String {
        switch self {
        case .tag(let tag): tag
        case .digest(let digest): digest.description
        }
    }
}

/// A manifest or an index: its exact bytes, what they are served as, and their digest.
///
/// ```swift
/// let manifest = ImageManifest(bytes: row.bytes, mediaType: row.mediaType)
/// ```
public struct ImageManifest: Hashable, Sendable {
    /// The bytes, which must not change: the digest is theirs.
    public let bytes: [UInt8]
    /// Such as `application/vnd.oci.image.manifest.v1+json`. Keep it beside the bytes, which need not name it.
    public let mediaType: String
    /// Computed over the bytes here: SHA-256, or SHA-512 for a manifest that came under such a digest.
    public let digest: Digest

    /// A manifest as it was stored.
    ///
    /// - Parameters:
    ///   - bytes: exactly those that were stored.
    ///   - mediaType: the one that was stored with them.
    public init(bytes: [UInt8], mediaType: String) {
        self.init(bytes: bytes, mediaType: mediaType, digest: Digest(ContentHash.digest(of: bytes)))
    }
}

extension ImageManifest {
    /// As the engine has it.
    init(_ content: ManifestContent, as mediaType: MediaType) {
        self.init(bytes: content.bytes, mediaType: mediaType.asReceived, digest: Digest(content.digest))
    }

    private init(bytes: [UInt8], mediaType: String, digest: Digest) {
        self.bytes = bytes
        self.mediaType = mediaType
        self.digest = digest
    }
}
