// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// The numbers and choices of a run.
package struct TransferSettings: Sendable {
    /// Items under way at once between two stores; the others wait in order.
    package var jobs = 32
    package var requests = RequestSettings()
    /// Copy layers that are by convention left where they are.
    package var includesForeignLayers = false
    /// What is copied of what refers to the images.
    package var referrers = ReferrerChoice.none
    /// Put the source's signatures in the place of other ones that the target has under the same tags.
    package var replacesSignatures = false
    /// Items that are signatures and lists of referrers by their tags keep what the target has of its own: a signature stays, a
    /// list is merged.
    package var keepsReferrerTags = false
    /// What is made of content that the target has.
    package var existing = ExistingContent.trusted
    /// Leave a tag alone that exists at the target, whatever it names.
    package var keepsExistingTags = false
    /// Ask the source what it has for a tag that is left alone, to tell what is the same from what was kept.
    package var comparesKeptTags = false
    /// Fetch a source's manifest while the target is asked what it has: for one image, whose round trips are what takes time.
    package var asksBothSidesAtOnce = false
    /// Look what a target has also where a run would take it to have nothing: for a plan.
    package var looksAtEveryTarget = false
    package var pieces = PieceSettings()
    package var ranges = RangeSettings()
    /// Bytes a second that blobs move at, all together; nil: as fast as they can.
    package var bytesPerSecond: Int64?
    /// Bytes of manifests kept for items still to come.
    package var manifestCacheBytes = 32 << 20
    /// Bytes of memory for what a survey keeps of the sources' manifests.
    package var surveyBytes = 512 << 20
    package var bounds = GraphBounds()

    package init() {}

    var copiesReferrers: Bool { referrers.scope != .none }

    /// Whether a target has to be certain of what it has under a name: it is kept, or has a say in what becomes of it.
    func needsCertainty(of selector: ManifestSelector) -> Bool {
        if keepsExistingTags { return true }
        guard case .tag(let tag) = selector else { return false }
        return keeps(tag) || listedSubject(of: tag) != nil
    }

    /// The tag is that of a signature, of which the target keeps its own.
    func keeps(_ tag: Tag) -> Bool { keepsReferrerTags && !replacesSignatures && tag.isSignature }

    /// The manifest whose referrers the tag lists, where the target's own list is merged with.
    func listedSubject(of tag: Tag) -> Digest? { keepsReferrerTags ? tag.listedSubject : nil }
}

/// What a run makes of content that a target has.
package enum ExistingContent: Sendable {
    /// What has the right digest under its name is whole.
    case trusted
    /// Each manifest is read and each blob asked for, below every item; what is missing or damaged is sent.
    case proven
    /// Everything is sent, and nothing asked.
    case ignored
}

extension Set<StoreID> {
    /// Registries known to count pulls (docs.docker.com, "Docker Hub pull usage and limits").
    package static var knownByName: Set<StoreID> { [.registry(.dockerHub)] }
}
