// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// Writes images into one file as Docker did before version 1.10, and as crane's `--format=legacy` does
/// (go-containerregistry, pkg/legacy/tarball/write.go). Each layer has a folder that is named by its ID. The folder
/// contains the uncompressed layer, a document about it, and the version of this format. The file `repositories` maps
/// each tag to its topmost layer. The archive also has the list of images that today's Docker reads.
package struct LegacyArchiveWriter: Sendable {
    private let file: ArchiveFile
    private var written: Set<String> = []
    private var images: [JSON] = []
    /// IDs of topmost layers, by repository and tag.
    private var repositories: [String: [String: String]] = [:]

    /// - Parameter path: where the archive is written. A file appears when it is complete; a pipe gets the bytes at
    ///   once.
    package init(_ path: String) throws { file = try ArchiveFile(path) }

    package struct Image: Sendable {
        /// The image's name, with or without a tag; nil for an image without a name.
        package var name: String?
        package var config: [UInt8]
        /// The layers, the lowest first.
        package var layers: [Layer]

        package init(name: String?, config: [UInt8], layers: [Layer]) {
            (self.name, self.config, self.layers) = (name, config, layers)
        }
    }

    package struct Layer: Sendable {
        package var id: String
        /// The content of the layer's file `json`.
        package var document: [UInt8]
        /// The layer's descriptor in the image's manifest.
        package var descriptor: Descriptor

        package init(id: String, document: [UInt8], descriptor: Descriptor) {
            (self.id, self.document, self.descriptor) = (id, document, descriptor)
        }

        fileprivate var path: String { "\(id)/layer.tar" }
    }

    /// The uncompressed content of a layer.
    package struct Content: Sendable {
        /// The number of bytes.
        package var size: Int64
        package var bytes: BlobStream

        package init(size: Int64, bytes: BlobStream) { (self.size, self.bytes) = (size, bytes) }
    }

    /// Adds an image. A layer that an earlier image had over the same lower layers is not written again.
    ///
    /// - Parameter open: returns the uncompressed content of a layer.
    package mutating func add(_ image: Image, _ open: (Descriptor) async throws -> Content) async throws {
        let config = "\(ContentHash.digest(of: image.config).hex).json"
        try await file.add(config, image.config)
        for layer in image.layers where written.insert(layer.id).inserted {
            let content = try await open(layer.descriptor)
            try await file.add(layer.path, size: content.size, content.bytes)
            try await file.add("\(layer.id)/json", layer.document)
            try await file.add("\(layer.id)/VERSION", Array("1.0".utf8))
        }
        images.append(Self.listing(image, config))
        if let name = image.name, let top = image.layers.last { list(name, top.id) }
    }

    private static func listing(_ image: Image, _ config: String) -> JSON {
        let diffIDs = (try? ImageConfig(image.config))?.diffIDs ?? []
        return .object(compacting: [
            "Config": .string(config), "RepoTags": image.name.map { .array([.string($0)]) } ?? .null,
            "Layers": .array(image.layers.map { .string($0.path) }),
            "LayerSources": LayerSource.document(image.layers.map(\.descriptor), diffIDs: diffIDs),
        ])
    }

    private mutating func list(_ name: String, _ id: String) {
        let tag = name.lastIndex(of: ":").map { name[name.index(after: $0)...] } ?? ""
        // A port after a host is not a tag.
        let hasTag = !tag.isEmpty && !tag.contains("/")
        let repository = hasTag ? String(name.dropLast(tag.count + 1)) : name
        repositories[repository, default: [:]][hasTag ? String(tag) : ""] = id
    }

    /// Ends the archive.
    package func finish() async throws {
        try await file.add("manifest.json", JSON.array(images).goBytes)
        let list = JSON.sorted(repositories) { .sorted($0) { .string($0) } }
        try await file.add("repositories", list.goBytes)
        try await file.finish()
    }
}

extension JSON {
    /// An object with the members of a dictionary, sorted by name as Go writes them.
    fileprivate static func sorted<Value>(_ values: [String: Value], _ document: (Value) -> JSON) -> JSON {
        .object(
            values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                .map { Member(key: $0.key, value: document($0.value)) })
    }
}
