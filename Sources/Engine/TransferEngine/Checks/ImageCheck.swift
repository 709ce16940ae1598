// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// Checks that an image, or an index with all its images, agrees with its own digests, sizes and descriptions. Changes
/// nothing.
///
/// Manifests, configs and layers are verified against their digests and sizes. What they say of each other is compared as
/// crane does it (go-containerregistry, pkg/v1/validate), and reported in crane's words. Content that images share is read
/// once. Damaged content is not read again, because the check looks for damage.
package struct ImageCheck: Sendable {
    /// The image to check.
    package struct Subject: Sendable {
        package var store: StoreID
        package var selector: ManifestSelector
        /// Checks only the image of an index for this platform. nil: the whole index.
        package var platform: Platform?
        /// The image's name in failures.
        package var name: String
        /// False: layers are requested by HEAD and not read.
        package var readsLayers: Bool

        package init(
            store: StoreID, selector: ManifestSelector, platform: Platform? = nil, name: String, readsLayers: Bool
        ) {
            self.store = store
            self.selector = selector
            self.platform = platform
            self.name = name
            self.readsLayers = readsLayers
        }
    }

    /// Where the image is, within one repository.
    package struct Source: Sendable {
        package var manifest: @Sendable (ManifestSelector) async throws(ContentFailure) -> ManifestContent
        /// Opens a blob from its beginning. Its bytes have not been verified.
        package var blob: @Sendable (Descriptor) async throws(ContentFailure) -> BlobStream
        package var hasBlob: @Sendable (Descriptor) async throws(ContentFailure) -> Bool
        package var allowance: @Sendable () -> PullAllowance?

        package init(
            manifest: @escaping @Sendable (ManifestSelector) async throws(ContentFailure) -> ManifestContent,
            blob: @escaping @Sendable (Descriptor) async throws(ContentFailure) -> BlobStream,
            hasBlob: @escaping @Sendable (Descriptor) async throws(ContentFailure) -> Bool,
            allowance: @escaping @Sendable () -> PullAllowance? = { nil }
        ) {
            self.manifest = manifest
            self.blob = blob
            self.hasBlob = hasBlob
            self.allowance = allowance
        }
    }

    /// The result of a check.
    package enum Outcome: Sendable {
        /// The manifest that was named could not be read.
        case unread(ContentFailure)
        /// The named manifest was read, but not its image for the platform.
        case notChosen(ContentFailure)
        /// An image of Docker's schema 1. Nothing of it can be checked.
        case schema1(MediaType)
        case checked(ImageFindings)
    }

    package var settings: RequestSettings
    package var clock: any TransferClock
    package var bounds = GraphBounds()
    /// Called for each retry and each pause.
    package var troubled: @Sendable (RequestTrouble) -> Void
    package var examiner: any LayerExaminer

    package init(
        settings: RequestSettings, clock: any TransferClock = SystemTransferClock(), examiner: any LayerExaminer,
        troubled: @escaping @Sendable (RequestTrouble) -> Void = { _ in }
    ) {
        self.settings = settings
        self.settings.retry.attemptsOnCorruption = 1
        self.clock = clock
        self.examiner = examiner
        self.troubled = troubled
    }

    /// Checks the image.
    ///
    /// - Returns: nil where the task was cancelled before the end.
    package func execute(_ subject: Subject, at source: Source) async -> Outcome? {
        let plan = ImageCheckPlan(subject, settings: settings, bounds: bounds, examines: examiner.examines)
        let ended = await PlanDriver(plan, clock: clock) { [troubled] event in
            if case .trouble(let trouble) = event { troubled(trouble) }
        }.run(
            ImageCheckPerformer(source: source, examiner: examiner), asking: [subject.store],
            connections: settings.connectionsPerStore, seenBy: TransferMeter())
        return ended.outcome
    }
}

/// The problems of an image, in lines for people.
package struct ImageFindings: Sendable, Hashable {
    /// nil where there is no problem.
    package var problem: String?
    /// Remarks that are not problems, in order.
    package var remarks: [String] = []
}

/// Examines layers.
package protocol LayerExaminer: Sendable {
    /// Whether content of this type is a layer that can be looked into.
    func examines(_ type: MediaType) -> Bool

    /// Reads a layer to its end and unpacks it.
    ///
    /// - Throws: if the layer's own bytes are wrong or cannot be read. A fault of the archive inside is a result.
    func examine(_ layer: VerifiedBlob) async throws(ContentFailure) -> ExaminedLayer
}

/// The content of a layer whose bytes have the right digest.
package enum ExaminedLayer: Sendable, Hashable {
    case archive(diffID: Digest)
    /// The compressed data ends too early.
    case cut
    /// The compressed data cannot be unpacked.
    case unreadable(packing: String, reason: String)
    /// The unpacked data is not a valid archive.
    case noArchive(reason: String)
}
