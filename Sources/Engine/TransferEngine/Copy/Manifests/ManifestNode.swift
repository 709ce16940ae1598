// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// A manifest on its way into a target repository.
struct ManifestNode: Sendable {
    enum State: Sendable {
        case fetching
        /// For so many blobs, children and answers.
        case waiting(Int)
        case storing
        case present
    }

    /// How much of what a manifest points at is asked for.
    ///
    /// Of an index, only the beginning is asked for until an answer tells whether the target may have all of it. That is one
    /// question instead of hundreds; and where the first child cannot be had, nothing else of the image is fetched.
    enum Reach: Sendable {
        case whole
        /// Its first child, or its first blob.
        case beginning
    }

    /// What an item wants of its root: a tag, or only that the manifest is there.
    struct Goal: Sendable {
        var item: ItemID
        var tag: Tag?

        func isNamed(by selector: ManifestSelector) -> Bool { tag.map(ManifestSelector.tag) == selector }
    }

    var source: SourcePlace
    /// The item that needed it first: its blobs count for that item.
    var owner: ItemID
    var depth: Int
    /// From its parent; nil for a root.
    var descriptor: Descriptor?
    /// Bytes, as the index says; nil for an entry of a list of referrers, which no hash binds.
    var promisedSize: Int64?
    var state = State.fetching
    var manifest: ParsedManifest?
    var goals: [Goal] = []
    var parents: [ManifestPlace] = []
    /// The target once missed content that was believed to be there, and all of it was placed again.
    var isHealed = false
    /// A tag that no item asks for: a signature's, or a list's.
    var extraTag: Tag?
    /// What refers to it is wanted: it is an item's root, or a referrer itself, or referrers of all manifests are wanted.
    var asksReferrers = true
    /// The manifest whose list of referrers this is. It is merged with the target's list under `extraTag`.
    var subject: Digest?
    /// The target had it before the run: only what refers to it is copied.
    var isThere = false
    /// The target was asked for its bytes.
    var isProven = false
    /// How much of what it points at has been asked for.
    var reach = Reach.whole
    /// The target is being asked whether it has it.
    var isSought = false
    /// The target has something of it: it is asked for each child before the child is fetched.
    var mayBeThere = false
    /// Children that have to be at the target before it.
    var children: [ManifestPlace] = []
    /// Those of its blobs that had to be placed.
    var blobs: [Digest] = []
    /// Entries that turned out to be blobs.
    var blobEntries: Set<Digest> = []
    /// Children that only refer to it: it goes to its place without those that cannot be had.
    var referrers: Set<ManifestPlace> = []
    /// Of a list of referrers, the entries that are not at the target before it: they are left out of it.
    var leftOut: Set<Digest> = []
    /// Why something is not there that refers to it or to what is below it, or why that is not known.
    var referrersFailure: TransferFailure?
    /// Further failures of the kind.
    var furtherReferrersFailures = 0
    /// Repositories that were asked for what refers to it.
    var listed: Set<SourcePlace> = []
    /// Those of them that have not answered yet.
    var awaitedLists: Set<SourcePlace> = []

    /// Not all that it needs is known and asked for.
    var isUnread: Bool {
        switch state {
        case .fetching: true
        case .waiting: reach == .beginning
        case .storing, .present: false
        }
    }

    /// It is at the target, or on its way there.
    var isStored: Bool {
        switch state {
        case .storing, .present: true
        case .fetching, .waiting: false
        }
    }
}

extension ManifestNode {
    /// Whether it is stored also without a child that cannot be had: one that refers to it, or an entry of a list of referrers.
    func canDoWithout(_ child: ManifestPlace) -> Bool {
        subject != nil || child.derivedTag != nil || referrers.contains(child)
    }

    mutating func noteReferrers(_ failure: TransferFailure, further: Int = 0) {
        furtherReferrersFailures += further + (referrersFailure == nil ? 0 : 1)
        referrersFailure = referrersFailure ?? failure
    }

    /// The failure of what refers to it as its items tell it.
    var referrersFailureInAll: TransferFailure? {
        guard var failure = referrersFailure else { return nil }
        if furtherReferrersFailures > 0 { failure.cause.message += " (and \(furtherReferrersFailures) more)" }
        return failure
    }

    /// Tags that one request may set besides its own, at most: registries should take ten in a URL (distribution-spec, "Pushing
    /// Manifests").
    private static let mostFurtherTags = 9

    /// The tags that the request for `first` can set as well.
    func furtherTags(besides first: Tag?) -> [Tag] {
        var tags: [Tag] = []
        for case let tag? in goals.map(\.tag) where tag != first && !tags.contains(tag) { tags.append(tag) }
        return Array(tags.prefix(Self.mostFurtherTags))
    }
}
