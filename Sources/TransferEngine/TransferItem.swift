package import Content
package import OCI

/// Names a content store within a run; for a registry its host.
package struct StoreID: Hashable, Sendable, CustomStringConvertible {
    package let name: String
    package init(_ name: String) { self.name = name }
    package var description: String { name.displayable }
}

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
    /// Of an index, only the first child for this platform is copied, and takes the index's place.
    package var platform: Platform?

    package init(source: TransferEndpoint, target: TransferEndpoint, platform: Platform? = nil) {
        self.source = source
        self.target = target
        self.platform = platform
    }
}

/// An item's position in the order of submission.
package typealias ItemID = Int

/// Where a failure happened, seen from the copy.
package enum TransferSide: String, Sendable {
    case source
    case target
}

/// A failure with what the store could not know: the side, and how often it was tried.
package struct TransferFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package var cause: ContentFailure
    package var side: TransferSide
    package var attempts: Int
    /// Bytes of a blob that reached the target in this try and stay there.
    package var advanced: Int64 = 0

    package init(_ cause: ContentFailure, side: TransferSide, attempts: Int = 1) {
        self.cause = cause
        self.side = side
        self.attempts = attempts
    }

    package var description: String {
        side.rawValue + ": " + cause.message + (attempts > 1 ? " (\(attempts) attempts)" : "")
    }
}

/// Asks a store for something; a failure gets the store's side.
func asking<Value: Sendable>(
    _ side: TransferSide, _ request: () async throws(ContentFailure) -> Value
) async throws(TransferFailure) -> Value {
    do throws(ContentFailure) { return try await request() } catch { throw TransferFailure(error, side: side) }
}

/// How an item ended.
package enum ItemOutcome: Sendable {
    case copied(Digest)
    /// The target had this digest there already.
    case unchanged(Digest)
    /// The target has something else there, which was left alone as asked.
    ///
    /// - Parameter offered: what the source has; nil where it was not asked, or did not say.
    case kept(Digest, offered: Digest?)
    case failed(TransferFailure)
}

/// What an item did, for the line it gets at the end.
package struct ItemReport: Sendable {
    package var item: ItemID
    package var outcome: ItemOutcome
    package var mediaType: MediaType?
    package var counts = BlobCounts()
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
