// SPDX-License-Identifier: Apache-2.0

import Content
package import OCI

/// An image's manifest that can be changed.
package struct ManifestDocument: Sendable {
    private var document: GoDocument

    /// The manifest of an empty image.
    package init(mediaType: MediaType, config: MediaType) {
        document = GoDocument(.manifest)
        document["schemaVersion"] = 2
        document["mediaType"] = .string(mediaType.essence)
        document["config", "mediaType"] = .string(config.essence)
        document["layers"] = .array([])
    }

    /// Begins with an existing manifest. Its `subject` is dropped, because the changed image has not been signed.
    ///
    /// - Throws: `DocumentProblem`.
    package init(_ bytes: [UInt8]) throws(DocumentProblem) {
        document = try GoDocument(bytes, as: .manifest, called: "manifest")
        document["subject"] = .null
    }

    /// The manifest as it is written.
    package var bytes: [UInt8] { document.bytes }

    /// Whether the config is that of an image. The config of an artifact stays as it is.
    package var hasImageConfig: Bool {
        MediaType(document["config", "mediaType"].string ?? "").isImageConfig
    }

    package mutating func set(config bytes: [UInt8]) {
        document["config", "digest"] = .string(ContentHash.digest(of: bytes).text)
        document["config", "size"] = JSON(bytes.count)
        if !document["config", "data"].isNull { document["config", "data"] = .string(Base64.encode(bytes)) }
    }

    package mutating func append(_ layer: Descriptor) {
        let entry: JSON = .object([
            "mediaType": .string(layer.mediaType.essence), "size": JSON(layer.size),
            "digest": .string(layer.digest.text),
        ])
        document["layers"] = .array((document["layers"].array ?? []) + [entry])
    }

    package mutating func set(annotations: [String: String]) {
        guard !annotations.isEmpty else { return }
        document["annotations"] = document["annotations"].adding(annotations)
    }

    /// The artifact type under which an index lists the manifest: its `artifactType`, otherwise the media type of its
    /// config.
    var artifactType: JSON {
        let own = document["artifactType"]
        return own == "" ? document["config", "mediaType"] : own
    }

    var annotations: JSON { document["annotations"] }
}

/// An index to which entries can be added.
package struct IndexDocument: Sendable {
    private var document: GoDocument

    /// An empty index.
    package init(mediaType: MediaType) {
        document = GoDocument(.index)
        document["schemaVersion"] = 2
        document["mediaType"] = .string(mediaType.essence)
        document["manifests"] = .array([])
    }

    /// Begins with an existing index. Its `subject` is dropped.
    ///
    /// - Throws: `DocumentProblem`.
    package init(_ bytes: [UInt8]) throws(DocumentProblem) {
        document = try GoDocument(bytes, as: .index, called: "index")
        document["subject"] = .null
    }

    /// The index as it is written.
    package var bytes: [UInt8] { document.bytes }

    package var entries: [IndexEntry] { (document["manifests"].array ?? []).map(IndexEntry.init) }

    package mutating func append(_ entry: IndexEntry) {
        document["manifests"] = .array((document["manifests"].array ?? []) + [entry.value])
    }
}
