// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// A store's answers about an image's parts.
struct ImageFacts: Sendable {
    var manifests: [Digest: Result<SeenManifest, ContentFailure>] = [:]
    var configs: [CheckedBlob: Result<CheckedConfig, ContentFailure>] = [:]
    var layers: [CheckedBlob: Result<ExaminedLayer, ContentFailure>] = [:]
    var presence: [CheckedBlob: Result<Bool, ContentFailure>] = [:]
}

/// A manifest that could be read.
struct SeenManifest: Sendable {
    let size: Int64
    let manifest: Result<Manifest, ContentFailure>
    /// The platforms of an index's children, as the index writes them.
    let platforms: [JSON]

    init(_ content: ManifestContent, _ manifest: Result<Manifest, ContentFailure>) {
        size = Int64(content.bytes.count)
        self.manifest = manifest
        let isIndex = (try? manifest.get())?.kind == .index
        let entries = isIndex ? (try? JSON(content.bytes))?["manifests"]?.array : nil
        platforms = (entries ?? []).map { $0["platform"] ?? .null }
    }

    /// nil for bytes that are not a manifest.
    var understood: Manifest? { try? manifest.get() }
}

/// A blob, with everything that the result of reading it depends on.
struct CheckedBlob: Hashable, Sendable {
    let digest: Digest
    let size: Int64
    let urls: [String]

    init(_ descriptor: Descriptor) { (digest, size, urls) = (descriptor.digest, descriptor.size, descriptor.urls) }
}

extension Descriptor {
    /// Whether crane checks an entry of an index as an image or an index. It checks all other entries as layers.
    var isCheckedAsManifest: Bool { [.index, .image].contains(mediaType.manifestKind) }
}
