// SPDX-License-Identifier: Apache-2.0

/// The label that says how content is to be read.
///
/// The received spelling is kept, because it is sent on unchanged. Equality compares only the type itself, in lower case
/// and without parameters (`application/json; charset=utf-8` equals `application/json`).
package struct MediaType: Sendable {
    /// What the registry or the descriptor said.
    package let asReceived: String
    /// Lower case, without parameters and blanks.
    package let essence: String

    package init(_ text: String) {
        asReceived = text
        // Nearly all types are already written so. Then both properties share one text, which saves memory because a run
        // keeps very many.
        essence = text.utf8.contains(where: Self.isDecoration) ? Self.essence(of: text) : text
    }

    /// Whether a byte can make a text differ from its essence.
    private static func isDecoration(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ";") || byte == 32 || byte == 9 || lowerCase(byte) != byte
    }

    private static func essence(of text: String) -> String {
        let bare = text.utf8.prefix { $0 != UInt8(ascii: ";") }
        let trimmed = bare.drop { $0 == 32 || $0 == 9 }
        var characters = trimmed.map(lowerCase)
        while let last = characters.last, last == 32 || last == 9 { characters.removeLast() }
        return String(decoding: characters, as: UTF8.self)
    }

    /// ASCII only: Unicode's lower case of the Kelvin sign is a `k`, and two types would become one.
    private static func lowerCase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

extension MediaType: Hashable, CustomStringConvertible, ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self.init(value) }
    package var description: String { essence.displayable }
    package static func == (left: Self, right: Self) -> Bool { left.essence == right.essence }
    package func hash(into hasher: inout Hasher) { hasher.combine(essence) }
}

extension MediaType {
    package static let ociIndex: Self = "application/vnd.oci.image.index.v1+json"
    package static let ociManifest: Self = "application/vnd.oci.image.manifest.v1+json"
    package static let dockerList: Self = "application/vnd.docker.distribution.manifest.list.v2+json"
    package static let dockerManifest: Self = "application/vnd.docker.distribution.manifest.v2+json"
    package static let dockerSchema1: Self = "application/vnd.docker.distribution.manifest.v1+json"
    package static let dockerSchema1Signed: Self = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    /// Withdrawn from the OCI specification, still found in registries.
    package static let ociArtifact: Self = "application/vnd.oci.artifact.manifest.v1+json"
    package static let ociConfig: Self = "application/vnd.oci.image.config.v1+json"
    package static let dockerConfig: Self = "application/vnd.docker.container.image.v1+json"
    package static let ociEmpty: Self = "application/vnd.oci.empty.v1+json"
    package static let octetStream: Self = "application/octet-stream"

    /// What a request for a manifest accepts: everything that exists, the general wildcard last.
    ///
    /// If the type of a manifest is missing here, the reference registry answers 404, not 406, and for a tag of a Docker
    /// list it silently serves one child (distribution, registry/handlers/manifests.go).
    package static let acceptedManifests: [Self] = [
        .ociIndex, .ociManifest, .dockerList, .dockerManifest, .dockerSchema1Signed, .dockerSchema1, .ociArtifact,
        "*/*",
    ]

    /// How a manifest of this type is read; nil for a type this program does not know.
    package var manifestKind: ManifestKind? {
        switch self {
        case .ociIndex, .dockerList: .index
        case .ociManifest, .dockerManifest: .image
        case .dockerSchema1, .dockerSchema1Signed: .schema1
        case .ociArtifact: .artifact
        default: nil
        }
    }

    /// Whether content of this type is by convention not copied: "foreign" layers of the Docker dialect and OCI's
    /// non-distributable layers (image-spec, layer.md).
    package var isNonDistributable: Bool {
        essence.hasPrefix("application/vnd.oci.image.layer.nondistributable.")
            || essence == "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
            || essence == "application/vnd.docker.image.rootfs.foreign.diff.tar"
    }
}

/// The kinds of manifests.
package enum ManifestKind: Sendable {
    case index
    case image
    case artifact
    case schema1
}
