// SPDX-License-Identifier: Apache-2.0

import Content
import DequeModule
import OCI

/// Manifests of the sources, each fetched once while it fits, and who waits for those under way.
struct ManifestCache: Sendable {
    struct Key: Hashable {
        var store: StoreID
        var digest: Digest
    }

    /// Asked for from one repository; whoever waits may know another that has it too.
    struct Fetch: Sendable {
        var repository: Repository
        var waiting: [Waiter]
    }

    struct Waiter: Sendable {
        var requester: ManifestRequester
        var repository: Repository
    }

    private let limit: Int
    private var bytes = 0
    private var manifests: [Key: Result<ParsedManifest, ContentFailure>] = [:]
    private var order: Deque<(key: Key, cost: Int)> = []
    var fetches: [Key: Fetch] = [:]
    /// Tags that are read for the digests that a HEAD had named for them, whose fetches these are.
    var tagReads: [SourceTag: Digest] = [:]

    init(limit: Int) { self.limit = limit }

    subscript(store: StoreID, digest: Digest) -> Result<ParsedManifest, ContentFailure>? {
        manifests[Key(store: store, digest: digest)]
    }

    /// Reads a manifest and keeps it, dropping the oldest ones over the limit.
    mutating func keep(_ content: ManifestContent, of store: StoreID) -> Result<ParsedManifest, ContentFailure> {
        let key = Key(store: store, digest: content.digest)
        if let known = manifests[key] { return known }
        let read = Result { () throws(ContentFailure) in try ParsedManifest(verifiable: content) }
        manifests[key] = read
        order.append((key, Self.cost(of: content)))
        bytes += Self.cost(of: content)
        while bytes > limit, order.count > 1 {
            let dropped = order.removeFirst()
            manifests[dropped.key] = nil
            bytes -= dropped.cost
        }
        return read
    }

    /// Bytes of memory: what was understood of a manifest takes some three times as much as its text.
    private static func cost(of content: ManifestContent) -> Int { 4 * content.bytes.count }
}

/// Who asked for a manifest.
enum ManifestRequester: Sendable {
    case item(ItemID)
    case child(ManifestPlace)
}
