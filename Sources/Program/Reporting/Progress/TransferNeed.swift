// SPDX-License-Identifier: Apache-2.0

import Content
@_spi(Lists) import OCI
import TransferEngine

/// How many bytes a copy has to send, computed from its events.
///
/// If several repositories of a store want a blob, it is sent once if the store mounts, and otherwise to each of them.
/// A blob that is already there, or is mounted, need not be sent.
struct TransferNeed: Sendable {
    /// About 70 bytes for each blob of a run, which may have very many blobs.
    private struct Blob: Sendable {
        var size: Int64
        /// Repositories that still want it.
        var wanted: Int32 = 0
        /// The store has it.
        var hasArrived = false

        var need: Need {
            let (product, overflow) = size.multipliedReportingOverflow(by: Int64(wanted))
            return Need(mounting: hasArrived || wanted == 0 ? 0 : size, apart: overflow ? .max : product)
        }
    }

    /// Bytes that still have to be sent, including those under way.
    private struct Need: Sendable {
        /// If a blob is sent once and mounted by all other repositories.
        var mounting: Int64 = 0
        /// If a blob is sent to each repository.
        var apart: Int64 = 0
    }

    private struct Store: Sendable {
        var mounts = true
        var need = Need()

        var open: Int64 { mounts ? need.mounting : need.apart }
    }

    private var stores: [Store] = []
    private var places: [StoreID: Int] = [:]
    /// The store of the latest event, which is usually that of the next one, too. Comparing is cheaper than hashing.
    private var latest: (store: StoreID, place: Int)?
    /// For each blob of a store its place in `blobs`.
    private var slots = DigestSlots()
    private var blobs = Segmented<Blob>()
    /// Bytes of blobs that have been sent.
    private(set) var sent: Int64 = 0
    /// Bytes that still have to be sent, including those under way.
    var open: Int64 { stores.reduce(0) { $0.addingSaturated($1.open) } }

    mutating func plan(_ blob: Descriptor, at store: StoreID) {
        change(blob, store) { $0.wanted &+= 1 }
    }

    /// One repository no longer needs the blob.
    mutating func giveUp(_ blob: Descriptor, at store: StoreID) {
        change(blob, store) { $0.wanted = max(0, $0.wanted - 1) }
    }

    /// - Parameter bytes: the bytes of the blob that this run moved.
    mutating func place(_ outcome: BlobOutcome, _ blob: Descriptor, bytes: Int64, at store: StoreID) {
        if outcome == .sent { sent.add(saturating: bytes) }
        change(blob, store) { entry in
            entry.wanted = max(0, entry.wanted - 1)
            entry.hasArrived = true
        }
    }

    mutating func learn(_ store: StoreID, mounts: Bool) {
        stores[place(of: store)].mounts = mounts
    }

    private mutating func place(of store: StoreID) -> Int {
        if let latest, latest.store == store { return latest.place }
        let place = places[store] ?? stores.count
        if place == stores.count {
            stores.append(Store())
            places[store] = place
        }
        latest = (store, place)
        return place
    }

    private mutating func change(_ descriptor: Descriptor, _ store: StoreID, _ change: (inout Blob) -> Void) {
        let place = place(of: store)
        let slot = slots.findOrAdd(descriptor.digest, UInt32(truncatingIfNeeded: place))
        if slot == blobs.count { blobs.append(Blob(size: max(0, descriptor.size))) }
        let before = blobs[slot].need
        change(&blobs[slot])
        let after = blobs[slot].need
        stores[place].need.mounting.add(saturating: after.mounting - before.mounting)
        stores[place].need.apart.add(saturating: after.apart - before.apart)
    }
}
