// SPDX-License-Identifier: Apache-2.0

package import OCI

/// Looks into the layers of a whole run's images. Shared by all copies; every method may be called from many tasks.
package protocol ImageInspector: Sendable {
    /// Whether images have to be known before their layers are read, with their configs.
    var comparesConfigs: Bool { get }

    /// How bytes of this type are looked at, in a word: what was found in a blob holds for all who want it looked at in this way.
    /// nil: they are not looked into.
    func form(of type: MediaType) -> String?

    /// The inspection of a blob whose bytes are about to be read; nil where there is nothing to look at.
    ///
    /// - Parameter image: the image on whose behalf; only where `comparesConfigs`.
    /// - Throws: what is known to be wrong without reading, kind `.inconsistent` where it is the image that is wrong.
    func inspection(
        of blob: Descriptor, in image: InspectedImage?
    ) throws(ContentFailure) -> (any BlobInspection)?

    /// Whether `conclude` compares something with this image's config.
    func needsConfig(for manifest: Manifest) -> Bool

    /// All blobs of an image are at the target, and its manifest is about to be stored: compares what is known of its
    /// layers, also of those that were read for other images, and counts them.
    func conclude(_ image: InspectedImage) throws(ContentFailure)

    /// What `conclude` counted for a manifest; the first who asks gets it.
    func takeTally(of manifest: Digest) -> LayerTally?
}

/// An image as an inspector sees it.
package struct InspectedImage: Sendable {
    package var digest: Digest
    package var manifest: Manifest
    /// nil: not read, or not an image's config.
    package var config: ImageConfig?

    package init(digest: Digest, manifest: Manifest, config: ImageConfig?) {
        self.digest = digest
        self.manifest = manifest
        self.config = config
    }
}

/// Layers that were looked into, and those that were not.
package struct LayerTally: Sendable, Hashable {
    /// Why a layer was not looked into. Stable names: they appear in JSON output.
    package enum Reason: String, Sendable, CaseIterable {
        case encrypted
        /// Not compressed, so that the digest says it all.
        case uncompressed
        /// By convention left where it is, and not copied.
        case foreign
        /// Attestations, charts, modules: content of another kind in a layer's place.
        case notALayer = "not-a-layer"
        /// The target had it before: no byte of it was read.
        case alreadyAtTarget = "already-at-target"
        /// The config names no diff ID for it.
        case noDiffID = "no-diff-id"
    }

    package var checked: Int
    package var notChecked: [Reason: Int]

    package init(checked: Int = 0, notChecked: [Reason: Int] = [:]) {
        self.checked = checked
        self.notChecked = notChecked
    }

    package static func += (left: inout Self, right: Self) {
        left.checked += right.checked
        left.notChecked.merge(right.notChecked, uniquingKeysWith: +)
    }
}
