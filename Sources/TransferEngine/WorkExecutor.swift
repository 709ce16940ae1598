import Content
import NIOCore
import OCI

/// Carries out works: the only part of the engine that touches stores. Every failure gets its side here.
struct WorkExecutor: Sendable {
    let stores: @Sendable (StoreID, TransferSide) -> any ContentTarget
    let clock: any TransferClock
    let meter: TransferMeter
    /// nil: size and digest are all that is looked at.
    let inspection: RunInspection?

    func perform(_ work: Work) async -> WorkResult {
        do throws(TransferFailure) {
            return try await carryOut(work.task)
        } catch {
            return .failed(error)
        }
    }

    private func carryOut(_ task: WorkTask) async throws(TransferFailure) -> WorkResult {
        switch task {
        case .probeTarget(let store, let repository, let selector):
            .summary(
                try await at(.target) { () async throws(ContentFailure) in
                    try await stores(store, .target).summary(of: selector, in: repository)
                })
        case .resolveTag(let tag):
            .summary(
                try await at(.source) { () async throws(ContentFailure) in
                    try await stores(tag.store, .source).summary(of: .tag(tag.tag), in: tag.repository)
                })
        case .fetchManifest(let store, let repository, let selector):
            .manifest(
                try await at(.source) { () async throws(ContentFailure) in
                    try await stores(store, .source).manifest(selector, in: repository)
                })
        case .mount(let place, let descriptor, let holder):
            try await admit(descriptor, to: place, from: holder).result
        case .upload(let upload): try await move(upload)
        case .storeManifest(let place, let content, let mediaType, let selector):
            try await store(content, mediaType, place, selector)
        case .cancelSession(let store, let session):
            await cancel(session, at: store)
        }
    }

    private func at<Value: Sendable>(
        _ side: TransferSide, _ request: () async throws(ContentFailure) -> Value
    ) async throws(TransferFailure) -> Value {
        do throws(ContentFailure) { return try await request() } catch { throw TransferFailure(error, side: side) }
    }

    private func store(
        _ content: ManifestContent, _ mediaType: MediaType, _ place: ManifestPlace, _ selector: ManifestSelector
    ) async throws(TransferFailure) -> WorkResult {
        let target = stores(place.store, .target)
        try await inspection?.conclude(content, in: place.repository, of: target)
        return try await at(.target) { () async throws(ContentFailure) in
            try await target.put(content, as: mediaType, at: selector, in: place.repository)
            return .stored
        }
    }

    private func cancel(_ session: UploadSession, at store: StoreID) async -> WorkResult {
        await stores(store, .target).cancel(session)
        return .stored
    }

    private func admit(
        _ descriptor: Descriptor, to place: BlobPlace, from origin: Repository?
    ) async throws(TransferFailure) -> BlobAdmission {
        try await at(.target) { () async throws(ContentFailure) in
            try await stores(place.store, .target).admit(descriptor, to: place.repository, from: origin)
        }
    }

    // MARK: - Bytes

    /// Asks for a session, opens the source, and lets the bytes through, hashed.
    private func move(_ upload: BlobUpload) async throws(TransferFailure) -> WorkResult {
        let place = upload.place
        var mountRefused = false
        let session: UploadSession
        if let given = upload.session {
            session = given
        } else {
            let origin = upload.asksForPresence ? place.repository : nil
            switch try await admit(upload.descriptor, to: place, from: origin) {
            case .present: return .present(mountRefused: false)
            case .session(let opened, let refused): (session, mountRefused) = (opened, refused)
            }
        }
        let bytes = try await open(upload, orCancel: session)
        try await send(bytes, upload.descriptor, into: session, at: place.store)
        return .sent(mountRefused: mountRefused)
    }

    private func open(
        _ upload: BlobUpload, orCancel session: UploadSession
    ) async throws(TransferFailure) -> VerifiedBlob {
        let descriptor = upload.descriptor
        do throws(ContentFailure) {
            let store = stores(upload.source.store, .source)
            let blobInspection = try await inspection?.inspection(of: upload, from: store)
            let stream =
                if let inline = descriptor.inlineContent {
                    BlobStream(buffers: [ByteBuffer(bytes: inline)])
                } else if let known = try await inspection?.bytes(of: upload, from: store) {
                    known
                } else {
                    BlobStream(
                        try await ResumingBlob(
                            descriptor: descriptor, repository: upload.source.repository, store: store, clock: clock))
                }
            return VerifiedBlob(stream, expecting: descriptor, inspection: blobInspection) { [meter] in meter.add($0) }
        } catch {
            await stores(upload.place.store, .target).cancel(session)
            throw TransferFailure(error, side: .source)
        }
    }

    /// A failure the stream recorded is the source's; every other one is the target's.
    private func send(
        _ bytes: VerifiedBlob, _ descriptor: Descriptor, into session: UploadSession, at store: StoreID
    ) async throws(TransferFailure) {
        do throws(ContentFailure) {
            try await stores(store, .target).upload(descriptor, into: session, bytes: bytes)
        } catch {
            if let failure = bytes.failure, failure.kind != .cancelled || error.kind == .aborted {
                throw TransferFailure(failure, side: .source)
            }
            throw TransferFailure(error, side: .target)
        }
    }
}

extension BlobAdmission {
    fileprivate var result: WorkResult {
        switch self {
        case .present: .present(mountRefused: false)
        case .session(let session, let refused): .session(session, mountRefused: refused)
        }
    }
}
