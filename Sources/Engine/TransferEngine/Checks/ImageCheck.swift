// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// Looks whether an image, or an index with all its images, is what it says it is; changes nothing.
///
/// Manifests, configs and layers are read against their digests and sizes. What they say of each other is compared as crane does
/// it (go-containerregistry, pkg/v1/validate), and told in crane's words. What images share is read once. Nothing is read again
/// because it is damaged: that is what is looked for.
package struct ImageCheck: Sendable {
    /// The image that is looked at.
    package struct Subject: Sendable {
        package var store: StoreID
        package var selector: ManifestSelector
        /// Of an index, only the image for it; nil: all of the index.
        package var platform: Platform?
        /// What failures call the image.
        package var name: String
        /// False: layers are asked for, not read.
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
        /// A blob from its beginning, whose bytes nobody has verified.
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

    /// What came of it.
    package enum Outcome: Sendable {
        /// The manifest that was named could not be read.
        case unread(ContentFailure)
        /// It could be, and what it has for the platform could not.
        case notChosen(ContentFailure)
        /// An image of Docker's schema 1, of which nothing can be checked.
        case schema1(MediaType)
        case checked(ImageFindings)
    }

    package var settings: RequestSettings
    package var clock: any TransferClock
    package var bounds = GraphBounds()
    /// Told of what is tried again, and of pauses.
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

    /// Looks at the image.
    ///
    /// - Returns: nil where the task was cancelled before the end.
    package func execute(_ subject: Subject, at source: Source) async -> Outcome? {
        let plan = ImageCheckPlan(subject, settings: settings, bounds: bounds, examines: examiner.examines)
        let ended = await PlanDriver(plan, clock: clock) { [troubled] event in
            if let trouble = event.trouble { troubled(trouble) }
        }.run(
            ImageCheckPerformer(source: source, examiner: examiner), asking: [subject.store],
            connections: settings.connectionsPerStore, seenBy: TransferMeter())
        return ended.outcome
    }
}

/// What is wrong with an image, in lines for people.
package struct ImageFindings: Sendable, Hashable {
    /// nil where nothing is.
    package var problem: String?
    /// What is no problem, but worth telling, in order.
    package var remarks: [String] = []
}

/// Looks into layers.
package protocol LayerExaminer: Sendable {
    /// Whether content of this type is a layer that can be looked into.
    func examines(_ type: MediaType) -> Bool

    /// Reads a layer to its end and unpacks it.
    ///
    /// - Throws: what is wrong with the layer's own bytes, or with reading them. What is wrong with the archive inside is a result.
    func examine(_ layer: VerifiedBlob) async throws(ContentFailure) -> ExaminedLayer
}

/// What is inside of a layer whose bytes have the right digest.
package enum ExaminedLayer: Sendable, Hashable {
    case archive(diffID: Digest)
    /// It ends in the middle.
    case cut
    /// It cannot be unpacked.
    case unreadable(packing: String, reason: String)
    /// What is inside breaks the rules of archives.
    case noArchive(reason: String)
}
