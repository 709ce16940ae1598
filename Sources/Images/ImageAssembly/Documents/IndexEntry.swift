// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// The entry of a manifest in an index.
package struct IndexEntry: Sendable, Hashable {
    private(set) var value: JSON

    init(_ value: JSON) { self.value = value }

    /// An entry for a manifest that was made on this machine.
    ///
    /// - Parameter platform: the platform from its config, if there is one.
    package init(_ manifest: ManifestContent, platform: JSON?) {
        self.init(manifest.mediaType, size: Int64(manifest.bytes.count), manifest.digest)
        set("platform", platform ?? .null)
        if manifest.mediaType.manifestKind == .image { describe(manifest) }
    }

    /// An entry for a manifest from a registry. It includes the manifest's annotations, also those of an index
    /// (go-containerregistry since v0.21.6, pkg/v1/remote/fetcher.go).
    ///
    /// - Parameter platform: the platform from its config, if there is one.
    package init(fetched manifest: ManifestContent, platform: JSON? = nil) {
        self.init(manifest.mediaType, size: Int64(manifest.bytes.count), manifest.digest)
        set("platform", platform ?? .null)
        describe(manifest)
        if let document = try? ManifestDocument(manifest.bytes) { set("annotations", document.annotations) }
    }

    /// An entry that was read from an index.
    package init(_ descriptor: Descriptor) {
        self.init(descriptor.mediaType, size: descriptor.size, descriptor.digest)
        set("data", descriptor.inlineContent.map { .string(Base64.encode($0)) } ?? .null)
        set("urls", .array(descriptor.urls.map { .string($0) }))
        set("annotations", JSON.null.adding(descriptor.annotations))
        set("platform", descriptor.platform.map(Self.json) ?? .null)
        set("artifactType", .string(descriptor.artifactType?.asReceived ?? ""))
    }

    private init(_ mediaType: MediaType, size: Int64, _ digest: Digest) {
        value = GoType.object(GoType.descriptor).zero
        set("mediaType", .string(mediaType.essence))
        set("size", JSON(size))
        set("digest", .string(digest.text))
    }

    private static func json(_ platform: Platform) -> JSON {
        .object([
            "architecture": .string(platform.architecture), "os": .string(platform.os),
            "os.version": .string(platform.osVersion ?? ""), "variant": .string(platform.variant ?? ""),
        ])
    }

    // MARK: - Changing

    /// The entry for use in another index. Everything stays as this entry says, except the artifact type, which is the
    /// image's own.
    package func describing(_ image: ManifestContent) -> IndexEntry {
        var entry = self
        if mediaType.manifestKind == .image { entry.describe(image) }
        return entry
    }

    /// The entry with a name for the image (image-spec, annotations.md).
    package func named(_ name: String) -> IndexEntry {
        var entry = self
        entry.set("annotations", (value["annotations"] ?? .null).adding(["org.opencontainers.image.ref.name": name]))
        return entry
    }

    private mutating func describe(_ manifest: ManifestContent) {
        guard let document = try? ManifestDocument(manifest.bytes) else { return }
        set("artifactType", document.artifactType)
    }

    private mutating func set(_ name: String, _ field: JSON) {
        guard case .object(var members) = value else { return }
        for position in members.indices where members[position].key == name { members[position].value = field }
        value = .object(members)
    }

    // MARK: - Reading

    package var mediaType: MediaType { MediaType(value["mediaType"]?.string ?? "") }
    package var digest: Digest? { value["digest"]?.string.flatMap { try? Digest($0) } }

    /// The entry as it is written.
    package var document: JSON { GoType.object(GoType.descriptor).pruned(value) }
}
