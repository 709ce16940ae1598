// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import OCI

/// Moves a blob's bytes: asks the target for a session, opens the source, and streams the bytes through a hash.
struct BlobMover: Sendable {
    let stores: RunStores
    let clock: any TransferClock
    let meter: TransferMeter
    let ledger: UploadLedger
    let pieces: PieceSettings
    let splits: SplitGate
    /// nil: no rate limit.
    let pacer: BytePacer?
    /// nil: only size and digest are verified.
    let inspection: RunInspection?

    /// - Throws: also with `advanced`, where part of the blob is at the target and the next try can go on there.
    func move(_ upload: BlobUpload) async throws(TransferFailure) -> CopyAnswer {
        var upload = upload
        if let open = ledger.openUpload(at: upload.place) {
            await cancelUnused(upload)
            upload.session = nil
            if let resumed = try await resume(open, upload) { return resumed }
        }
        if [.head, .read].contains(upload.question),
            try await has(upload.descriptor, at: upload.place, asking: upload.question)
        {
            await cancelUnused(upload)
            return .present
        }
        if let session = upload.session { return try await send(upload, into: session, mountRefused: false) }
        return switch try await admit(upload) {
        case .present: upload.question == .mount ? .present : .mounted
        case .session(let session, let refused): try await send(upload, into: session, mountRefused: refused)
        }
    }

    func has(
        _ descriptor: Descriptor, at place: BlobPlace, asking question: PresenceQuestion
    ) async throws(TransferFailure) -> Bool {
        do throws(ContentFailure) {
            let (target, repository) = (target(place), place.repository)
            return question == .read
                ? try await target.canRead(descriptor, in: repository)
                : try await target.hasBlob(descriptor, in: repository)
        } catch {
            if error.saysNothingOfContent { return false }
            // A registry that has lost a blob's file answers so for ever (distribution does).
            if question == .read, error.saysReadingFails { return false }
            throw TransferFailure(error, side: .target)
        }
    }

    private func admit(_ upload: BlobUpload) async throws(TransferFailure) -> BlobAdmission {
        let place = upload.place
        if upload.question == .mount { return try await admit(upload.descriptor, to: place, from: place.repository) }
        guard let origin = upload.origin, origin.basis == .guess else {
            return try await admit(upload.descriptor, to: place, from: upload.origin?.repository)
        }
        return try await asking(.target) { () async throws(ContentFailure) in
            try await target(place).admit(upload.descriptor, to: place.repository, guessing: origin.repository)
        }
    }

    /// Whether the target mounts a blob from a repository into the same repository, which has the blob.
    func mounts(_ descriptor: Descriptor, at place: BlobPlace) async throws(TransferFailure) -> Bool {
        switch try await admit(descriptor, to: place, from: place.repository) {
        case .present: return true
        case .session(let session, _):
            await target(place).cancel(session)
            return false
        }
    }

    private func send(
        _ upload: BlobUpload, into session: UploadSession, mountRefused: Bool
    ) async throws(TransferFailure) -> CopyAnswer {
        if case .pieces(let size) = plan(upload, session), let target = target(upload.place) as? any PiecewiseTarget {
            let mark = BlobMark(beginning: upload.descriptor)
            ledger.keep(.init(session: session, hash: mark.hash), at: upload.place)
            try await send(PieceUpload(blob: upload, target: target, size: size), into: session, from: mark)
        } else {
            try await sendWhole(upload, into: session)
        }
        return .sent(mountRefused: mountRefused, resumedAt: nil)
    }

    func admit(
        _ descriptor: Descriptor, to place: BlobPlace, from origin: Repository?
    ) async throws(TransferFailure) -> BlobAdmission {
        try await asking(.target) { () async throws(ContentFailure) in
            try await target(place).admit(descriptor, to: place.repository, from: origin)
        }
    }

    func plan(_ upload: BlobUpload, _ session: UploadSession) -> PiecePlan {
        PiecePlan(
            size: upload.descriptor.size, session: session,
            habits: target(upload.place).uploadHabits(for: upload.place.repository), settings: pieces)
    }

