// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// One source and several target registries: each blob is read from the source once. The first target that needs it gets it
// from the source, and each further target gets it from a target that has it.

/// A blob that several target stores need, while it is being sent to one of them.
struct FannedBlob: Sendable {
    /// The store that the bytes are sent to from the source.
    var sending: StoreID?
    /// Repositories of other stores that wait for that store.
    var waiting: [BlobPlace] = []
}

extension TransferMachine {
    /// Whether a blob waits until another target store has it. It continues then.
    mutating func waitsForCopy(_ place: BlobPlace, _ placement: SharedBlob.Placement) -> Bool {
        guard fansOut, var fanned = fanOut[place.digest], copies[place.digest] == nil, let store = fanned.sending,
            store != place.store, !isPaused(store)
        else { return false }
        fanned.waiting.append(place)
        fanOut[place.digest] = fanned
        return true
    }

    /// Called before the bytes of a blob are fetched. Takes them from a target that has them, if there is one.
    mutating func noteSending(_ place: BlobPlace) {
        guard fansOut else { return }
        if let copy = copies[place.digest] {
            guard copy.store != place.store, let sources = blobs[place.blob]?[place.repository]?.sources,
                !sources.contains(copy)
            else { return }
            blobs[place.blob]?[place.repository]?.sources.insert(copy, at: 0)
        } else if fanOut[place.digest]?.sending == nil {
            fanOut[place.digest, default: FannedBlob()].sending = place.store
        }
    }

    /// A store has a blob that this run has sent it.
    mutating func noteCopy(_ place: BlobPlace) {
        guard fansOut, copies[place.digest] == nil else { return }
        copies[place.digest] = RepositoryPlace(store: place.store, repository: place.repository)
        endSending(place)
    }

    /// A blob is no longer being sent to a store, whether it arrived or not.
    mutating func endSending(_ place: BlobPlace) {
        guard fanOut[place.digest]?.sending == place.store else { return }
        fanOut[place.digest]?.sending = nil
        takeUpWaiting(for: place.digest)
    }

    /// A target was paused: other targets stop waiting for the blobs that are being sent to it.
    mutating func endWaiting(for store: StoreID) {
        guard fansOut else { return }
        for digest in fanOut.keys where fanOut[digest]?.sending == store { takeUpWaiting(for: digest) }
    }

    private mutating func takeUpWaiting(for digest: Digest) {
        let waiting = fanOut[digest]?.waiting ?? []
        fanOut[digest]?.waiting = []
        if fanOut[digest]?.sending == nil { fanOut[digest] = nil }
        for place in waiting { schedule(place.repository, of: place.blob) }
    }
}
