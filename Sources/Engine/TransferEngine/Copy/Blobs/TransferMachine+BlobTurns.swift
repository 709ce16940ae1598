// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// Which repository of a target is sent the bytes of a blob. The others mount the blob from there.

extension TransferMachine {
    /// Makes sure that a blob gets to the manifest's repository.
    ///
    /// - Returns: whether the manifest has to wait for it.
    @discardableResult
    mutating func requireBlob(_ descriptor: Descriptor, for place: ManifestPlace, _ node: ManifestNode) -> Bool {
        let blob = TargetBlob(store: place.store, digest: descriptor.digest)
        if placedBlobs.has(blob, in: place.repository) { return false }
        nodes.add(.blob(descriptor.digest), to: place)
        if blobs[blob]?[place.repository] != nil {
            blobs[blob]?[place.repository]?.join(place, node.source)
            return true
        }
        events.append(.planned(descriptor, at: place.store))
        blobs[blob, default: SharedBlob()][place.repository] = SharedBlob.Placement(
            repository: place.repository, descriptor: descriptor, sources: [node.source], waiting: [place],
            owner: node.owner, isDoubtful: node.isHealed)
        // Within one store, the blob is mounted from the source's repository first.
        let origin = node.source.repository
        if node.source.store == place.store, origin != place.repository { placedBlobs.note(blob, in: origin) }
        schedule(place.repository, of: blob)
        return true
    }

    /// Begins what can be done for a repository that needs the blob: mounts it, sends it, or lets it wait for another
    /// repository's upload.
    mutating func schedule(_ repository: Repository, of blob: TargetBlob) {
        guard let shared = blobs[blob], let placement = shared[repository], !placement.isUnderWay else { return }
        let place = BlobPlace(store: blob.store, repository: repository, digest: blob.digest)
        let holder = origin(of: blob, for: placement)
        if waitsForTrial(place, holder) { return }
        if settings.existing == .trusted, holder == nil, !placement.isDoubtful, placedBlobs.origin(of: blob) != nil,
            waitsForTrust(place, for: placement.owner)
        {
            return
        }
        if let holder {
            blobs[blob]?[repository]?.isUnderWay = true
            mount(placement, at: place, from: holder)
            return
        }
        if shared.sending == nil, waitsForCopy(place, placement) { return }
        let superseded = superseded(by: placement, shared, at: blob.store)
        if shared.sending == nil || superseded != nil || !sharesBlobs(at: blob.store) {
            blobs[blob]?[repository]?.isUnderWay = true
            if let superseded { blobs[blob]?[superseded]?.wasSuperseded = true }
            if shared.sending == nil || superseded != nil { blobs[blob]?.sending = repository }
            noteSending(place)
            if let placement = blobs[blob]?[repository] { begin(placement, at: place) }
        }
    }

    /// Where to mount a blob from at once. The source itself, if it is in the same store, is tried before it is known whether the
    /// store mounts.
    private func origin(of blob: TargetBlob, for placement: SharedBlob.Placement) -> Repository? {
        guard !placement.isDoubtful, let origin = placedBlobs.origin(of: blob)?.repository, sharesBlobs(at: blob.store)
        else { return nil }
        let trust = trust(in: blob.store)
        let isOwn = placement.sources.contains(RepositoryPlace(store: blob.store, repository: origin))
        return isOwn && trust.mayTryToShare || trust.answer == .mounts ? origin : nil
    }

    /// Mounts the blob from where an earlier run saw it, or sends it.
    private mutating func begin(_ placement: SharedBlob.Placement, at place: BlobPlace) {
        let usable = hint(for: place)
        let hint = hints.take(place.blob)
        if placement.isDoubtful { return send(placement, to: place, session: nil, isSeen: true) }
        guard let usable else {
            return send(placement, to: place, session: nil, isSeen: hint == place.repository)
        }
        guard !trust(in: place.store).mayTryToShare else {
            return mount(placement, at: place, from: usable, asksFirst: trust(in: place.store).isUntried)
        }
        let origin = MountOrigin(repository: usable, basis: .likely)
        send(placement, to: place, session: nil, mountableFrom: origin)
    }

    /// Another repository that an earlier run saw the blob in, if the store may mount it from there.
    private func hint(for place: BlobPlace) -> Repository? {
        let trust = trust(in: place.store)
        guard settings.existing == .trusted, trust.answer != .refuses, trust.sharesBlobs,
            let hint = hints.origin(of: place.blob)?.repository, hint != place.repository
        else { return nil }
        return hint
    }

    private mutating func mount(
        _ placement: SharedBlob.Placement, at place: BlobPlace, from origin: Repository, asksFirst: Bool = false
    ) {
        if trust(in: place.store).isUntried { mounting[place.store, default: MountTrust()].beginTrial() }
        enqueue(.mount(place, placement.descriptor, from: origin, asksFirst: asksFirst), for: placement.owner)
    }

    /// Whether the blob waits for the store's answer to the first mount from another repository, and continues then.
    /// Otherwise a store that does not mount would get a useless mount request, and a request to end the session, for each
    /// blob.
    private mutating func waitsForTrial(_ place: BlobPlace, _ holder: Repository?) -> Bool {
        let trust = trust(in: place.store)
        guard trust.answer == .unknown, trust.trial == .underWay, holder != nil || hint(for: place) != nil else {
            return false
        }
        mounting[place.store]?.waitingPlacements.append(place)
        return true
    }

    /// The repository that was first in line for this blob, if its source is paused and this placement's source is not.
    private func superseded(
        by placement: SharedBlob.Placement, _ shared: SharedBlob, at store: StoreID
    ) -> Repository? {
        guard sharesBlobs(at: store), let sender = shared.sending.flatMap({ shared[$0] }), !sender.isMoving,
            isPaused(sender.sources[0].store), !isPaused(placement.sources[0].store)
        else { return nil }
        return sender.repository
    }

    /// Sources were paused: repositories that wait for bytes from one of them may get them from another source.
    mutating func sendFromUnpausedSources() {
        for blob in Array(blobs.keys) { sendFromUnpausedSource(of: blob) }
    }

    mutating func sendFromUnpausedSource(of blob: TargetBlob) {
        guard let shared = blobs[blob], shared.sending != nil else { return }
        for placement in shared.placements { schedule(placement.repository, of: blob) }
    }

    /// Whether another repository has the bytes or is being sent them. Then this repository waits or mounts as the others
    /// do.
    mutating func yieldsIfSuperseded(_ place: BlobPlace) -> Bool {
        guard blobs[place.blob]?[place.repository]?.wasSuperseded == true else { return false }
        blobs[place.blob]?[place.repository]?.wasSuperseded = false
        blobs[place.blob]?[place.repository]?.isUnderWay = false
        schedule(place.repository, of: place.blob)
        return true
    }

    mutating func note(_ place: BlobPlace, isMoving: Bool) {
        blobs[place.blob]?[place.repository]?.isMoving = isMoving
    }
}
