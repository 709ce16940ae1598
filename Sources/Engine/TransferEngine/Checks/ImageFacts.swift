// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// What a store said of an image's parts.
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
    /// What an index says of its children's platforms, as it says it.
    let platforms: [JSON]

    init(_ content: ManifestContent, _ manifest: Result<Manifest, ContentFailure>) {
        size = Int64(content.bytes.count)
        self.manifest = manifest
        let isIndex = (try? manifest.get())?.kind == .index
        let entries = isIndex ? (try? JSON(content.bytes))?["manifests"]?.array : nil
        platforms = (entries ?? []).map { $0["platform"] ?? .null }
    }

    /// nil for bytes that are no manifest.
    var understood: Manifest? { try? manifest.get() }
}

/// A blob, with all that decides what comes of reading it.
struct CheckedBlob: Hashable, Sendable {
    let digest: Digest
    let size: Int64
    let urls: [String]

    init(_ descriptor: Descriptor) { (digest, size, urls) = (descriptor.digest, descriptor.size, descriptor.urls) }
}

extension Descriptor {
    /// Whether crane looks at an entry of an index as at an image or an index; at all others it looks as at layers.
    var isCheckedAsManifest: Bool { [.index, .image].contains(mediaType.manifestKind) }
}