    func target(_ place: BlobPlace) -> any ContentTarget { stores.target(place.store) }

    // MARK: - In one request

    private func sendWhole(
        _ upload: BlobUpload, into session: UploadSession
    ) async throws(TransferFailure) {
        let bytes: VerifiedBlob
        let passage = begin(upload, from: 0)
        var isDone = false
        defer { meter.end(passage, at: clock.now, isDone: isDone) }
        do throws(ContentFailure) {
            let look = try await inspection(of: upload)
            let stream = try await source(upload, from: 0)
            bytes = VerifiedBlob(stream, expecting: upload.descriptor, inspection: look) { [meter] in
                meter.add($0, to: passage)
            }
        } catch {
            await target(upload.place).cancel(session)
            throw TransferFailure(error, side: .source)
        }
        do throws(ContentFailure) {
            try await target(upload.place).upload(upload.descriptor, into: session, bytes: bytes)
            isDone = true
        } catch {
            throw blame(error, reading: bytes, for: upload)
        }
    }

    /// A failure that the stream recorded is the source's; every other one is the target's.
    func blame(_ failure: ContentFailure, reading bytes: VerifiedBlob, for upload: BlobUpload) -> TransferFailure {
        if let cause = bytes.failure, cause.kind != .cancelled || failure.kind == .aborted {
            return TransferFailure(cause, side: .source)
        }
        var failure = failure
        let habits = target(upload.place).uploadHabits(for: upload.place.repository)
        // The target has just told how much it takes in one request. Pieces of that size may succeed.
        if failure.status == 413, let largest = habits.largestBody, largest < upload.descriptor.size {
            failure.retry = .later
        }
        return TransferFailure(failure, side: .target)
    }

    func begin(_ upload: BlobUpload, from offset: Int64) -> TransferMeter.Passage {
        meter.begin(
            upload.descriptor, from: upload.source.store, to: upload.place.store, upload.place.repository,
            offset: offset, at: clock.now)
    }

    func source(_ upload: BlobUpload, from offset: Int64) async throws(ContentFailure) -> BlobStream {
        if let inline = upload.descriptor.inlineContent, offset == 0 {
            return BlobStream(buffers: [ByteBuffer(bytes: inline)])
        }
        let store = stores.source(upload.source.store)
        if offset == 0, let known = try await inspection?.bytes(of: upload, from: store) { return known }
        let origin = BlobOrigin(
            descriptor: upload.descriptor, repository: upload.source.repository, store: store, clock: clock,
            policy: upload.policy)
        let whole = try await ResumingBlob(origin, range: offset..<upload.descriptor.size)
        // A run with a rate limit does not need several streams.
        if let pacer { return BlobStream(PacedBytes(base: BlobStream(whole), pacer: pacer)) }
        return BlobStream(SplittingBlob(whole: whole, stream: splits.enter(upload.source.store)))
    }

    func inspection(of upload: BlobUpload) async throws(ContentFailure) -> (any BlobInspection)? {
        try await inspection?.inspection(of: upload, from: stores.source(upload.source.store))
    }

    /// Ends the sessions that will not be continued. Sends all requests at once, because each may be slow.
    func finish(ending sessions: [(store: StoreID, session: UploadSession)]) async {
        let abandoned = ledger.takeAbandoned().map { (store: $0.0.store, session: $0.1) }
        await withTaskGroup(of: Void.self) { group in
            for (store, session) in abandoned + sessions {
                group.addTask { [stores] in await stores.target(store).cancel(session) }
            }
        }
    }
}

extension ContentFailure {
    /// The question itself was refused. The credentials may allow writing but not reading.
    var saysNothingOfContent: Bool { [.denied, .unauthorized, .unsupported].contains(kind) }

    /// The store tried to read content and failed. A gateway's answer that the store is unreachable does not count.
    fileprivate var saysReadingFails: Bool { status == 500 || kind == .corrupt }
}
