// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
import RegistryAuth
import RegistryTransport
import Waiting

// MARK: - Admission

extension RegistryStore {
    package func admit(
        _ descriptor: Descriptor, to repository: Repository, from origin: Repository?
    ) async throws(ContentFailure) -> BlobAdmission {
        guard let origin, origin.isWireSafe else {
            return .session(try await openSession(descriptor, in: repository), mountRefused: false)
        }
        if let admission = try await mount(descriptor, to: repository, from: origin) { return admission }
        return .session(try await openSession(descriptor, in: repository), mountRefused: true)
    }

    /// - Returns: nil if the registry refuses the request for other reasons.
    private func mount(
        _ descriptor: Descriptor, to repository: Repository, from origin: Repository
    ) async throws(ContentFailure) -> BlobAdmission? {
        let question = "?mount=\(descriptor.digest)&from=\(origin)"
        let scopes = ScopeSet(.push(repository), .pull(origin))
        let call = try sessionCall(for: descriptor, in: repository, query: question, scopes: scopes)
        let reply: Reply
        do throws(ContentFailure) { reply = try await self.reply(to: call) } catch {
            // A token service may refuse all scopes because of one (go-containerregistry#1679).
            guard origin != repository, [400, 401, 403, 404].contains(error.status) else { throw error }
            return nil
        }
        switch reply.status {
        case 201: return .present
        case 202: return .session(try await uploadSession(reply, of: call, repository), mountRefused: false)
        // A gateway's answer. It says nothing about mounts.
        case 408, 429, 501...599: throw await session.failure(reply, of: call)
        // The registry's own answer. A plain session may succeed, and so may another mount.
        case 500: return .session(try await openSession(descriptor, in: repository), mountRefused: false)
        case 200...299 where reply.isWebPage: throw await session.failure(reply, of: call)
        default: return nil
        }
    }

    func openSession(
        _ descriptor: Descriptor, in repository: Repository
    ) async throws(ContentFailure) -> UploadSession {
        let call = try sessionCall(
            for: descriptor, in: repository, query: "", scopes: ScopeSet(.push(repository)))
        let reply = try await reply(to: call, expecting: [202])
        return try await uploadSession(reply, of: call, repository)
    }

    func sessionCall(
        for descriptor: Descriptor, in repository: Repository, query: String, scopes: ScopeSet
    ) throws(ContentFailure) -> Call {
        var target = try path(repository, "blobs/uploads/") + query
        if descriptor.digest.algorithm == .sha512 {
            target += (query.isEmpty ? "?" : "&") + "digest-algorithm=sha512"
        }
        var call = Call(.post, .path(target), scopes: scopes, in: repository)
        call.body = .bytes([])
        return call
    }

    func uploadSession(
        _ reply: Reply, of call: Call, _ repository: Repository
    ) async throws(ContentFailure) -> UploadSession {
        let home = try await session.currentEndpoint().origin
        let policy = session.context.transport.policy(for: home)
        do {
            let url = try UploadLocation.resolve(reply.headers["Location"], from: reply.url, policy: policy)
            var opened = UploadSession(location: url.unredacted, repository: repository)
            opened.believe(
                smallestPiece: PieceBounds.smallest(reply.headers), largestPiece: PieceBounds.largest(reply.headers))
            return opened
        } catch {
            throw ContentFailure(.invalid, "\(call.method.rawValue) \(reply.asked): \(error.reason)")
        }
    }
}

// MARK: - Proof

extension RegistryStore {
    /// An opened session proves write access. It is cancelled in the background.
    package func proveWritable(_ repository: Repository) async throws(ContentFailure) {
        guard let opened = try await beginWriting(to: repository) else { return }
        await session.context.backgroundTasks.run { await cancel(opened) }
    }

    package func beginWriting(to repository: Repository) async throws(ContentFailure) -> UploadSession? {
        let nothing = Descriptor(mediaType: .octetStream, digest: ContentHash.digest(of: []), size: 0)
        return try await openSession(nothing, in: repository)
    }
}

// MARK: - Upload

extension RegistryStore {
    package func upload(
        _ descriptor: Descriptor, into session: UploadSession, bytes: VerifiedBlob
    ) async throws(ContentFailure) {
        guard bytes.size == descriptor.size else {
            throw ContentFailure(.invalid, "the bytes at hand are not those of blob \(descriptor.digest.short)")
        }
        do throws(ContentFailure) {
            try await commit(descriptor, into: session, bytes: bytes)
        } catch {
            try await settle(error, of: descriptor, in: session, bytes: bytes)
        }
    }

