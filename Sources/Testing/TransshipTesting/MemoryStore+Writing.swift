// SPDX-License-Identifier: Apache-2.0

package import Content
import NIOCore
package import OCI
import Synchronization

/// The store as a target.
extension MemoryStore {
    package func admit(
        _ descriptor: Descriptor, to repository: Repository, from origin: Repository?
    ) async throws(ContentFailure) -> BlobAdmission {
        try await perform(.admit(repository, descriptor.digest, from: origin)) { state in
            if let origin, state.mounts == .works,
                state.links.contains(Link(repository: origin, digest: descriptor.digest))
            {
                state.links.insert(Link(repository: repository, digest: descriptor.digest))
                return .present
            }
            let session = UploadSession(location: "session-\(state.nextSession)", repository: repository)
            state.nextSession += 1
            state.sessions[session.location] = []
            return .session(session, mountRefused: origin != nil && state.mounts == .refused)
        }
    }

    /// The log contains the request as the request for an upload session that it replaces.
    package func admit(
        _ descriptor: Descriptor, to repository: Repository, guessing origin: Repository
    ) async throws(ContentFailure) -> BlobAdmission {
        let (link, guess) = (
            Link(repository: repository, digest: descriptor.digest),
            Link(repository: origin, digest: descriptor.digest)
        )
        let isMounted = state.withLock { state in
            state.guesses.append(origin)
            return state.mounts == .works && state.links.contains(guess)
        }
        guard isMounted else { return try await admit(descriptor, to: repository, from: nil) }
        return try await perform(.admit(repository, descriptor.digest, from: nil)) { state in
            state.links.insert(link)
            return .present
        }
    }

    package func beginWriting(to repository: Repository) async throws(ContentFailure) -> UploadSession? {
        let nothing = Descriptor(mediaType: .octetStream, digest: ContentHash.digest(of: []), size: 0)
        guard case .session(let session, _) = try await admit(nothing, to: repository, from: nil) else { return nil }
        return session
    }

    package func upload(
        _ descriptor: Descriptor, into session: UploadSession, bytes: VerifiedBlob
    ) async throws(ContentFailure) {
        // The session ends, whatever happens.
        defer { state.withLock { $0.sessions[session.location] = nil } }
        try await perform(.upload(session.repository, descriptor.digest)) { state in
            if state.sessions.removeValue(forKey: session.location) == nil {
                state.violations.append("unknown session \(session.location)")
            }
        }
        var content: [UInt8] = []
        do {
            for try await buffer in bytes { content.append(contentsOf: buffer.readableBytesView) }
        } catch {
            throw ContentFailure(.aborted, "the byte stream ended: \(error)")
        }
        let received = content
        state.withLock { state in
            if ContentHash.digest(of: received, descriptor.digest.algorithm) != descriptor.digest {
                state.violations.append("blob \(descriptor.digest.short) was committed with other bytes")
            }
            state.blobs[descriptor.digest] = received
            state.links.insert(Link(repository: session.repository, digest: descriptor.digest))
        }
    }

    package func uploadHabits(for repository: Repository) -> UploadHabits { habits }

    /// Keeps the bytes that arrive, also those of a piece that breaks off.
    package func append(
        _ bytes: BlobStream, length: Int64, to session: UploadSession
    ) async throws(ContentFailure) -> UploadSession {
        try await perform(.append(session.repository, offset: session.acknowledged)) { state throws(ContentFailure) in
            guard let received = state.sessions[session.location] else {
                throw ContentFailure(.unavailable, "no such session", retry: .later, codes: ["BLOB_UPLOAD_UNKNOWN"])
            }
            guard received.count == session.acknowledged else {
                throw ContentFailure(.invalid, "out of order", retry: .later, status: 416)
            }
        }
        var count: Int64 = 0
        do {
            for try await buffer in bytes {
                count += Int64(buffer.readableBytes)
                state.withLock { $0.sessions[session.location]?.append(contentsOf: buffer.readableBytesView) }
            }
        } catch {
            throw error as? ContentFailure ?? ContentFailure(.aborted, "the byte stream ended: \(error)")
        }
        guard count == length else { throw ContentFailure(.invalid, "\(count) bytes instead of \(length)") }
        var next = session
        next.acknowledged += length
        return next
    }

    package func progress(of session: UploadSession) async throws(ContentFailure) -> UploadSession? {
        try await perform(.progress(session.repository)) { state in
            state.sessions[session.location].map { received in
                var next = session
                next.acknowledged = Int64(received.count)
                return next
            }
        }
    }

    package func commit(_ descriptor: Descriptor, _ session: UploadSession) async throws(ContentFailure) {
        try await perform(.commit(session.repository, descriptor.digest)) { state throws(ContentFailure) in
            let received = state.sessions.removeValue(forKey: session.location) ?? []
            guard ContentHash.digest(of: received, descriptor.digest.algorithm) == descriptor.digest else {
                throw ContentFailure(.corrupt, "digest", retry: .later, status: 400, codes: ["DIGEST_INVALID"])
            }
            state.blobs[descriptor.digest] = received
            state.links.insert(Link(repository: session.repository, digest: descriptor.digest))
        }
    }

    package func cancel(_ session: UploadSession) async {
        state.withLock { state in
            state.log.append(.cancel(session.repository))
            state.sessions[session.location] = nil
        }
    }

    package func put(
        _ manifest: ManifestContent, as mediaType: MediaType, at selector: ManifestSelector,
        in repository: Repository
    ) async throws(ContentFailure) {
        try await perform(.put(repository, selector)) { state throws(ContentFailure) in
            Self.object(to: manifest, in: repository, &state)
            state.manifests[Link(repository: repository, digest: manifest.digest)] =
                ManifestContent(bytes: manifest.bytes, mediaType: mediaType, digest: manifest.digest)
            if case .tag(let tag) = selector { state.tags[TagName(repository: repository, tag: tag)] = manifest.digest }
        }
    }

    package func put(
        _ manifest: ManifestContent, as mediaType: MediaType, at selector: ManifestSelector, also tags: [Tag],
        in repository: Repository
    ) async throws(ContentFailure) -> [Tag] {
        let tries = state.withLock { state in
            defer { if !tags.isEmpty { state.triesTagsTogether = false } }
            return state.triesTagsTogether && !tags.isEmpty
        }
        if tries { try await put(manifest, as: mediaType, at: .digest(manifest.digest), in: repository) }
        try await put(manifest, as: mediaType, at: selector, in: repository)
        guard setsTagsTogether else { return [] }
        state.withLock { state in
            for tag in tags { state.tags[TagName(repository: repository, tag: tag)] = manifest.digest }
        }
        return tags
    }

    /// Records a violation if a manifest is put before a blob or a child that it refers to.
    private static func object(to content: ManifestContent, in repository: Repository, _ state: inout State) {
        guard let manifest = try? Manifest(content.bytes, contentType: content.mediaType) else { return }
        for blob in manifest.blobs where !blob.mediaType.isNonDistributable {
            let link = Link(repository: repository, digest: blob.digest)
            if !state.links.contains(link) { state.violations.append("manifest before its blob \(blob.digest.short)") }
        }
        for child in manifest.children {
            let link = Link(repository: repository, digest: child.digest)
            if state.manifests[link] == nil, !state.links.contains(link) {
                state.violations.append("index before its child \(child.digest.short)")
            }
        }
    }
}
