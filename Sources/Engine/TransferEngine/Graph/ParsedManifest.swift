// SPDX-License-Identifier: Apache-2.0

package import Content
import OCI

/// A parsed manifest: its exact bytes, and their meaning. It is parsed once in a run.
package struct ParsedManifest: Sendable {
    package let content: ManifestContent
    let manifest: Manifest
    /// The manifests and blobs that an index is copied with, each once.
    let children: [Descriptor]

    /// All entries of an index. Several may have the same manifest: one image can serve several platforms.
    var entries: [Descriptor] { manifest.children }

    var digest: Digest { content.digest }
    /// The media type to send with the bytes.
    var mediaType: MediaType { manifest.mediaType }

    /// - Throws: a failure of kind `.invalid` for bytes that are not an acceptable manifest.
    package init(_ content: ManifestContent) throws(ContentFailure) {
        manifest = try content.parsed()
        self.content = content
        children = Self.unique(manifest.children)
        try Self.checkSizes(manifest.children + manifest.blobs, in: content.digest)
    }

    /// Clients compare the size of what they pull with that in the descriptor. Of two different sizes one is wrong.
    private static func checkSizes(_ descriptors: [Descriptor], in digest: Digest) throws(ContentFailure) {
        guard descriptors.count > 1 else { return }
        var sizes: [Digest: Int64] = [:]
        for descriptor in descriptors {
            let known = sizes.updateValue(descriptor.size, forKey: descriptor.digest) ?? descriptor.size
            guard known == descriptor.size else {
                throw ContentFailure(
                    .invalid,
                    "manifest \(digest.short) gives two sizes for \(descriptor.digest.short): \(known) and \(descriptor.size)"
                )
            }
        }
    }

    /// A manifest that can be copied and verified by its digest.
    ///
    /// - Throws: also a failure of kind `.unsupported` for Docker's schema 1.
    init(verifiable content: ManifestContent) throws(ContentFailure) {
        try self.init(content)
        guard manifest.kind == .schema1 else { return }
        throw ContentFailure(
            .unsupported,
            "manifest \(content.digest.short) is of Docker schema 1, whose digest cannot be verified; it was not copied"
        )
    }

    var isIndex: Bool { manifest.kind == .index }

    var descriptorCount: Int { children.count + manifest.blobs.count }

    var firstBlob: Descriptor? { manifest.blobs.first }

    /// The config and the layers, each once.
    ///
    /// - Parameter includingForeign: also foreign layers, which by convention are not copied.
    func blobs(includingForeign: Bool) -> [Descriptor] {
        Self.unique(manifest.blobs.filter { includingForeign || !$0.mediaType.isNonDistributable })
    }

    /// Foreign layers, which by convention are not copied. A layer that the manifest also names as an ordinary one is none.
    var foreignLayers: [Descriptor] {
        let foreign = manifest.blobs.filter(\.mediaType.isNonDistributable)
        guard !foreign.isEmpty else { return [] }
        let ordinary = Set(blobs(includingForeign: false).map(\.digest))
        return Self.unique(foreign.filter { !ordinary.contains($0.digest) })
    }

    /// The same manifest, with only these children to copy.
    func keeping(_ children: [Descriptor]) -> ParsedManifest { ParsedManifest(content, manifest, children: children) }

    /// The same manifest under another digest.
    func named(_ digest: Digest) -> ParsedManifest {
        let content = ManifestContent(bytes: content.bytes, mediaType: content.mediaType, digest: digest)
        return ParsedManifest(content, manifest, children: children)
    }

    private init(_ content: ManifestContent, _ manifest: Manifest, children: [Descriptor]) {
        self.content = content
        self.manifest = manifest
        self.children = children
    }

    static func unique(_ descriptors: [Descriptor]) -> [Descriptor] {
        var seen: Set<Digest> = []
        return descriptors.filter { seen.insert($0.digest).inserted }
    }
}

extension TransferFailure {
    /// The failure of a manifest whose size differs from the size in its index.
    static func wrongSize(of digest: Digest, _ size: Int64, promised: Int64, side: TransferSide) -> TransferFailure {
        let message = "manifest \(digest.short) has \(size) bytes, its index says \(promised)"
        return TransferFailure(ContentFailure(.corrupt, message), side: side)
    }
}

/// An entry of an index, complete or reduced to what is needed.
protocol IndexEntry {
    var digest: Digest { get }
    /// The image that this entry attests; nil for entries that are not attestations of BuildKit.
    var attestedDigest: Digest? { get }
    var platform: Platform? { get }
    /// Its media type is that of a manifest.
    var isManifest: Bool { get }
}

extension IndexEntry {
    /// Whether the entry is for a platform. An entry without a platform is for linux/amd64 (gcrane's rule).
    func isMeant(by platform: Platform) -> Bool { platform.isSatisfied(by: self.platform ?? .linuxAMD64) }

    /// Whether the entry is a blob. Unknown types are not an error (image-spec, image-index.md). A registry does not have a
    /// blob among its manifests. A layout keeps both in one place, and returns bytes that cannot be parsed as a manifest.
    func isBlob(afterReadingFailedWith failure: ContentFailure) -> Bool {
        !isManifest && [.notFound, .invalid, .tooLarge].contains(failure.kind)
    }
}

extension Descriptor: IndexEntry {
    var isManifest: Bool { mediaType.manifestKind != nil }
}
