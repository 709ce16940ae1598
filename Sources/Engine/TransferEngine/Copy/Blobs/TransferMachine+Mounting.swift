// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// How each target store is asked for blobs, and what its answers say of the store.

extension TransferMachine {
    func trust(in store: StoreID) -> MountTrust { mounting[store] ?? MountTrust() }

    func sharesBlobs(at store: StoreID) -> Bool { trust(in: store).sharesBlobs }

    /// Whether a blob, which another repository of the store has, waits until it is known whether the store mounts. It
    /// continues then.
    mutating func waitsForTrust(_ place: BlobPlace, for item: ItemID) -> Bool {
        guard isProving(place.store, sharing: true, for: item) else { return false }
        mounting[place.store]?.waitingPlacements.append(place)
        return true
    }

    /// Decides how the target of an upload that is about to begin is asked for the blob, from what is known so far.
    ///
    /// - Returns: nil if the upload waits for an answer that saves a request. It continues then.
    mutating func prepared(_ upload: BlobUpload, for queued: Queued<CopyRequest>) -> BlobUpload? {
        var upload = upload
        if upload.session == nil, takesSpareSession(upload), let spare = takeSpareSession(for: upload.place) {
            upload.session = spare
            if upload.question == .mount { upload.question = .head }
        }
        if settings.existing == .trusted, upload.session == nil, !upload.isSeen {
            guard let question = question(for: upload, queued) else { return nil }
            upload.question = question
        }
        return upload
    }

    /// - Returns: nil if the upload waits for an answer that saves a request.
    private mutating func question(
        for upload: BlobUpload, _ queued: Queued<CopyRequest>
    ) -> PresenceQuestion? {
        if upload.isAbsent { return PresenceQuestion.none }
        guard !isProving(upload.place.store, sharing: false, for: queued.item) else {
            mounting[upload.place.store]?.waitingUploads.append(queued)
            return nil
        }
        return trust(in: upload.place.store).question(before: upload.origin)
    }

    /// Whether the upload uses a session that is already open. This saves a request, but not for a large blob that may be
    /// mounted.
    private func takesSpareSession(_ upload: BlobUpload) -> Bool {
        guard let origin = upload.origin else { return true }
        return origin.basis == .guess && upload.descriptor.size <= Self.largestBeginning
    }

    /// Whether a store is being asked whether it mounts. It is asked now if this is not known and there is a blob to ask
    /// with.
    ///
    /// - Parameter sharing: the next blob is in another repository of the store.
    private mutating func isProving(_ store: StoreID, sharing: Bool, for item: ItemID) -> Bool {
        if let evidence = mounting[store]?.beginProof(sharing: sharing) {
            enqueue(.proveMounts(evidence.place, evidence.descriptor), for: item)
        }
        return mounting[store].map { $0.answer == .unknown && $0.isProving } ?? false
    }

    /// A blob is in its repository. It can be used to find out whether the store mounts.
    mutating func noteEvidence(_ place: BlobPlace, _ descriptor: Descriptor, isSent: Bool) {
        guard trust(in: place.store).answer == .unknown, trust(in: place.store).evidence?.isSent != true else { return }
        mounting[place.store, default: MountTrust()].evidence = MountTrust.Evidence(
            place: place, descriptor: descriptor, isSent: isSent)
    }

    mutating func mountsProven(_ store: StoreID, _ mounts: Bool) {
        mounting[store]?.isProving = false
        learn(store, mounts: mounts)
    }

    /// The question failed. From now on the store is asked for each blob by HEAD, which is right for every store.
    mutating func proofFailed(_ store: StoreID) {
        mounting[store]?.isProving = false
        if mounting[store, default: MountTrust()].note(mounts: false) { resumeWaiting(at: store) }
    }

    /// The first mount from another repository was answered, or failed.
    mutating func endTrial(at store: StoreID) {
        guard mounting[store]?.trial == .underWay else { return }
        mounting[store]?.endTrial()
        resumeWaiting(at: store)
    }

    mutating func learn(_ store: StoreID, mounts: Bool) {
        guard mounting[store, default: MountTrust()].note(mounts: mounts) else { return }
        events.append(.mountsLearned(store, mounts))
        resumeWaiting(at: store)
    }

    mutating func learnRefusal(_ store: StoreID) {
        mounting[store, default: MountTrust()].refuse()
        learn(store, mounts: false)
    }

    private mutating func resumeWaiting(at store: StoreID) {
        let (placements, uploads) = (mounting[store]?.waitingPlacements ?? [], mounting[store]?.waitingUploads ?? [])
        mounting[store]?.waitingPlacements = []
        mounting[store]?.waitingUploads = []
        for place in placements { schedule(place.repository, of: place.blob) }
        for upload in uploads { requests.putBack(upload) }
    }
}
