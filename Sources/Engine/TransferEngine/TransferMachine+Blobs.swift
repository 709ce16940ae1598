// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// A blob that repositories of one target store still need.
struct SharedBlob: Sendable {
    /// The repository that is being sent the bytes; the others wait for it.
    var sending: Repository?
    /// Repositories that still need it, in the order they asked.
    var placements: [Placement] = []

    struct Placement: Sendable {
        var repository: Repository
        var descriptor: Descriptor
        /// Where the bytes can come from, the next to try first.
        var sources: [SourcePlace]
        var waiting: [ManifestPlace]
        var owner: ItemID
        /// Mounting or sending, no longer waiting.
        var isUnderWay = false
        /// Its bytes are on their way.
        var isMoving = false
        /// The target said once that it has it, and then that it does not: it is mounted from nowhere, and its bytes are asked for.
        var isDoubtful = false
        /// Another repository is sent the bytes first, for this one's source rests.
        var gaveWay = false
    }

    subscript(repository: Repository) -> Placement? {
        get { placements.first { $0.repository == repository } }
        set {
            guard let position = placements.firstIndex(where: { $0.repository == repository }) else {
                if let newValue { placements.append(newValue) }
                return
            }
            if let newValue { placements[position] = newValue } else { placements.remove(at: position) }
        }
    }
}

extension TransferMachine {
    /// Makes sure of a blob in the manifest's repository; returns whether the manifest has to wait for it.
    mutating func requireBlob(_ descriptor: Descriptor, for place: ManifestPlace, _ node: ManifestNode) -> Bool {
        let blob = TargetBlob(store: place.store, digest: descriptor.digest)
        if placedBlobs.has(blob, in: place.repository) { return false }
        if blobs[blob]?[place.repository] != nil {
            blobs[blob]?[place.repository]?.join(place, node.source)
            return true
        }
        events.append(.planned(descriptor, at: place.store))
        blobs[blob, default: SharedBlob()][place.repository] = SharedBlob.Placement(
            repository: place.repository, descriptor: descriptor, sources: [node.source], waiting: [place],
            owner: node.owner, isDoubtful: node.isHealed)
        // Within one store the source's own repository is the first to mount from.
        let origin = node.source.repository
        if node.source.store == place.store, origin != place.repository { placedBlobs.note(blob, in: origin) }
        schedule(place.repository, of: blob)
        return true
    }

    /// Begins what can be done for a repository that needs the blob: mount it, send it, or wait for who is sending it.
    mutating func schedule(_ repository: Repository, of blob: TargetBlob) {
        guard let shared = blobs[blob], let placement = shared[repository], !placement.isUnderWay else { return }
        let place = BlobPlace(store: blob.store, repository: repository, digest: blob.digest)
        let holder = origin(of: blob, for: placement)
        if settings.existing == .trusted, holder == nil, !placement.isDoubtful, placedBlobs.origin(of: blob) != nil,
            waitsForTrust(place, for: placement.owner)
        {
            return
        }
        if let holder {
            blobs[blob]?[repository]?.isUnderWay = true
            enqueue(.mount(place, placement.descriptor, from: holder), for: placement.owner)
            return
        }
        if shared.sending == nil, waitsForCopy(place, placement) { return }
        let overtaken = overtaken(by: placement, shared, at: blob.store)
        if shared.sending == nil || overtaken != nil || !sharesBlobs(at: blob.store) {
            blobs[blob]?[repository]?.isUnderWay = true
            if let overtaken { blobs[blob]?[overtaken]?.gaveWay = true }
            if shared.sending == nil || overtaken != nil { blobs[blob]?.sending = repository }
            noteSending(place)
            if let placement = blobs[blob]?[repository] { begin(placement, at: place) }
        }
    }

    /// Where to mount a blob from at once. The source itself, where it is in the same store, is asked also before anything is
    /// known of that.
    private func origin(of blob: TargetBlob, for placement: SharedBlob.Placement) -> Repository? {
        guard !placement.isDoubtful, let origin = placedBlobs.origin(of: blob)?.repository, sharesBlobs(at: blob.store)
        else { return nil }
        let isOwn = placement.sources.contains(SourcePlace(store: blob.store, repository: origin))
        return isOwn || trust(in: blob.store).answer == .mounts ? origin : nil
    }

    /// Asks for the blob where an earlier run saw it, or sends it.
    private mutating func begin(_ placement: SharedBlob.Placement, at place: BlobPlace) {
        let hint = hints.take(place.blob)
        if placement.isDoubtful { return send(placement, to: place, session: nil, isSeen: true) }
        let trust = trust(in: place.store)
        if settings.existing == .trusted, let hint, hint != place.repository, trust.answer != .refuses,
            trust.sharesBlobs
        {
            enqueue(.mount(place, placement.descriptor, from: hint), for: placement.owner)
        } else {
            send(placement, to: place, session: nil, isSeen: hint == place.repository)
        }
    }

