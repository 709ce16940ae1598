// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// An event of a run. Events come in the order in which things happened.
///
/// The enum is indirect because thousands of events may wait for a slow reader. The largest has about 600 bytes; most need
/// a tenth of that.
package indirect enum TransferEvent: Sendable {
    case itemStarted(ItemID)
    /// The manifest that an item names has been read at the source. Later failures concern content below it.
    case rootFetched(Digest, item: ItemID)
    /// More of an item's graph is known: a repository of the store needs this blob, too.
    case planned(Descriptor, at: StoreID)
    /// Everything that needed a blob in a repository of the store has failed. The blob is no longer needed there.
    case givenUp(Descriptor, at: StoreID)
    /// - bytes: bytes of the blob that this run sent, mounted or found there. For an upload that an earlier run had begun,
    ///   only the rest.
    case blobPlaced(BlobOutcome, Descriptor, bytes: Int64, at: StoreID, Repository)
    /// An upload that an earlier run had begun was continued from this byte on. Only the target has verified the bytes
    /// before it, at the end.
    case uploadResumed(Descriptor, from: Int64, at: StoreID, Repository)
    /// A choice of platforms gave this manifest.
    case chosen(Digest, by: IndexChoice)
    /// A target turned out to mount blobs, or not to.
    case mountsLearned(StoreID, Bool)
    case manifestStored(ManifestSelector, Digest, size: Int, at: StoreID, Repository, item: ItemID)
    /// A stored manifest was added to the list of its subject's referrers, at a target that does not keep such lists
    /// itself.
    case referrerListed(ReferrerListing, at: StoreID, Repository, item: ItemID)
    /// The target already had the item's manifest at its tag or digest.
    case manifestExisted(Digest, item: ItemID)
    /// A target has its own signature under a tag where the source has another one. The target's signature was kept.
    case signatureKept(Tag, Digest, instead: Digest, at: StoreID, Repository, item: ItemID)
    /// The number of referrers of the item's manifest whose types are not wanted.
    case referrersLeft(Int, item: ItemID)
    case foreignLayerSkipped(Descriptor, item: ItemID)
    case retrying(TransferFailure, after: Duration, item: ItemID)
    /// A store is paused. If a pause is extended, a further event reports how much longer it is.
    case paused(StoreID, for: StorePause, because: PauseReason)
    /// A source tag named another manifest when it was read than when it was first resolved. The manifest that was read is
    /// copied.
    case tagMoved(SourceTag, from: Digest, to: Digest)
    case itemFinished(ItemReport)
}

/// The list of referrers that names a manifest, at a target that does not keep such lists itself.
package struct ReferrerListing: Sendable, Hashable {
    /// The tag that the list is stored under.
    package var tag: Tag
    /// The digest of the list.
    package var digest: Digest
    /// Bytes of the list.
    package var size: Int
    /// True if the manifest was not on the list before.
    package var isNew: Bool

    package init(tag: Tag, digest: Digest, size: Int, isNew: Bool) {
        self.tag = tag
        self.digest = digest
        self.size = size
        self.isNew = isNew
    }
}

/// Receives events in order, one at a time. It may be slow: requests continue meanwhile, and only new items wait when
/// thousands of events wait.
package protocol TransferObserver: Sendable {
    func receive(_ event: TransferEvent) async
}

/// An observer that never waits for anything. An asynchronous call takes as long as most observers need for an event, so
/// several of these are called without one.
package protocol ImmediateObserver: TransferObserver {
    func receive(_ event: TransferEvent)
}