    private func commit(
        _ descriptor: Descriptor, into upload: UploadSession, bytes: VerifiedBlob
    ) async throws(ContentFailure) {
        let url = try location(of: upload).appending("digest", descriptor.digest.text)
        var call = Call(.put, .url(url), scopes: ScopeSet(.push(upload.repository)), in: upload.repository)
        call.headers = ["Content-Type": "application/octet-stream"]
        call.body = descriptor.size == 0 ? .bytes([]) : .stream(AnyByteStream(bytes), length: descriptor.size)
        call.bodyPrivacy = .hidden(reason: "blob")
        if descriptor.size == 0 { try await Self.drain(bytes) }
        let reply = try await reply(to: call, expecting: [201, 204])
        // Some registries name other algorithms here than the blob was pushed by.
        guard let stored = reply.digest, stored.algorithm == descriptor.digest.algorithm, stored != descriptor.digest
        else {
            return
        }
        throw Self.mismatch(in: reply, wanted: descriptor.digest, found: stored)
    }

    /// Reads the empty stream to its end, so that its verification runs.
    private static func drain(_ bytes: VerifiedBlob) async throws(ContentFailure) {
        do { for try await _ in bytes {} } catch {
            throw bytes.failure ?? ContentFailure(.aborted, "the blob's bytes ended early")
        }
    }

    /// Handles a failed upload: returns the failure, checks whether the blob arrived nevertheless, and leaves no open
    /// session.
    private func settle(
        _ failure: ContentFailure, of descriptor: Descriptor, in upload: UploadSession, bytes: VerifiedBlob
    ) async throws(ContentFailure) {
        if let cause = bytes.failure {
            await cancel(upload)
            var aborted = cause
            aborted.kind = cause.kind == .cancelled ? .cancelled : .aborted
            throw aborted
        }
        session.learn { $0.uploads.learn(from: failure.status, toBodyOf: descriptor.size) }
        guard Self.mayHaveLanded(failure) else {
            await cancel(upload)
            throw failure
        }
        // A commit may succeed although its answer gets lost, so it is never repeated without a check. The blob may also
        // come from an earlier success.
        let hasLanded = (try? await hasBlob(descriptor, in: upload.repository)) == true
        await cancel(upload)
        if !hasLanded { throw Self.ofSession(failure) }
    }

    static func mayHaveLanded(_ failure: ContentFailure) -> Bool {
        switch failure.kind {
        case .unavailable, .stalled: true
        case .cancelled: false
        default: (500...599).contains(failure.status ?? 0) || saysSessionIsLost(failure)
        }
    }

    /// Whether the answer to bytes for a session, or to its commit, means that the session does not exist any more. A
    /// registry that repeats a commit internally answers so although it has the blob; one that lost the bytes answers that
    /// the blob is unknown (jib#4301).
    static func saysSessionIsLost(_ failure: ContentFailure) -> Bool {
        [404, 410].contains(failure.status)
            || !failure.codes.filter { ["BLOB_UPLOAD_UNKNOWN", "BLOB_UNKNOWN"].contains($0) }.isEmpty
    }

    /// The failure of a request to a session. If the session is lost, a retry with a new session may succeed.
    static func ofSession(_ failure: ContentFailure) -> ContentFailure {
        guard saysSessionIsLost(failure), failure.retry == .never else { return failure }
        var failure = failure
        (failure.kind, failure.retry) = (.unavailable, .later)
        return failure
    }

    private static let waitForCancelling = Duration.seconds(3)

    package func cancel(_ upload: UploadSession) async {
        guard let url = try? location(of: upload) else { return }
        let session = session
        let scope = session.known(\.endsUploadsByDelete) ? Scope.delete(upload.repository) : .push(upload.repository)
        let call = Call(.delete, .url(url), scopes: ScopeSet(scope), in: upload.repository)
        // Runs in its own task, because sessions are usually ended when the calling task was cancelled. The wait is
        // limited, because nothing depends on the answer.
        await Task { await Self.end(session, call) }.ended(within: Self.waitForCancelling)
    }

    /// A kept connection may be closed when it is needed, so that the registry never gets the request. The request is
    /// retried at once, because the run may be over and no request machine would retry it. Sending it twice does no harm.
    private static func end(_ session: RegistrySession, _ call: Call) async {
        for _ in 0..<triesToCancel {
            guard let reply = try? await session.reply(to: call) else { continue }
            if !(500...599).contains(reply.status) { return }
        }
    }

    private static let triesToCancel = 3

    func location(of upload: UploadSession) throws(ContentFailure) -> WireURL {
        do { return try WireURL(upload.location) } catch {
            throw ContentFailure(.invalid, "the upload session has no usable location: \(error)")
        }
    }
}