    /// Who was to be sent the bytes but waits for a source that rests, while the placement's own source does not.
    private func overtaken(
        by placement: SharedBlob.Placement, _ shared: SharedBlob, at store: StoreID
    ) -> Repository? {
        guard sharesBlobs(at: store), let sender = shared.sending.flatMap({ shared[$0] }), !sender.isMoving,
            rests(sender.sources[0].store), !rests(placement.sources[0].store)
        else { return nil }
        return sender.repository
    }

    /// Sources began to rest: who waits for bytes from one of them may have them from another.
    mutating func sendPastRestingSources() {
        for blob in Array(blobs.keys) { sendPastRestingSource(of: blob) }
    }

    mutating func sendPastRestingSource(of blob: TargetBlob) {
        guard let shared = blobs[blob], shared.sending != nil else { return }
        for placement in shared.placements { schedule(placement.repository, of: blob) }
    }

    /// Another repository is sent the bytes meanwhile, or has them: this one waits or mounts, as any other does.
    mutating func givesWay(_ place: BlobPlace) -> Bool {
        guard blobs[place.blob]?[place.repository]?.gaveWay == true else { return false }
        blobs[place.blob]?[place.repository]?.gaveWay = false
        blobs[place.blob]?[place.repository]?.isUnderWay = false
        schedule(place.repository, of: place.blob)
        return true
    }

    mutating func note(_ place: BlobPlace, isMoving: Bool) {
        blobs[place.blob]?[place.repository]?.isMoving = isMoving
    }

    /// - Parameter isSeen: an earlier run saw it there, so that it is asked for in the way that all stores can answer.
    private mutating func send(
        _ placement: SharedBlob.Placement, to place: BlobPlace, session: UploadSession?, isSeen: Bool = false
    ) {
        enqueue(
            .upload(
                BlobUpload(
                    place: place, descriptor: placement.descriptor, source: placement.sources[0], session: session,
                    question: placement.isDoubtful ? .read : question(for: place, isSeen: isSeen),
                    isSeen: isSeen || placement.isDoubtful,
                    origin: placement.isDoubtful ? nil : furtherOrigin(of: place),
                    image: firstImage(of: placement))),
            for: placement.owner)
    }

    private func question(for place: BlobPlace, isSeen: Bool) -> PresenceQuestion {
        switch settings.existing {
        case .trusted: isSeen ? .head : trust(in: place.store).question
        case .proven: .read
        case .ignored: .none
        }
    }

    /// Where a store that answers HEAD only may mount from all the same: a repository that has a manifest with the blob.
    private func furtherOrigin(of place: BlobPlace) -> Repository? {
        let trust = trust(in: place.store)
        guard trust.answer == .refuses, trust.sharesBlobs, let origin = placedBlobs.origin(of: place.blob),
            origin.isReferenced
        else { return nil }
        return origin.repository
    }

    private func firstImage(of placement: SharedBlob.Placement) -> UploadingImage? {
        placement.waiting.lazy.compactMap { place in
            nodes[place]?.manifest.map { UploadingImage(place: place, manifest: $0) }
        }.first
    }

    // MARK: - Answers

    mutating func mountAnswered(_ place: BlobPlace, from origin: Repository, _ result: CopyAnswer) {
        switch result {
        case .session(let session, let refused):
            // Neither a mere hint that led nowhere says anything about the store, nor a blob that no manifest there lists yet.
            let best = placedBlobs.origin(of: place.blob)
            let isFair = best?.isReferenced == true && best?.repository == origin
            if refused {
                learnRefusal(place.store)
            } else if isFair {
                mounting[place.store, default: MountTrust()].noteMiss()
            }
            guard let placement = blobs[place.blob]?[place.repository] else { return }
            send(placement, to: place, session: session)
        default:
            mounting[place.store, default: MountTrust()].noteShared()
            placed(place, .mounted)
        }
    }

    /// The mount request itself failed for good: the bytes may still be welcome.
    mutating func mountFailed(_ place: BlobPlace, from origin: Repository, _ failure: TransferFailure) {
        guard let placement = blobs[place.blob]?[place.repository] else { return }
        if [.denied, .notFound].contains(failure.cause.kind) || !placedBlobs.has(place.blob, in: origin) {
            send(placement, to: place, session: nil)
        } else {
            give(up: place, failure)
        }
    }

