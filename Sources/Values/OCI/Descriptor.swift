// SPDX-License-Identifier: Apache-2.0

/// Media type, digest and size of some content, and what else the manifest that lists it says about it.
package struct Descriptor: Hashable, Sendable {
    package var mediaType: MediaType
    package var digest: Digest
    /// Bytes, within `sizes`. The value comes from outside, so no memory may be allocated by it.
    package var size: Int64
    package var platform: Platform?
    package var artifactType: MediaType?
    package var annotations: [String: String]
    /// URLs outside the registry that offer the content. They are never contacted with credentials.
    package var urls: [String]
    /// The content itself, if the descriptor contains it (base64 in JSON). It is not verified: the user of this value must
    /// verify it.
    package var inlineContent: [UInt8]?

    package init(
        mediaType: MediaType, digest: Digest, size: Int64, platform: Platform? = nil, artifactType: MediaType? = nil,
        annotations: [String: String] = [:], urls: [String] = [], inlineContent: [UInt8]? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.platform = platform
        self.artifactType = artifactType
        self.annotations = annotations
        self.urls = urls
        self.inlineContent = inlineContent
    }
}

extension Descriptor {
    /// The accepted sizes, in bytes: up to 16 TiB, more than any registry stores. Descriptors with other sizes are refused.
    /// Sums of sizes can still become too large: see `saturatedSum(of:)`.
    package static let sizes: ClosedRange<Int64> = 0...1 << 44

    /// The size in a descriptor's JSON; nil if it is not a whole number within `sizes`.
    package static func size(in json: JSON) -> Int64? {
        json["size"]?.integer.flatMap { sizes.contains($0) ? $0 : nil }
    }
}

extension Descriptor {
    /// The manifest this BuildKit attestation is about, or nil if the descriptor is not one (BuildKit,
    /// attestation-storage.md: `vnd.docker.reference.type` and `vnd.docker.reference.digest`).
    package var attestedDigest: Digest? {
        guard annotations[Self.referenceType] == Self.attestationManifest else { return nil }
        return annotations[Self.referenceDigest].flatMap { try? Digest($0) }
    }

    /// The annotations of an entry that attests the image of this digest.
    package static func attestation(of image: Digest) -> JSON {
        .object([
            JSON.Member(key: referenceType, value: .string(attestationManifest)),
            JSON.Member(key: referenceDigest, value: .string(image.text)),
        ])
    }

    private static let referenceType = "vnd.docker.reference.type"
    private static let referenceDigest = "vnd.docker.reference.digest"
    private static let attestationManifest = "attestation-manifest"
}
