// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// How each target store is asked for blobs, and what its answers teach.

extension TransferMachine {
    func trust(in store: StoreID) -> MountTrust { mounting[store] ?? MountTrust() }

    func sharesBlobs(at store: StoreID) -> Bool { trust(in: store).sharesBlobs }

    /// Whether a blob is asked for only once it is known how; it is taken up again then.
    ///
    /// - Parameter sharing: the blob is in another repository of the store.
    mutating func waitsForTrust(_ place: BlobPlace, _ placement: SharedBlob.Placement, sharing: Bool) -> Bool {
        var trust = trust(in: place.store)
        guard trust.answer == .unknown else { return false }
        if let evidence = trust.evidence, !trust.isProving, trust.isWorthProof(sharing: sharing) {
            trust.isProving = true
            enqueue(.proveMounts(evidence.place, evidence.descriptor), for: placement.owner)
        }
        let waits = trust.isProving || (trust.evidence == nil && ![nil, place].contains(trust.pilot))
        if waits {
            trust.held.append(place)
        } else if trust.evidence == nil, placement.descriptor.size <= MountTrust.largestPilot,
            !rests(placement.sources[0].store)
        {
            trust.pilot = place
        }
        mounting[place.store] = trust
        return waits
    }

    /// A blob is at its place.
    mutating func noteEvidence(_ place: BlobPlace, _ descriptor: Descriptor, isSent: Bool) {
        guard trust(in: place.store).answer == .unknown, trust(in: place.store).evidence?.isSent != true else { return }
        mounting[place.store, default: MountTrust()].evidence = MountTrust.Evidence(
            place: place, descriptor: descriptor, isSent: isSent)
    }

    /// Ends the wait for the first blob, whatever came of it, also where it takes long: the next one may begin.
    mutating func endPilot(_ place: BlobPlace) {
        guard mounting[place.store]?.pilot == place else { return }
        mounting[place.store]?.pilot = nil
        takeUpHeld(at: place.store)
    }

    /// Sources began to rest: nobody waits for a first blob of theirs.
    mutating func endRestingPilots() {
        for pilot in mounting.values.compactMap(\.pilot) {
            guard let source = blobs[pilot.blob]?[pilot.repository]?.sources.first?.store, rests(source) else {
                continue
            }
            endPilot(pilot)
        }
    }

    mutating func mountsProven(_ store: StoreID, _ mounts: Bool) {
        mounting[store]?.isProving = false
        learn(store, mounts: mounts)
    }

    /// The answer is not known. From here on each blob is asked for by HEAD, which is right for every store.
    mutating func proofFailed(_ store: StoreID) {
        mounting[store]?.isProving = false
        if mounting[store, default: MountTrust()].note(mounts: false) { takeUpHeld(at: store) }
    }

    mutating func learn(_ store: StoreID, mounts: Bool) {
        guard mounting[store, default: MountTrust()].note(mounts: mounts) else { return }
        events.append(.mountsLearned(store, mounts))
        takeUpHeld(at: store)
    }

    mutating func learnRefusal(_ store: StoreID) {
        mounting[store, default: MountTrust()].refuse()
        learn(store, mounts: false)
    }

    private mutating func takeUpHeld(at store: StoreID) {
        let held = mounting[store]?.held ?? []
        mounting[store]?.held = []
        for place in held { schedule(place.repository, of: place.blob) }
    }
}
