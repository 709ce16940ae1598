// SPDX-License-Identifier: Apache-2.0

import Content
package import OCI

/// One end of a copy: a manifest in a repository of a store.
package struct TransferEndpoint: Hashable, Sendable {
    package var store: StoreID
    package var repository: Repository
    package var tag: Tag?
    package var digest: Digest?

    package init(store: StoreID, repository: Repository, tag: Tag?, digest: Digest?) {
        self.store = store
        self.repository = repository
        self.tag = tag
        self.digest = digest
    }
}

extension TransferEndpoint: CustomStringConvertible {
    package var description: String {
        "\(store)/\(repository)" + (digest.map { "@\($0)" } ?? tag.map { ":\($0)" } ?? "")
    }
}

/// One thing to copy: the manifest at `source` with all it reaches, to `target`.
///
/// A source with a digest is copied by it, whatever its tag. A target with a tag gets the tag; one with only a digest
/// must have the digest of what is copied.
package struct TransferItem: Sendable {
    package var source: TransferEndpoint
    package var target: TransferEndpoint
    /// What is wanted of an index; nil: all of it.
    package var platforms: PlatformChoice?

    package init(source: TransferEndpoint, target: TransferEndpoint, platforms: PlatformChoice? = nil) {
        self.source = source
        self.target = target
        self.platforms = platforms
    }
}

extension TransferItem {
    var stores: [StoreID] { [source.store, target.store] }
}

extension Sequence<TransferItem> {
    /// The stores that items go to. Of a million items there are a few: a set that is made of a sequence has room for as many
    /// elements as that.
    package var targetStores: Set<StoreID> { reduce(into: []) { $0.insert($1.target.store) } }
}

/// How an item ended.
package enum ItemOutcome: Hashable, Sendable {
    case copied(Digest)
    /// The target had this digest there already.
    case unchanged(Digest)
    /// The target has something else there, which was left alone as asked.
    ///
    /// - Parameter offered: what the source has; nil where it was not asked, or did not say.
    case kept(Digest, offered: Digest?)
    case failed(TransferFailure)
}

/// What a run returns of an item: how it ended, and what that took.
package struct ItemReport: Sendable {
    package var item: ItemID
    package var outcome: ItemOutcome
    package var mediaType: MediaType?
    /// The source's index, where something else arrived: an image of it, or an index that was made of some.
    package var chosenFrom: Digest?
    /// Its entry for the image that arrived in its place.
    package var chosen: Descriptor?
    package var counts = BlobCounts()
    /// Whether the manifest that the source names was read: what failed after that failed below it.
    package var rootWasRead = false
    /// Manifests that refer to the item's and are of types that are not wanted.
    package var referrersLeft = 0
    /// Tries of the most tried request of this item.
    package var attempts = 1
    package var duration: Duration

    package init(
        item: ItemID, outcome: ItemOutcome, mediaType: MediaType?, counts: BlobCounts, attempts: Int, duration: Duration
    ) {
        self.item = item
        self.outcome = outcome
        self.mediaType = mediaType
        self.counts = counts
        self.attempts = attempts
        self.duration = duration
    }
}

extension ItemReport {
    /// Why the item failed; nil where it did not.
    package var failure: TransferFailure? { if case .failed(let failure) = outcome { failure } else { nil } }
}

/// What happened to blobs, in numbers. A blob several items share counts for the one that first needed it there.
package struct BlobCounts: Sendable, Hashable {
    package var sent = 0
    package var mounted = 0
    package var present = 0
    package var bytesSent: Int64 = 0
    package var bytesMounted: Int64 = 0

    package init() {}

    package static func += (left: inout Self, right: Self) {
        left.sent += right.sent
        left.mounted += right.mounted
        left.present += right.present
        left.bytesSent.add(saturating: right.bytesSent)
        left.bytesMounted.add(saturating: right.bytesMounted)
    }

    mutating func count(_ outcome: BlobOutcome, bytes: Int64) {
        switch outcome {
        case .sent:
            sent += 1
            bytesSent.add(saturating: bytes)
        case .mounted:
            mounted += 1
            bytesMounted.add(saturating: bytes)
        case .present: present += 1
        }
    }
}

/// How a blob came to be in a target repository.
package enum BlobOutcome: Sendable {
    case sent
    case mounted
    case present
}
