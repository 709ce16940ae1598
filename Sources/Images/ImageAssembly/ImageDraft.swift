// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// An image that is being made: its documents, and the layers that are put on top.
package struct ImageDraft: Sendable {
    package var config: ConfigDocument
    package var manifest: ManifestDocument
    private let mediaType: MediaType
    private var layers: [LayerFile] = []

    /// Begins with an empty image.
    ///
    /// - Parameter isOCI: true for OCI's media types, false for Docker's.
    package init(isOCI: Bool) {
        mediaType = isOCI ? .ociManifest : .dockerManifest
        config = ConfigDocument()
        manifest = ManifestDocument(mediaType: mediaType, config: isOCI ? .ociConfig : .dockerConfig)
    }

    /// Begins with an existing image.
    ///
    /// - Throws: `DocumentProblem`.
    package init(_ base: ManifestContent, mediaType: MediaType, config: [UInt8]) throws(DocumentProblem) {
        self.mediaType = mediaType
        manifest = try ManifestDocument(base.bytes)
        self.config = try ConfigDocument(config)
    }

    /// Whether its layers have OCI's media types and not Docker's.
    package var isOCI: Bool { mediaType == .ociManifest }

    /// Puts a layer on top.
    package mutating func append(_ layer: LayerFile) {
        layers.append(layer)
        manifest.append(layer.descriptor)
        if manifest.hasImageConfig { config.append(diffID: layer.diffID) }
    }

    /// The complete image.
    ///
    /// - Parameter base: the store of the layers below, in `repository`; nil if there are none.
    package func assembled(over base: (any ContentSource)?, in repository: Repository) -> AssembledImage {
        var manifest = manifest
        let bytes = manifest.hasImageConfig ? config.bytes : nil
        if let bytes { manifest.set(config: bytes) }
        return AssembledImage(
            manifest: manifest.bytes, mediaType: mediaType, config: bytes, layers: layers, base: base, in: repository)
    }
}