    mutating func uploadFinished(_ upload: BlobUpload, _ result: CopyAnswer) {
        switch result {
        case .present: placed(upload.place, .present)
        case .mounted:
            mounting[upload.place.store, default: MountTrust()].noteShared()
            placed(upload.place, .mounted)
        case .sent(let refused, let resumedAt):
            if refused { learnRefusal(upload.place.store) }
            if upload.origin != nil, resumedAt == nil { mounting[upload.place.store, default: MountTrust()].noteMiss() }
            if let resumedAt {
                events.append(
                    .uploadResumed(upload.descriptor, from: resumedAt, at: upload.place.store, upload.place.repository))
            }
            placed(upload.place, .sent, sentBefore: resumedAt ?? 0)
        default: preconditionFailure("a result of another kind of work")
        }
    }

    /// Another source is tried where there is one; otherwise whoever waits for the same bytes fails with them.
    mutating func uploadFailed(_ upload: BlobUpload, _ failure: TransferFailure) {
        let (place, blob) = (upload.place, upload.place.blob)
        guard failure.side == .source else { return give(up: place, failure) }
        if failure.cause.kind == .inconsistent, let image = upload.image {
            return imageFailed(image.place, upload, failure)
        }
        for placement in blobs[blob]?.placements ?? [] {
            let others = placement.sources.filter { $0 != upload.source }
            if !others.isEmpty {
                blobs[blob]?[placement.repository]?.sources = others
            } else if placement.repository != place.repository, !placement.isUnderWay {
                abandon(placement, of: blob, failure)
            }
        }
        if let placement = blobs[blob]?[place.repository], placement.sources.first != upload.source {
            send(placement, to: place, session: nil)
        } else {
            give(up: place, failure)
        }
    }

    /// The blob is not what this image says it is. The image fails alone; others may say something else.
    private mutating func imageFailed(_ image: ManifestPlace, _ upload: BlobUpload, _ failure: TransferFailure) {
        let place = upload.place
        blobs[place.blob]?[place.repository]?.waiting.removeAll { $0 == image }
        fail(image, failure)
        guard keepIfWanted(place), let placement = blobs[place.blob]?[place.repository] else { return }
        send(placement, to: place, session: nil)
    }

    // MARK: - Ends

    /// - Parameter sentBefore: bytes that an earlier run had sent: they are none of this one's.
    private mutating func placed(_ place: BlobPlace, _ outcome: BlobOutcome, sentBefore: Int64 = 0) {
        let blob = place.blob
        guard let placement = blobs[blob]?[place.repository] else { return }
        blobs[blob]?[place.repository] = nil
        placedBlobs.note(blob, in: place.repository)
        noteEvidence(place, placement.descriptor, isSent: outcome == .sent)
        if outcome != .present { states[placement.owner].hasWritten = true }
        if outcome == .sent { noteCopy(place) }
        let bytes = max(0, placement.descriptor.size - sentBefore)
        states[placement.owner].counts.count(outcome, bytes: bytes)
        events.append(.blobPlaced(outcome, placement.descriptor, bytes: bytes, at: place.store, place.repository))
        release(place)
        for manifest in placement.waiting {
            beginningKnown(of: manifest, isOld: outcome == .present)
            dependencyDone(manifest)
        }
    }

    private mutating func give(up place: BlobPlace, _ failure: TransferFailure) {
        if let placement = blobs[place.blob]?[place.repository] { abandon(placement, of: place.blob, failure) }
        release(place)
    }

    private mutating func abandon(
        _ placement: SharedBlob.Placement, of blob: TargetBlob, _ failure: TransferFailure
    ) {
        blobs[blob]?[placement.repository] = nil
        events.append(.givenUp(placement.descriptor, at: blob.store))
        for manifest in placement.waiting { fail(manifest, failure) }
    }

    /// Whoever waited for this repository's upload goes on.
    private mutating func release(_ place: BlobPlace) {
        if blobs[place.blob]?.sending == place.repository {
            blobs[place.blob]?.sending = nil
            endSending(place)
        }
        let waiting = blobs[place.blob]?.placements ?? []
        if waiting.isEmpty { blobs[place.blob] = nil }
        for placement in waiting { schedule(placement.repository, of: place.blob) }
    }

    /// Drops a blob none of whose manifests is wanted any more.
    mutating func keepIfWanted(_ place: BlobPlace) -> Bool {
        guard let placement = blobs[place.blob]?[place.repository] else { return false }
        let wanted = placement.waiting.filter { nodes[$0] != nil }
        if wanted.isEmpty {
            blobs[place.blob]?[place.repository] = nil
            events.append(.givenUp(placement.descriptor, at: place.store))
            release(place)
        } else {
            blobs[place.blob]?[place.repository]?.waiting = wanted
        }
        return !wanted.isEmpty
    }
}

extension SharedBlob.Placement {
    fileprivate mutating func join(_ manifest: ManifestPlace, _ source: SourcePlace) {
        // One that failed and was begun anew waits already.
        if !waiting.contains(manifest) { waiting.append(manifest) }
        if !sources.contains(source) { sources.append(source) }
    }
}
