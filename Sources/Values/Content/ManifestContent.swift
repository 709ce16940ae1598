// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A name for a manifest of a repository.
package enum ManifestSelector: Hashable, Sendable, CustomStringConvertible {
    case tag(Tag)
    case digest(Digest)

    package var description: String {
        switch self {
        case .tag(let tag): tag.name
        case .digest(let digest): digest.text
        }
    }

    package var isDigest: Bool { if case .digest = self { true } else { false } }
}

/// A manifest as it was fetched: its exact bytes and the digest computed from them.
package struct ManifestContent: Sendable, Hashable {
    /// Always sent on unchanged.
    package let bytes: [UInt8]
    /// The media type of the answer. The body may say more (`OCI.Manifest`).
    package let mediaType: MediaType
    /// Computed over `bytes` by the store that fetched them; never taken from a header.
    package let digest: Digest

    package init(bytes: [UInt8], mediaType: MediaType, digest: Digest) {
        self.bytes = bytes
        self.mediaType = mediaType
        self.digest = digest
    }

    /// Whether a digest, of any algorithm, matches these bytes. A store may use another algorithm.
    package func has(_ digest: Digest) -> Bool {
        if digest.algorithm == self.digest.algorithm { return digest == self.digest }
        return digest == ContentHash.digest(of: bytes, digest.algorithm)
    }

    /// The parsed manifest.
    ///
    /// - Throws: a failure of kind `.invalid` for bytes that are not an acceptable manifest.
    package func parsed() throws(ContentFailure) -> Manifest {
        do throws(ManifestError) { return try Manifest(bytes, contentType: mediaType) } catch {
            throw ContentFailure(.invalid, "manifest \(digest.short) cannot be read: \(error)")
        }
    }

    /// An image index that was made here.
    package init(index document: JSON) {
        let bytes = Array(document.text.utf8)
        self.init(bytes: bytes, mediaType: .ociIndex, digest: ContentHash.digest(of: bytes))
    }
}

/// What a store says about a manifest without sending it.
package struct ManifestSummary: Sendable, Hashable {
    package let digest: Digest
    package let mediaType: MediaType
    /// Bytes; nil if the store did not say.
    package let size: Int64?

    package init(digest: Digest, mediaType: MediaType, size: Int64?) {
        self.digest = digest
        self.mediaType = mediaType
        self.size = size
    }
}

extension Reference {
    /// What to ask for: the digest where there is one.
    package var selector: ManifestSelector { digest.map(ManifestSelector.digest) ?? .tag(tag ?? .latest) }
}
