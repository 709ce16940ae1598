// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// A manifest that is being copied into a target repository.
struct ManifestNode: Sendable {
    enum State: Sendable {
        case fetching
        /// Waits for its needs.
        case waiting
        case storing
        case present
    }

    /// What has to happen before a manifest is stored. Each need is in a set, so that nothing counts twice, and the arrival
    /// of something that only a former copy of the same manifest needed does not count at all.
    enum Need: Hashable, Sendable {
        /// All of its content is requested.
        case requests
        case blob(Digest)
        case child(ManifestPlace)
        /// A repository lists its referrers, and they are requested.
        case referrers(RepositoryPlace)
        /// The index is read at the target, and its entries are looked at.
        case reading
        /// The target returns it.
        case proof
    }

    /// How much of a manifest's content is requested.
    ///
    /// Only the beginning of an index is requested until an answer tells whether the target may have all of it. This is one
    /// question instead of hundreds, and if the first child is unavailable, nothing else of the image is fetched.
    enum Reach: Sendable {
        case whole
        /// The first child, or the first blob.
        case beginning
    }

    /// What an item wants for its root: a tag, or only that the manifest is there.
    struct Goal: Sendable {
        var item: ItemID
        var tag: Tag?

        func isNamed(by selector: ManifestSelector) -> Bool { tag.map(ManifestSelector.tag) == selector }
    }

    var source: RepositoryPlace
    /// The item that needed the manifest first. The manifest's blobs count for that item.
    var owner: ItemID
    var depth: Int
    /// From its parent; nil for a root.
    var descriptor: Descriptor?
    /// Bytes, as the index says; nil for an entry of a list of referrers, which no hash binds.
    var promisedSize: Int64?
    var state = State.fetching
    var needs: Set<Need> = []
    var manifest: ParsedManifest?
    var goals: [Goal] = []
    var parents: [ManifestPlace] = []
    /// The target lacked content that was believed to be there, and all content was placed again.
    var isHealed = false
    /// A tag that no item names: that of a signature or of a list of referrers.
    var extraTag: Tag?
    /// Its referrers at its source are wanted: it is an item's root, it is a referrer itself, or referrers of all manifests
    /// are wanted.
    var asksReferrers = true
    /// The manifest whose list of referrers this is. It is merged with the target's list under `extraTag`.
    var subject: Digest?
    /// The target had the manifest before the run. Only its referrers are copied.
    var isThere = false
    /// The target was asked for its bytes.
    var isProven = false
    /// How much of its content has been requested.
    var reach = Reach.whole
    /// The target is being asked whether it has it.
    var isSought = false
    /// The target has part of the manifest's content, so it is asked for each child before the child is fetched.
    var mayBeThere = false
    /// Children that have to be at the target before it.
    var children: [ManifestPlace] = []
    /// The blobs of the manifest that had to be placed.
    var blobs: [Digest] = []
    /// Entries that turned out to be blobs.
    var blobEntries: Set<Digest> = []
    /// Children that only refer to this manifest. It is stored even if some of them are unavailable.
    var referrers: Set<ManifestPlace> = []
    /// Entries of a list of referrers that are not stored before the list. They are left out of it.
    var leftOut: Set<Digest> = []
    /// Why a referrer of the manifest, or of content below it, is missing or unknown.
    var referrersFailure: TransferFailure?
    /// The number of further failures of this kind.
    var furtherReferrersFailures = 0
    /// Repositories that were asked for its referrers.
    var listed: [RepositoryPlace] = []

    /// The manifest has not been read, or not all of its content has been requested.
    var isUnread: Bool {
        switch state {
        case .fetching: true
        case .waiting: reach == .beginning
        case .storing, .present: false
        }
    }

    var isPresent: Bool { if case .present = state { true } else { false } }

    /// The manifest is at the target, or is being stored.
    var isStored: Bool {
        switch state {
        case .storing, .present: true
        case .fetching, .waiting: false
        }
    }
}

extension ManifestNode {
    /// Where it comes from: first the repository that it is read from.
    var sources: [RepositoryPlace] { [source] + listed.filter { $0 != source } }

    /// Whether the manifest is stored even without this child, because the child is a referrer, or an entry of a list of
    /// referrers.
    func canDoWithout(_ child: ManifestPlace) -> Bool {
        subject != nil || child.derivedTag != nil || referrers.contains(child)
    }

    /// The manifest and its content are at the target. It waits only for what refers to it.
    mutating func keepReferrersOnly() {
        reach = .whole
        children = children.filter(canDoWithout)
        needs = needs.filter { need in
            switch need {
            case .referrers: true
            case .child(let child): canDoWithout(child)
            default: false
            }
        }
    }

    mutating func noteReferrers(_ failure: TransferFailure, further: Int = 0) {
        furtherReferrersFailures += further + (referrersFailure == nil ? 0 : 1)
        referrersFailure = referrersFailure ?? failure
    }

    /// The failure of its referrers, as its items report it.
    var referrersFailureInAll: TransferFailure? {
        guard var failure = referrersFailure else { return nil }
        if furtherReferrersFailures > 0 { failure.cause.message += " (and \(furtherReferrersFailures) more)" }
        return failure
    }

    /// The most tags that one request may set besides its own. Registries should accept ten in a URL (distribution-spec,
    /// "Pushing Manifests").
    private static let mostFurtherTags = 9

    /// The tags that the request for `first` can set as well.
    func furtherTags(besides first: Tag?) -> [Tag] {
        var tags: [Tag] = []
        for case let tag? in goals.map(\.tag) where tag != first && !tags.contains(tag) { tags.append(tag) }
        return Array(tags.prefix(Self.mostFurtherTags))
    }
}
