// SPDX-License-Identifier: Apache-2.0

import Content
import DequeModule
import OCI

/// The manifests of the sources, and the requesters of those being fetched. A manifest is fetched once while the cache has
/// room for it.
struct ManifestCache: Sendable {
    struct Key: Hashable {
        var store: StoreID
        var digest: Digest
    }

    /// A request to one repository. Each waiter knows a repository that has the manifest, which may be another one.
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
    /// Tags that are read in place of a digest which a HEAD had named for them, with that digest.
    var tagReads: [SourceTag: Digest] = [:]

    init(limit: Int) { self.limit = limit }

    subscript(store: StoreID, digest: Digest) -> Result<ParsedManifest, ContentFailure>? {
        manifests[Key(store: store, digest: digest)]
    }

    /// Parses a manifest and keeps it. Drops the oldest ones above the limit.
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

    // MARK: - Fetches

    /// The digest that a request fetches; nil if only the answer will tell.
    func digest(of selector: ManifestSelector, at place: RepositoryPlace) -> Digest? {
        switch selector {
        case .digest(let digest): digest
        case .tag(let tag): tagReads[SourceTag(store: place.store, repository: place.repository, tag: tag)]
        }
    }

    /// Items whose root is being fetched from this repository.
    func items(waitingFor digest: Digest, from place: RepositoryPlace) -> [ItemID] {
        let waiting = fetches[Key(store: place.store, digest: digest)]?.waiting ?? []
        return waiting.compactMap { waiter in
            guard waiter.repository == place.repository, case .item(let item) = waiter.requester else { return nil }
            return item
        }
    }

    /// Removes these items from those that wait for the manifest.
    mutating func stopWaiting(_ items: [ItemID], for key: Key) {
        fetches[key]?.waiting.removeAll { waiter in
            if case .item(let item) = waiter.requester { items.contains(item) } else { false }
        }
    }

    /// Bytes of memory, by `mallinfo2` around 3,000 manifests of each kind (Swift 6.3, glibc 2.36): the text and what was
    /// understood of it take 3.8 to 4.5 times the text, and each manifest 800 to 1,500 bytes of the tables besides.
    static func cost(of content: ManifestContent) -> Int { 1_200 + content.bytes.count * 9 / 2 }
}

/// What a manifest was requested for.
enum ManifestRequester: Sendable {
    case item(ItemID)
    case child(ManifestPlace)
}
