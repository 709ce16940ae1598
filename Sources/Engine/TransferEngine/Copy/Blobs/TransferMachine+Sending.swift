// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// How a blob is sent, and what follows from the answers.

extension TransferMachine {
    /// - Parameter isSeen: an earlier run saw the blob there, so the target is asked by HEAD, which every store can answer.
    mutating func send(
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

    /// A repository that a store may mount from although it refuses the question whether it has a blob: one that has a manifest
    /// with the blob.
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

    mutating func mountAnswered(_ place: BlobPlace, from origin: Repository, _ result: CopyAnswer) {
        switch result {
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
            send(placement, to: place, session: session)
        default:
            mounting[place.store, default: MountTrust()].noteShared()
            placed(place, .mounted)
        }
    }

    /// The mount request failed for good. The blob may still be sent.
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

    /// The blob is not what this image says. Only this image fails: other images may say something else of the blob.
    private mutating func imageFailed(_ image: ManifestPlace, sending upload: BlobUpload, _ failure: TransferFailure) {
        let place = upload.place
        blobs[place.blob]?[place.repository]?.waiting.removeAll { $0 == image }
        fail(image, failure)
        guard keepIfWanted(place), let placement = blobs[place.blob]?[place.repository] else { return }
        send(placement, to: place, session: nil)
    }
}
