// SPDX-License-Identifier: Apache-2.0

package import Content
import OCI

/// A manifest that was read and understood: its exact bytes, and what they say. It is parsed once in a run.
package struct ParsedManifest: Sendable {
    package let content: ManifestContent
    let manifest: Manifest
    /// Entries of an index, each once: those that come along with it.
    let children: [Descriptor]

    var digest: Digest { content.digest }
    /// The type to send the bytes on with.
    var mediaType: MediaType { manifest.mediaType }

    /// - Throws: a failure of kind `.invalid` for bytes that are no acceptable manifest.
    package init(_ content: ManifestContent) throws(ContentFailure) {
        manifest = try content.parsed()
        self.content = content
        children = Self.unique(manifest.children)
    }

    /// A manifest that can be copied and proven by its digest.
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
    /// - Parameter includingForeign: also layers that are by convention left where they are.
    func blobs(includingForeign: Bool) -> [Descriptor] {
        Self.unique(manifest.blobs).filter { includingForeign || !$0.mediaType.isNonDistributable }
    }

    /// Layers that are by convention left where they are.
    var foreignLayers: [Descriptor] { Self.unique(manifest.blobs).filter(\.mediaType.isNonDistributable) }

    /// The same manifest, of whose children only some come along.
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

    private static func unique(_ descriptors: [Descriptor]) -> [Descriptor] {
        var seen: Set<Digest> = []
        return descriptors.filter { seen.insert($0.digest).inserted }
    }
}

extension TransferFailure {
    /// A manifest that is not as long as the index says which lists it.
    static func wrongSize(of digest: Digest, _ size: Int64, promised: Int64, side: TransferSide) -> TransferFailure {
        let message = "manifest \(digest.short) has \(size) bytes, its index says \(promised)"
        return TransferFailure(ContentFailure(.corrupt, message), side: side)
    }
}

/// The entry of an index, whole or as much of it as somebody keeps.
protocol IndexEntry {
    var digest: Digest { get }
    /// The image that this entry attests; nil for everything that is no attestation of BuildKit's.
    var attestedDigest: Digest? { get }
    var platform: Platform? { get }
    /// Its type is one of a manifest.
    var isManifest: Bool { get }
}

extension IndexEntry {
    /// Whether it is the one for a platform; one that names none is for linux/amd64 (gcrane's rule).
    func isMeant(by platform: Platform) -> Bool { platform.isSatisfied(by: self.platform ?? .linuxAMD64) }

    /// What is no manifest may be a blob: unknown types are no error (image-spec, image-index.md). A registry does not have it among
    /// its manifests; a layout keeps both in one place, and gives bytes that cannot be read as one.
    func isBlob(afterReadingFailedWith failure: ContentFailure) -> Bool {
        !isManifest && [.notFound, .invalid, .tooLarge].contains(failure.kind)
    }
}

extension Descriptor: IndexEntry {
    var isManifest: Bool { mediaType.manifestKind != nil }
}
