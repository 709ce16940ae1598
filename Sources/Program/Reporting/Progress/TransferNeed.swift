// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import TransferEngine

/// How many bytes a copy has to send, told from its events.
///
/// A blob that several repositories of a store want is sent once where the store mounts, and to each of them where it does
/// not. What turns out to be there, or is mounted, need not be sent.
struct TransferNeed: Sendable {
    private struct Blob: Sendable {
        var size: Int64
        /// Repositories that still want it.
        var wanted = 0
        /// The store has it.
        var hasArrived = false

        func bytes(mounts: Bool) -> Int64 {
            if mounts { return hasArrived || wanted == 0 ? 0 : size }
            let (product, overflow) = size.multipliedReportingOverflow(by: Int64(wanted))
            return overflow ? .max : product
        }
    }

    private struct Key: Hashable {
        var store: StoreID
        var digest: Digest
    }

    private var blobs: [Key: Blob] = [:]
    private var withoutMounts: Set<StoreID> = []
    /// Bytes of blobs that have been sent.
    private(set) var sent: Int64 = 0
    /// Bytes that have to be sent still, those under way included.
    private(set) var open: Int64 = 0

    mutating func plan(_ blob: Descriptor, at store: StoreID) {
        change(blob, store) { $0.wanted += 1 }
    }

    /// One repository wants it no more.
    mutating func giveUp(_ blob: Descriptor, at store: StoreID) {
        change(blob, store) { $0.wanted = max(0, $0.wanted - 1) }
    }

    /// - Parameter bytes: of the blob, what this run moved.
    mutating func place(_ outcome: BlobOutcome, _ blob: Descriptor, bytes: Int64, at store: StoreID) {
        if outcome == .sent { sent.add(saturating: bytes) }
        change(blob, store) { entry in
            entry.wanted = max(0, entry.wanted - 1)
            entry.hasArrived = true
        }
    }

    mutating func learn(_ store: StoreID, mounts: Bool) {
        guard mounts == withoutMounts.contains(store) else { return }
        if mounts { withoutMounts.remove(store) } else { withoutMounts.insert(store) }
        for (key, blob) in blobs where key.store == store {
            open.add(saturating: blob.bytes(mounts: mounts) - blob.bytes(mounts: !mounts))
        }
    }

    private mutating func change(_ descriptor: Descriptor, _ store: StoreID, _ change: (inout Blob) -> Void) {
        let key = Key(store: store, digest: descriptor.digest)
        let mounts = !withoutMounts.contains(store)
        var blob = blobs[key] ?? Blob(size: max(0, descriptor.size))
        let before = blob.bytes(mounts: mounts)
        change(&blob)
        open.add(saturating: blob.bytes(mounts: mounts) - before)
        blobs[key] = blob
    }
}
