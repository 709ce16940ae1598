package import OCI
import Synchronization

/// What passes at the moment: bytes, counted where they pass, and blobs under way. Read by whoever draws progress.
package final class TransferMeter: Sendable {
    /// A blob on its way into a repository.
    package final class Passage: Sendable {
        package let blob: Descriptor
        package let store: StoreID
        package let repository: Repository
        private let bytes: Atomic<Int64>

        init(_ blob: Descriptor, to store: StoreID, _ repository: Repository, from offset: Int64) {
            self.blob = blob
            self.store = store
            self.repository = repository
            bytes = Atomic(offset)
        }

        /// Bytes of the blob that have passed so far, with those that the target had before.
        package var moved: Int64 { bytes.load(ordering: .relaxed) }

        fileprivate func add(_ count: Int64) { bytes.add(count, ordering: .relaxed) }
    }

    private struct Open: Sendable {
        var passages: [ObjectIdentifier: Passage] = [:]
        var lanes: (@Sendable () async -> [LaneState])?
    }

    private let moved = Atomic<Int64>(0)
    private let open = Mutex(Open())

    package init() {}

    /// Bytes of blobs handed to targets so far, repeated ones included.
    package var bytesMoved: Int64 { moved.load(ordering: .relaxed) }

    /// The blobs under way, in no order.
    package var passages: [Passage] { open.withLock { Array($0.passages.values) } }

    /// How each store is asked at the moment; empty before the run begins.
    package func lanes() async -> [LaneState] { await open.withLock(\.lanes)?() ?? [] }

    /// - Parameter lanes: asks who decides about requests.
    func watch(_ lanes: @escaping @Sendable () async -> [LaneState]) { open.withLock { $0.lanes = lanes } }

    /// - Parameter offset: bytes that the target has already.
    func begin(_ blob: Descriptor, to store: StoreID, _ repository: Repository, from offset: Int64 = 0) -> Passage {
        let passage = Passage(blob, to: store, repository, from: offset)
        open.withLock { $0.passages[ObjectIdentifier(passage)] = passage }
        return passage
    }

    func add(_ bytes: Int, to passage: Passage) {
        moved.add(Int64(bytes), ordering: .relaxed)
        passage.add(Int64(bytes))
    }

    func end(_ passage: Passage) { open.withLock { $0.passages[ObjectIdentifier(passage)] = nil } }
}

/// How a store is asked at the moment.
package struct LaneState: Sendable, Hashable {
    package var store: StoreID
    /// Requests under way.
    package var inFlight: Int
    /// How many may be at once, as the store's answers have taught.
    package var limit: Int

    package init(_ store: StoreID, inFlight: Int, limit: Int) {
        self.store = store
        self.inFlight = inFlight
        self.limit = limit
    }
}
