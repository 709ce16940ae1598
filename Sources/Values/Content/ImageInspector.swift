// SPDX-License-Identifier: Apache-2.0

package import OCI

/// Inspects the layers of all images of a run. All copies share it; every method may be called from many tasks.
package protocol ImageInspector: Sendable {
    /// Whether images have to be known before their layers are read, with their configs.
    var comparesConfigs: Bool { get }

    /// The name of the inspection for this type. The result for a blob is shared by all uses with the same name. nil: blobs
    /// of this type are not inspected.
    func form(of type: MediaType) -> String?

    /// The inspection of a blob whose bytes are about to be read; nil if there is nothing to inspect.
    ///
    /// - Parameter image: the image that needs the blob; only if `comparesConfigs`.
    /// - Throws: a fault that is known without reading; kind `.inconsistent` if the image itself is wrong.
    func inspection(
        of blob: Descriptor, in image: InspectedImage?
    ) throws(ContentFailure) -> (any BlobInspection)?

    /// Whether `conclude` compares something with this image's config.
    func needsConfig(for manifest: Manifest) -> Bool

    /// Called when all blobs of an image are at the target and its manifest is about to be stored. Compares what is known
    /// about its layers, including those that were read for other images, and counts them.
    func conclude(_ image: InspectedImage) throws(ContentFailure)

    /// The counts of `conclude` for a manifest. Only the first caller gets them.
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

/// Counts of layers that were inspected, and of those that were not.
package struct LayerTally: Sendable, Hashable {
    /// Why a layer was not inspected. The names are stable, because they appear in JSON output.
    package enum Reason: String, Sendable, CaseIterable {
        case encrypted
        /// Not compressed, so the digest is enough.
        case uncompressed
        /// A foreign layer, which by convention is not copied.
        case foreign
        /// Other content in place of a layer: attestations, charts, modules.
        case notALayer = "not-a-layer"
        /// The target had it before, so it was not read.
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
