// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// The numbers and choices of a run.
package struct TransferSettings: Sendable {
    /// The number of items under way at once between two stores. The others wait in order.
    package var jobs = 32
    package var requests = RequestSettings()
    /// Copies foreign layers, too, which by convention are not copied.
    package var includesForeignLayers = false
    /// Which referrers of the images are copied.
    package var referrers = ReferrerChoice.none
    /// Replaces the target's signatures by the source's signatures under the same tags.
    package var replacesSignatures = false
    /// For items whose tags are those of signatures and lists of referrers, keeps the target's own content: a signature
    /// stays, a list is merged.
    package var keepsReferrerTags = false
    /// How content that the target has is treated.
    package var existing = ExistingContent.trusted
    /// Keeps every tag that exists at the target, whatever it names.
    package var keepsExistingTags = false
    /// Asks the source what it has for a kept tag, so that unchanged items can be distinguished from kept ones.
    package var comparesKeptTags = false
    /// Fetches a source's manifest while the target is asked what it has. Useful for a single image, where round trips take
    /// most of the time.
    package var asksBothSidesAtOnce = false
    /// Asks every target what it has, even if a run would assume that it has nothing. Used by dry runs.
    package var looksAtEveryTarget = false
    package var pieces = PieceSettings()
    package var ranges = RangeSettings()
    /// The limit for all blobs together, in bytes per second; nil: no limit.
    package var bytesPerSecond: Int64?
    /// Bytes of memory for manifests that are kept for later items.
    package var manifestCacheBytes = 32 << 20
    /// Bytes of memory for what a survey keeps of the sources' manifests.
    package var surveyBytes = 512 << 20
    package var bounds = GraphBounds()

    package init() {}

    var copiesReferrers: Bool { referrers.scope != .none }

    /// Whether the target's answer about a name must be certain, because its content is kept, or decides what happens.
    func needsCertainty(of selector: ManifestSelector) -> Bool {
        if keepsExistingTags { return true }
        guard case .tag(let tag) = selector else { return false }
        return keeps(tag) || listedSubject(of: tag) != nil
    }

    /// Whether the tag is that of a signature, and the target's own signature is kept.
    func keeps(_ tag: Tag) -> Bool { keepsReferrerTags && !replacesSignatures && tag.isSignature }

    /// The manifest whose referrers the tag lists, if the list is merged with the target's own list.
    func listedSubject(of tag: Tag) -> Digest? { keepsReferrerTags ? tag.listedSubject : nil }
}

/// How a run treats content that a target has.
package enum ExistingContent: Sendable {
    /// A manifest with the right digest under its name counts as complete.
    case trusted
    /// Below every item, each manifest is read and each blob is requested. Missing or damaged content is sent.
    case proven
    /// Everything is sent without asking the target first.
    case ignored
}

extension Set<StoreID> {
    /// Registries known to count pulls (docs.docker.com, "Docker Hub pull usage and limits").
    package static var knownByName: Set<StoreID> { [.registry(.dockerHub)] }
}
