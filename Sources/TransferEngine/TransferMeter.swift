import Synchronization

/// Bytes that have passed, counted where they pass and read by whoever draws progress.
package final class TransferMeter: Sendable {
    private let moved = Atomic<Int64>(0)

    package init() {}

    /// Bytes of blobs handed to targets so far, repeated ones included.
    package var bytesMoved: Int64 { moved.load(ordering: .relaxed) }

    func add(_ bytes: Int) { moved.add(Int64(bytes), ordering: .relaxed) }
}
