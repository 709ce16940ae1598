// SPDX-License-Identifier: Apache-2.0

import OCI

// Blobs whose way is divided into several requests.
//
// A request that moves a blob occupies a place in the lanes of both stores for all of its round trips, although it uses
// one store at a time. A small blob takes hardly more time than its round trips. So one request reads it, which needs only
// the source's lane, and another one stores it, which needs only the target's. If one of them fails, the next try moves
// the blob by a single request.

extension TransferMachine {
    /// Whether the target is asked for a blob before there is room to move it.
    ///
    /// When a run begins, the source's lane is full of manifests, and the target's lane is empty. The first answers show
    /// whether the target lacks what this run copies. A blob that takes much longer than the question is not worth one.
    mutating func asksEarly(_ upload: BlobUpload) -> Bool {
        guard upload.question == .head, upload.session == nil, !upload.isSeen, isBetweenRegistries(upload),
            upload.descriptor.size <= Self.largestBeginning
        else { return false }
        let connections = settings.requests.connectionsPerStore
        return relays[upload.place.store, default: BlobRelays()].asksEarly(over: connections)
    }

    mutating func blobAbsent(_ upload: BlobUpload, for item: ItemID) {
        var upload = upload
        (upload.isAbsent, upload.question) = (true, .none)
        relays[upload.place.store, default: BlobRelays()].answered(found: false)
        enqueue(move(upload), for: item)
        for manifest in blobs[upload.place.blob]?[upload.place.repository]?.waiting ?? []
        where nodes.needs(.blob(upload.place.digest), manifest) {
            beginningKnown(of: manifest, isOld: false)
        }
    }

    /// The first request that moves a blob.
    func move(_ upload: BlobUpload) -> CopyRequest { mayBeRelayed(upload) ? .fetchBlob(upload) : .upload(upload) }

    private func mayBeRelayed(_ upload: BlobUpload) -> Bool {
        upload.descriptor.size <= LaneUse.largestSmallBlob && upload.descriptor.inlineContent == nil
            && isBetweenRegistries(upload) && upload.session == nil && !upload.isSeen
            && (upload.origin == nil || upload.origin?.basis == .guess)
    }

    private func isBetweenRegistries(_ upload: BlobUpload) -> Bool {
        upload.source.store.isRegistry && upload.place.store.isRegistry
    }

    /// Whether a blob that may be relayed is read now, before the target opens a session for it.
    ///
    /// If the target has the blob, it is read in vain. So the target must lack it, or must have lacked the last blobs that it
    /// was asked for.
    private func isRelayed(_ upload: BlobUpload) -> Bool {
        let relays = relays[upload.place.store, default: BlobRelays()]
        let isLacking = upload.question == .none && upload.origin == nil
        return (isLacking || relays.expectsAbsence) && relays.underWay < mostRelays && !isPaused(upload.place.store)
    }

    /// As many as the two lanes can have in flight.
    private var mostRelays: Int { 2 * settings.requests.connectionsPerStore }

    /// Decides what is sent for a request whose turn it is.
    ///
    /// - Returns: nil if the request waits in another line, or for an answer.
    mutating func prepared(_ queued: Queued<CopyRequest>) -> CopyRequest? {
        switch queued.request {
        case .fetchBlob(let upload):
            if isRelayed(upload) { return queued.request }
            putBack(queued, as: .upload(upload))
            return nil
        case .upload(let upload):
            if queued.attempt == 1, mayBeRelayed(upload), isRelayed(upload) {
                putBack(queued, as: .fetchBlob(upload))
                return nil
            }
            return prepared(upload, for: queued).map { .upload($0) }
        case .storeBlob(let upload, let blob): return prepared(upload, for: queued).map { .storeBlob($0, blob) }
        default: return queued.request
        }
    }

    private mutating func putBack(_ queued: Queued<CopyRequest>, as request: CopyRequest) {
        var queued = queued
        queued.request = request
        requests.putBack(queued)
    }

    // MARK: - Counting

    mutating func noteBegin(_ request: CopyRequest) {
        switch request {
        case .fetchBlob(let upload):
            relays[upload.place.store, default: BlobRelays()].underWay += 1
            note(upload.place, isMoving: true)
        case .upload(let upload): note(upload.place, isMoving: true)
        default: break
        }
    }

    mutating func noteEnd(_ request: CopyRequest, _ answer: CopyAnswer) {
        switch (request, answer) {
        case (.fetchBlob, .blob): break
        case (.fetchBlob(let upload), _), (.storeBlob(let upload, _), _): endRelay(upload)
        case (.upload(let upload), _): note(upload.place, isMoving: false)
        default: break
        }
    }

    /// A request was taken that is not needed any more.
    mutating func drop(_ queued: Queued<CopyRequest>) {
        if case .storeBlob(let upload, _) = queued.request { endRelay(upload) }
        requests.drop(queued)
    }

    private mutating func endRelay(_ upload: BlobUpload) {
        relays[upload.place.store]?.underWay -= 1
        note(upload.place, isMoving: false)
    }
}
