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

extension TransferEndpoint {
    /// Its repository.
    package var place: RepositoryPlace { RepositoryPlace(store: store, repository: repository) }
}

extension TransferEndpoint: CustomStringConvertible {
    package var description: String {
        "\(store)/\(repository)" + (digest.map { "@\($0)" } ?? tag.map { ":\($0)" } ?? "")
    }
}

/// An item to copy: the manifest at `source`, with everything that it reaches, to `target`.
///
/// If the source has a digest, the digest decides and its tag is ignored. A target with a tag gets the tag. A target with
/// only a digest must name the digest of the copied manifest.
package struct TransferItem: Sendable {
    package var source: TransferEndpoint
    package var target: TransferEndpoint
    /// The wanted platforms of an index; nil: all.
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
    /// The target stores of the items. A million items have only a few. The set is filled one by one, because a set made
    /// from a sequence reserves room for all of its elements.
    package var targetStores: Set<StoreID> { reduce(into: []) { $0.insert($1.target.store) } }
}

/// How an item ended.
package enum ItemOutcome: Hashable, Sendable {
    case copied(Digest)
    /// The target had this digest there already.
    case unchanged(Digest)
    /// The target has another manifest there, which was kept as requested.
    ///
    /// - Parameter offered: the source's digest; nil if the source was not asked, or did not answer.
    case kept(Digest, offered: Digest?)
    case failed(TransferFailure)
}

/// A run's result for one item: its outcome, and the work that was done.
package struct ItemReport: Sendable {
    package var item: ItemID
    package var outcome: ItemOutcome
    package var mediaType: MediaType?
    /// The source's index, if the run copied one image of it, or an index made of some of its images.
    package var chosenFrom: Digest?
    /// The index's entry for the image that was copied instead.
    package var chosen: Descriptor?
    package var counts = BlobCounts()
    /// Whether the manifest that the source names was read. Later failures concern content below it.
    package var rootWasRead = false
    /// The number of referrers of the item's manifest whose types are not wanted.
    package var referrersLeft = 0
    /// The most tries that a request of this item took.
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
    /// Why the item failed; nil if it did not fail.
    package var failure: TransferFailure? { if case .failed(let failure) = outcome { failure } else { nil } }
}

/// Counts of what happened to blobs. A blob that several items share counts for the item that first needed it there.
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

/// How a blob got into a target repository.
package enum BlobOutcome: Sendable {
    case sent
    case mounted
    case present
}
