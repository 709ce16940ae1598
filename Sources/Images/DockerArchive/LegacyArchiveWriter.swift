// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// Writes images into one file as Docker did before version 1.10, and as crane's `--format=legacy` does (go-containerregistry,
/// pkg/legacy/tarball/write.go). A folder for each layer, named by its ID, has the layer unpacked, a document about it and
/// the version of this form; `repositories` says which tag stands for which topmost layer. The same archive has the list of
/// images that today's Docker reads.
package struct LegacyArchiveWriter: Sendable {
    private let file: ArchiveFile
    private var written: Set<String> = []
    private var images: [JSON] = []
    /// IDs of topmost layers, by repository and tag.
    private var repositories: [String: [String: String]] = [:]

    /// - Parameter path: gets the archive when it is complete; a pipe gets it as it comes.
    package init(_ path: String) throws { file = try ArchiveFile(path) }

    package struct Image: Sendable {
        /// What it is called, a tag at its end or none; nil for one without a name.
        package var name: String?
        package var config: [UInt8]
        /// The lowest first.
        package var layers: [Layer]

        package init(name: String?, config: [UInt8], layers: [Layer]) {
            (self.name, self.config, self.layers) = (name, config, layers)
        }
    }

    package struct Layer: Sendable {
        package var id: String
        /// What the file `json` beside it says.
        package var document: [UInt8]
        /// As the image's manifest has it.
        package var descriptor: Descriptor

        package init(id: String, document: [UInt8], descriptor: Descriptor) {
            (self.id, self.document, self.descriptor) = (id, document, descriptor)
        }

        fileprivate var path: String { "\(id)/layer.tar" }
    }

    /// A layer unpacked.
    package struct Content: Sendable {
        /// Bytes there are.
        package var size: Int64
        package var bytes: BlobStream

        package init(size: Int64, bytes: BlobStream) { (self.size, self.bytes) = (size, bytes) }
    }

    /// Adds an image; a layer that an earlier one had over the same others is not written again.
    ///
    /// - Parameter open: gives what is inside of a layer.
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
        // A host's port is no tag.
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
    /// An object of a dictionary, its members in the order of their names, as Go writes it.
    fileprivate static func sorted<Value>(_ values: [String: Value], _ document: (Value) -> JSON) -> JSON {
        .object(
            values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                .map { Member(key: $0.key, value: document($0.value)) })
    }
}
