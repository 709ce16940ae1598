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

    /// - Parameter fetched: the blob's bytes, if they were read before.
    /// - Throws: also with `advanced`, where part of the blob is at the target and the next try can go on there.
    func move(_ upload: BlobUpload, fetched: FetchedBlob? = nil) async throws(TransferFailure) -> CopyAnswer {
        var upload = upload
        if let open = ledger.openUpload(at: upload.place) {
            await cancelUnused(upload)
            upload.session = nil
            if let resumed = try await resume(open, upload) { return resumed }
        }
        return try await begin(upload, fetched)
    }

    private func begin(_ upload: BlobUpload, _ fetched: FetchedBlob?) async throws(TransferFailure) -> CopyAnswer {
        if try await isThere(upload) { return .present }
        guard fetched != nil || opensMeanwhile(upload) else {
            return try await send(upload, as: admission(of: upload))
        }
        async let source = outcome(ofOpening: upload, fetched)
        return try await send(upload, as: admission(of: upload), from: await source)
    }

    /// Reads a small blob. Its digest is verified when it is sent.
    func fetch(_ upload: BlobUpload) async throws(TransferFailure) -> FetchedBlob {
        do {
            var blob = FetchedBlob()
            for try await buffer in try await source(upload, from: 0) {
                // One buffer, because a source may send one byte at a time.
                blob.bytes.writeImmutableBuffer(buffer)
                // A source that sends more than the blob's bytes is found out when they are sent.
                guard blob.bytes.readableBytes <= upload.descriptor.size else { break }
            }
            return blob
        } catch {
            throw TransferFailure(ContentFailure(whileReadingBlob: error), side: .source)
        }
    }

    /// Whether the source is opened while the target opens the session. This saves a round trip, or two where the source
    /// redirects. The target has said that it lacks the blob, and is not asked to mount it.
    private func opensMeanwhile(_ upload: BlobUpload) -> Bool {
        let session = UploadSession(location: "", repository: upload.place.repository)
        return upload.question != .mount && upload.origin == nil && upload.session == nil
            && plan(upload, session) == .whole
    }

    private func isThere(_ upload: BlobUpload) async throws(TransferFailure) -> Bool {
        guard [.head, .read].contains(upload.question),
            try await has(upload.descriptor, at: upload.place, asking: upload.question)
        else { return false }
        await cancelUnused(upload)
        return true
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

    private func admission(of upload: BlobUpload) async throws(TransferFailure) -> BlobAdmission {
        if let session = upload.session { return .session(session, mountRefused: false) }
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

    /// - Parameter source: the source that was opened while the target was asked; nil: it is opened now.
    private func send(
        _ upload: BlobUpload, as admission: BlobAdmission, from source: Result<OpenedSource, ContentFailure>? = nil
    ) async throws(TransferFailure) -> CopyAnswer {
        guard case .session(let session, let mountRefused) = admission else {
            return upload.question == .mount ? .present : .mounted
        }
        if case .pieces(let size) = plan(upload, session), let target = target(upload.place) as? any PiecewiseTarget {
            let mark = BlobMark(beginning: upload.descriptor)
            ledger.keep(.init(session: session, hash: mark.hash), at: upload.place)
            try await send(PieceUpload(blob: upload, target: target, size: size), into: session, from: mark)
        } else {
            try await sendWhole(upload, into: session, from: source)
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
        _ upload: BlobUpload, into session: UploadSession, from source: Result<OpenedSource, ContentFailure>?
    ) async throws(TransferFailure) {
        let bytes: VerifiedBlob
        let passage = begin(upload, from: 0)
        var isDone = false
        defer { meter.end(passage, at: clock.now, isDone: isDone) }
        do throws(ContentFailure) {
            let source = if let source { try source.get() } else { try await open(upload, nil) }
            bytes = VerifiedBlob(
                source.bytes, expecting: upload.descriptor, inspection: source.inspection
            ) { [meter] in meter.add($0, to: passage) }
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

    /// A blob that can be read from its source.
    private struct OpenedSource: Sendable {
        var bytes: BlobStream
        var inspection: (any BlobInspection)?
    }

    private func open(_ upload: BlobUpload, _ fetched: FetchedBlob?) async throws(ContentFailure) -> OpenedSource {
        let look = try await inspection(of: upload)
        let bytes = if let fetched { BlobStream(buffers: [fetched.bytes]) } else { try await source(upload, from: 0) }
        return OpenedSource(bytes: bytes, inspection: look)
    }

    private func outcome(
        ofOpening upload: BlobUpload, _ fetched: FetchedBlob?
    ) async -> Result<OpenedSource, ContentFailure> {
        do throws(ContentFailure) { return .success(try await open(upload, fetched)) } catch { return .failure(error) }
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
