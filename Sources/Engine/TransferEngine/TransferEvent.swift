// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// What a run tells while it goes on, in the order things happened.
///
/// Indirect, for thousands may wait for a slow reader, and the largest has some 600 bytes: most need a tenth of it.
package indirect enum TransferEvent: Sendable {
    case itemStarted(ItemID)
    /// The manifest an item names has been read at the source; what fails from here on is below it.
    case rootFetched(Digest, item: ItemID)
    /// An item's graph is known a little further: a repository of the store is to have one blob more.
    case planned(Descriptor, at: StoreID)
    /// Everything that wanted a blob in a repository of the store has failed: it is not to be had there any more.
    case givenUp(Descriptor, at: StoreID)
    /// - bytes: of it, what this run sent or mounted, or found there: of an upload that an earlier run had begun, the rest.
    case blobPlaced(BlobOutcome, Descriptor, bytes: Int64, at: StoreID, Repository)
    /// An upload that an earlier run had begun was continued from this byte on. What was sent before, only the target has
    /// checked, at the end.
    case uploadResumed(Descriptor, from: Int64, at: StoreID, Repository)
    /// A target turned out to mount blobs, or not to.
    case mountsLearned(StoreID, Bool)
    case manifestStored(ManifestSelector, Digest, size: Int, at: StoreID, Repository, item: ItemID)
    /// A manifest that was stored is on the list of what refers to its subject, which the target does not keep itself.
    case referrerListed(ReferrerListing, at: StoreID, Repository, item: ItemID)
    /// The target had what the item wants at its tag or digest.
    case manifestExisted(Digest, item: ItemID)
    /// A target has a signature of its own under the tag where the source has another one; it was left alone.
    case signatureKept(Tag, Digest, instead: Digest, at: StoreID, Repository, item: ItemID)
    /// So many manifests refer to one of the item's, and are of types that are not wanted.
    case referrersLeft(Int, item: ItemID)
    case foreignLayerSkipped(Descriptor, item: ItemID)
    case retrying(TransferFailure, after: Duration, item: ItemID)
    /// Nothing is sent to a store until then. What is told again of a pause that goes on is how much longer it takes.
    case paused(StoreID, for: StorePause, because: PauseReason)
    /// A source tag named another manifest when it was read than when it was first asked for; the one that was read is
    /// copied.
    case tagMoved(SourceTag, from: Digest, to: Digest)
    case itemFinished(ItemReport)
}

/// The list of referrers that names a manifest, at a target that does not keep such lists itself.
package struct ReferrerListing: Sendable, Hashable {
    /// Under which the list stands.
    package var tag: Tag
    /// Of the list.
    package var digest: Digest
    /// Bytes of the list.
    package var size: Int
    /// Whether the manifest was not on it before.
    package var isNew: Bool

    package init(tag: Tag, digest: Digest, size: Int, isNew: Bool) {
        self.tag = tag
        self.digest = digest
        self.size = size
        self.isNew = isNew
    }
}

/// Receives events, in their order, one at a time. It may take its time: requests go on meanwhile, and only new items wait once
/// thousands of events do.
package protocol TransferObserver: Sendable {
    func receive(_ event: TransferEvent) async
}
