// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// How a blob is sent, and what follows from the answers.

extension TransferMachine {
    /// - Parameter isSeen: an earlier run saw the blob there, so the target is asked by HEAD, which every store can answer.
    mutating func send(
        _ placement: SharedBlob.Placement, to place: BlobPlace, session: UploadSession?, isSeen: Bool = false,
        mountableFrom hint: MountOrigin? = nil
    ) {
        let upload = upload(placement, to: place, session: session, isSeen: isSeen, mountableFrom: hint)
        enqueue(asksEarly(upload) ? .findBlob(upload) : move(upload), for: placement.owner)
    }

    private func upload(
        _ placement: SharedBlob.Placement, to place: BlobPlace, session: UploadSession?, isSeen: Bool = false,
        mountableFrom hint: MountOrigin? = nil
    ) -> BlobUpload {
        let origin = placement.isDoubtful || session != nil ? nil : hint ?? furtherOrigin(of: placement, at: place)
        var upload = BlobUpload(
            place: place, descriptor: placement.descriptor, source: placement.sources[0], session: session,
            question: placement.isDoubtful ? .read : question(for: place, isSeen: isSeen, origin),
            isSeen: isSeen || placement.isDoubtful, origin: origin, image: firstImage(of: placement))
        upload.isAfterMount = session != nil
        return upload
    }

    private func question(for place: BlobPlace, isSeen: Bool, _ origin: MountOrigin?) -> PresenceQuestion {
        switch settings.existing {
        case .trusted: isSeen ? .head : trust(in: place.store).question(before: origin)
        case .proven: .read
        case .ignored: .none
        }
    }

    /// A repository that a store may mount from although it is not known to mount: one that has a manifest with the blob,
    /// the source in the same store, or one with the name of the source's repository.
    private func furtherOrigin(of placement: SharedBlob.Placement, at place: BlobPlace) -> MountOrigin? {
        let trust = trust(in: place.store)
        guard trust.sharesBlobs, let origin = placedBlobs.origin(of: place.blob) else {
            return guess(placement, at: place)
        }
        if trust.answer == .refuses, origin.isReferenced {
            return MountOrigin(repository: origin.repository, basis: .certain)
        }
        let isOwn = placement.sources.contains(RepositoryPlace(store: place.store, repository: origin.repository))
        return isOwn ? MountOrigin(repository: origin.repository, basis: .likely) : nil
    }

    /// Most mirrors keep repository names. If this copy changes the name, an earlier copy may have kept it.
    private func guess(_ placement: SharedBlob.Placement, at place: BlobPlace) -> MountOrigin? {
        let copy = copies[place.digest]
        guard settings.existing == .trusted, let source = placement.sources.first(where: { $0 != copy }),
            source.store.isRegistry, source.store != place.store, source.repository != place.repository
        else { return nil }
        return MountOrigin(repository: source.repository, basis: .guess)
    }

    private func firstImage(of placement: SharedBlob.Placement) -> UploadingImage? {
        placement.waiting.lazy.compactMap { place in
            nodes[place]?.manifest.map { UploadingImage(place: place, manifest: $0) }
        }.first
    }

    /// - Parameter wasAskedFirst: the repository does not have the blob by HEAD.
    mutating func mountAnswered(
        _ place: BlobPlace, from origin: Repository, _ result: CopyAnswer, wasAskedFirst: Bool
    ) {
        defer { endTrial(at: place.store) }
        switch result {
        case .present: placed(place, .present)
        case .session(let session, let refused):
            // A hint of an earlier run may be out of date, and a blob that no manifest lists yet may not be mountable: only a
            // repository that has both says something about the store.
            let best = placedBlobs.origin(of: place.blob)
            let isFair = best?.isReferenced == true && best?.repository == origin
            if refused {
                learnRefusal(place.store)
            } else if isFair {
                mounting[place.store, default: MountTrust()].noteMiss()
            }
            guard let placement = blobs[place.blob]?[place.repository] else { return }
            var upload = upload(placement, to: place, session: session)
            if wasAskedFirst { upload.question = .none }
            enqueue(.upload(upload), for: placement.owner)
        default:
            mounting[place.store, default: MountTrust()].noteShared()
            placed(place, .mounted)
        }
    }

    /// The mount request failed for good. The blob may still be sent.
    mutating func mountFailed(_ place: BlobPlace, from origin: Repository, _ failure: TransferFailure) {
        defer { endTrial(at: place.store) }
        guard let placement = blobs[place.blob]?[place.repository] else { return }
        if [.denied, .notFound].contains(failure.cause.kind) || !placedBlobs.has(place.blob, in: origin) {
            send(placement, to: place, session: nil)
        } else {
            give(up: place, failure)
        }
    }

    mutating func uploadFinished(_ upload: BlobUpload, _ result: CopyAnswer) {
        let store = upload.place.store
        if !upload.isAbsent || result.isFound {
            relays[store, default: BlobRelays()].answered(found: result.isFound)
        }
        switch result {
        case .present:
            // The blob is there, but the store did not mount it. It opens a session for every mount request.
            if upload.isAfterMount, !trust(in: store).hasShared { learn(store, mounts: false) }
            placed(upload.place, .present)
        case .mounted:
            noteMounted(from: upload.origin, at: store)
            placed(upload.place, .mounted)
        case .sent(let refused, let resumedAt):
            if refused { learnRefusal(store) }
            if upload.origin?.basis == .certain, resumedAt == nil { mounting[store, default: MountTrust()].noteMiss() }
            if let resumedAt {
                events.append(
                    .uploadResumed(upload.descriptor, from: resumedAt, at: upload.place.store, upload.place.repository))
            }
            placed(upload.place, .sent, sentBefore: resumedAt ?? 0)
        default: preconditionFailure("a result of another kind of work")
        }
    }

    private mutating func noteMounted(from origin: MountOrigin?, at store: StoreID) {
        if let origin, origin.basis == .guess {
            mounting[store, default: MountTrust()].noteGuess(origin.repository)
        } else {
            mounting[store, default: MountTrust()].noteShared()
        }
    }

    /// Tries another source where there is one. Otherwise every manifest that waits for these bytes fails.
    mutating func uploadFailed(_ upload: BlobUpload, _ failure: TransferFailure) {
        let (place, blob) = (upload.place, upload.place.blob)
        guard failure.side == .source else { return give(up: place, failure) }
        if failure.cause.kind == .inconsistent, let image = upload.image {
            return imageFailed(image.place, sending: upload, failure)
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

    /// The blob does not match this image's description. Only this image fails, because other images may describe the blob
    /// correctly.
    private mutating func imageFailed(_ image: ManifestPlace, sending upload: BlobUpload, _ failure: TransferFailure) {
        let place = upload.place
        blobs[place.blob]?[place.repository]?.waiting.removeAll { $0 == image }
        if nodes.needs(.blob(place.digest), image) { fail(image, failure) }
        guard keepIfWanted(place), let placement = blobs[place.blob]?[place.repository] else { return }
        send(placement, to: place, session: nil)
    }
}
