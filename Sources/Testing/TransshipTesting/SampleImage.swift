// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// A small image graph made of text, for tests that need the shape of images but not real layers.
package struct SampleImage: Sendable {
    package var root: ManifestContent
    /// The root and all manifests below it.
    package var manifests: [ManifestContent]
    package var blobs: [Digest: [UInt8]]

    /// An image whose layers have the given texts; equal texts are equal layers.
    package init(layers: [String], name: String = "image", foreign: [String] = []) {
        let config = Self.blob("config of \(name)", .ociConfig)
        let layerBlobs = layers.map { Self.blob($0, "application/vnd.oci.image.layer.v1.tar+gzip") }
        let foreignBlobs = foreign.map { Self.blob($0, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip") }
        root = Self.manifest(
            .ociManifest,
            [
                "config": config.json,
                "layers": .array((layerBlobs + foreignBlobs).map(\.json)),
            ])
        manifests = [root]
        blobs = Dictionary(
            ([config] + layerBlobs).map { ($0.descriptor.digest, $0.bytes) }, uniquingKeysWith: { first, _ in first })
    }

    /// An image of the given config and layers, valid or not.
    package init(config: [UInt8], layers: [(type: MediaType, bytes: [UInt8])]) {
        let config = Self.blob(config, .ociConfig)
        let layers = layers.map { Self.blob($0.bytes, $0.type) }
        root = Self.manifest(.ociManifest, ["config": config.json, "layers": .array(layers.map(\.json))])
        manifests = [root]
        blobs = Dictionary(
            ([config] + layers).map { ($0.descriptor.digest, $0.bytes) }, uniquingKeysWith: { first, _ in first })
    }

    /// A referrer of an image, such as a signature or an attestation.
    package init(about subject: ManifestContent, layers: [String]) {
        let config = Self.blob("{}", "application/vnd.oci.empty.v1+json")
        let layers = layers.map { Self.blob($0, "application/vnd.example.note") }
        root = Self.manifest(
            .ociManifest,
            [
                "config": config.json, "layers": .array(layers.map(\.json)),
                "subject": Self.json(
                    Descriptor(
                        mediaType: subject.mediaType, digest: subject.digest, size: Int64(subject.bytes.count))),
            ])
        manifests = [root]
        blobs = Dictionary(
            ([config] + layers).map { ($0.descriptor.digest, $0.bytes) }, uniquingKeysWith: { first, _ in first })
    }

    /// An index of other images, each with a platform.
    package init(
        index children: [(String, SampleImage)], extra: [Descriptor] = [], sizes: [Digest: Int] = [:]
    ) {
        let entries =
            children.map { Self.entry($0.1.root, platform: $0.0, size: sizes[$0.1.root.digest]) }
            + extra.map { Self.json($0) }
        root = Self.manifest(.ociIndex, ["manifests": .array(entries)])
        manifests = [root] + children.flatMap(\.1.manifests)
        blobs = children.reduce(into: [:]) { $0.merge($1.1.blobs) { first, _ in first } }
    }

    /// An image of Docker's schema 1, whose layers have another member name.
    package static var schema1: SampleImage {
        var image = SampleImage(layers: [])
        let bytes = Array(#"{"schemaVersion":1,"name":"old","tag":"1","fsLayers":[]}"#.utf8)
        image.root = ManifestContent(bytes: bytes, mediaType: .dockerSchema1, digest: ContentHash.digest(of: bytes))
        (image.manifests, image.blobs) = ([image.root], [:])
        return image
    }

    /// The same image with a root that is named by its SHA-512 digest.
    package var namedBySHA512: SampleImage {
        var image = self
        image.root = ManifestContent(
            bytes: root.bytes, mediaType: root.mediaType, digest: ContentHash.digest(of: root.bytes, .sha512))
        image.manifests = [image.root] + manifests.filter { $0.digest != root.digest }
        return image
    }

    package static func manifest(_ type: MediaType, _ members: KeyValuePairs<String, JSON>) -> ManifestContent {
        let head: [JSON.Member] = [
            JSON.Member(key: "schemaVersion", value: 2), JSON.Member(key: "mediaType", value: .string(type.essence)),
        ]
        let bytes = Array(
            JSON.object(head + members.map { JSON.Member(key: $0.key, value: $0.value) }).text.utf8)
        return ManifestContent(bytes: bytes, mediaType: type, digest: ContentHash.digest(of: bytes))
    }

    package static func json(_ descriptor: Descriptor) -> JSON {
        var members =
            JSON.object([
                "mediaType": .string(descriptor.mediaType.asReceived), "digest": .string(descriptor.digest.text),
                "size": JSON(descriptor.size),
            ]).members ?? []
        if let platform = descriptor.platform {
            let names = JSON.object(["os": .string(platform.os), "architecture": .string(platform.architecture)])
            members.append(JSON.Member(key: "platform", value: names))
        }
        if !descriptor.annotations.isEmpty {
            let entries = descriptor.annotations.sorted { $0.key < $1.key }
            let annotations = entries.map { JSON.Member(key: $0.key, value: .string($0.value)) }
            members.append(JSON.Member(key: "annotations", value: .object(annotations)))
        }
        return .object(members)
    }

    private static func entry(_ manifest: ManifestContent, platform: String, size: Int?) -> JSON {
        let parts = platform.split(separator: "/").map(String.init)
        return .object([
            "mediaType": .string(manifest.mediaType.essence), "digest": .string(manifest.digest.text),
            "size": JSON(size ?? manifest.bytes.count),
            "platform": .object(["os": .string(parts[0]), "architecture": .string(parts.count > 1 ? parts[1] : "")]),
        ])
    }

    private struct Blob {
        var descriptor: Descriptor
        var bytes: [UInt8]
        var json: JSON { SampleImage.json(descriptor) }
    }

    private static func blob(_ text: String, _ type: MediaType) -> Blob {
        blob(Array(text.utf8), type)
    }

    private static func blob(_ bytes: [UInt8], _ type: MediaType) -> Blob {
        Blob(
            descriptor: Descriptor(
                mediaType: type, digest: ContentHash.digest(of: bytes), size: Int64(bytes.count)), bytes: bytes)
    }
}
