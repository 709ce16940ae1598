import Content
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
    private var contents: [Key: ManifestContent] = [:]
    private var order: [Key] = []
    var fetches: [Key: Fetch] = [:]

    init(limit: Int) { self.limit = limit }

    subscript(store: StoreID, digest: Digest) -> ManifestContent? { contents[Key(store: store, digest: digest)] }

    /// Keeps a manifest, dropping the oldest ones over the limit.
    mutating func keep(_ content: ManifestContent, of store: StoreID) {
        let key = Key(store: store, digest: content.digest)
        guard contents.updateValue(content, forKey: key) == nil else { return }
        order.append(key)
        bytes += content.bytes.count
        while bytes > limit, order.count > 1, let dropped = contents.removeValue(forKey: order.removeFirst()) {
            bytes -= dropped.bytes.count
        }
    }
}

/// Who asked for a manifest.
enum ManifestRequester: Sendable {
    case item(ItemID)
    case child(ManifestPlace)
}
