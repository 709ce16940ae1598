// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization

// The cost of copying blobs.

extension DryPerformer {
    /// Sends all its requests before it counts anything, because a failed try is repeated and would count again.
    func upload(_ upload: BlobUpload) async throws(TransferFailure) -> CopyAnswer {
        let (place, size) = (upload.place, upload.descriptor.size)
        // There is a session if a mount has failed. Then only a HEAD asks whether the blob is there.
        let asks = !upload.isAbsent && (upload.session == nil || upload.question == .head)
        let isThere = asks ? try await has(upload.descriptor, at: place) : false
        let isMounted = isThere ? false : try await mounts(upload)
        if asks { countQuestion(whetherThereIs: upload.descriptor, at: place, isThere: isThere) }
        guard !isThere else {
            // The session is ended.
            if upload.session != nil { count(place.store) { $0.requests += 1 } }
            return .present
        }
        if upload.question == .head || upload.isAbsent, upload.session == nil {
            count(place.store) { $0.requests += 1 }
        }
        let requests = requests(for: upload.descriptor, at: place)
        guard !isMounted else {
            unmounted(place.store) { $0.add(size: size, requests: requests, from: upload.source.store) }
            return .mounted
        }
        count(upload.source.store) { cost in
            if upload.descriptor.inlineContent == nil { cost.requests += 1 }
            cost.bytesRead.add(saturating: size)
        }
        count(place.store) { cost in
            cost.requests += requests
            cost.bytesWritten.add(saturating: size)
        }
        // A target that does not mount is asked by an additional HEAD.
        if upload.question == .mount { unmounted(place.store) { $0.requests += 1 } }
        ledger.withLock { _ = $0.placed.insert(place) }
        return .sent(mountRefused: false, resumedAt: nil)
    }

    /// Whether the request for a session mounts the blob instead.
    private func mounts(_ upload: BlobUpload) async throws(TransferFailure) -> Bool {
        guard let origin = upload.origin, upload.session == nil, upload.question != .mount else { return false }
        return try await mounts(upload.descriptor, at: upload.place, from: origin)
    }

    /// Counts the run's question whether the target has a blob.
    func countQuestion(whetherThereIs descriptor: Descriptor, at place: BlobPlace, isThere: Bool) {
        count(place.store) { cost in
            cost.requests += 1
            if isThere { cost.bytesPresent.add(saturating: descriptor.size) }
        }
    }

    /// The number of requests to send a blob after its session is open.
    func requests(for descriptor: Descriptor, at place: BlobPlace) -> Int {
        let session = UploadSession(location: "", repository: place.repository)
        let habits = stores.target(place.store).uploadHabits(for: place.repository)
        return
            switch PiecePlan(
                size: descriptor.size, session: session, habits: habits, settings: settings.pieces)
        {
        case .whole: 1
        case .pieces(let size): Int((descriptor.size - 1) / size) + 2
        }
    }

    /// - Parameter asksFirst: whether the blob is there already.
    func mount(
        _ descriptor: Descriptor, to place: BlobPlace, from origin: Repository, for item: ItemID, asksFirst: Bool
    ) async throws(TransferFailure) -> CopyAnswer {
        let isThere = asksFirst ? try await has(descriptor, at: place) : false
        let isMounted = isThere ? false : try await mounts(descriptor, at: place, from: origin)
        if asksFirst { countQuestion(whetherThereIs: descriptor, at: place, isThere: isThere) }
        guard !isThere else { return .present }
        count(place.store) { $0.requests += 1 }
        guard isMounted else {
            return .session(UploadSession(location: "", repository: place.repository), mountRefused: false)
        }
        let requests = requests(for: descriptor, at: place)
        unmounted(place.store) { [items] more in
            more.add(size: descriptor.size, requests: 1 + requests, from: items[item].source.store)
        }
        return .mounted
    }

    /// Whether the target would mount the blob. If so, the blob counts as mounted.
    func mounts(
        _ descriptor: Descriptor, at place: BlobPlace, from origin: Repository
    ) async throws(TransferFailure) -> Bool {
        let source = BlobPlace(store: place.store, repository: origin, digest: place.digest)
        // A blob that was found can show whether the store mounts.
        guard isKnownToMount(place.store) != false, try await has(descriptor, at: source),
            try await mounts(place.store)
        else { return false }
        count(place.store) { $0.bytesMounted.add(saturating: descriptor.size) }
        ledger.withLock { _ = $0.placed.insert(place) }
        return true
    }

    func has(_ descriptor: Descriptor, at place: BlobPlace) async throws(TransferFailure) -> Bool {
        if ledger.withLock({ $0.placed.contains(place) }) { return true }
        let isThere: Bool
        do throws(ContentFailure) {
            isThere = try await stores.target(place.store).hasBlob(descriptor, in: place.repository)
        } catch {
            guard error.saysNothingOfContent else { throw TransferFailure(error, side: .target) }
            isThere = false
        }
        if isThere { ledger.withLock { $0.found[place.store] = (place, descriptor) } }
        return isThere
    }
}
