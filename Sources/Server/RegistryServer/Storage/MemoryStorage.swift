// SPDX-License-Identifier: Apache-2.0

import NIOCore
package import OCI
import Synchronization

/// A registry's content in memory. It is lost when the process ends. Only the machine's memory limits its size.
package final class MemoryStorage: RegistryStorage {
    private let state = Mutex(State())
    private let clock: RegistryClock
    private let uploadLimit: Int

    /// - Parameter uploadLimit: the maximum number of open sessions.
    package init(clock: RegistryClock = .system, uploadLimit: Int = .max) {
        self.clock = clock
        self.uploadLimit = uploadLimit
    }

    fileprivate struct State {
        var contents: [Digest: MemoryContent] = [:]
        /// The number of repositories in which each content is visible.
        var users: [Digest: Int] = [:]
        var repositories: [Repository: Shelf] = [:]
        var uploads: [UploadKey: MemoryUpload] = [:]
    }

    /// The content of one repository.
    fileprivate struct Shelf {
        var blobs: Set<Digest> = []
        var manifests: [Digest: StoredManifest] = [:]
        var tags: [String: Digest] = [:]
    }

    fileprivate struct UploadKey: Hashable {
        var id: UploadID
        var repository: Repository
    }

    package func exists(_ repository: Repository) -> Bool { state.withLock { $0.repositories[repository] != nil } }

    package func repositories() -> [String] {
        state.withLock { $0.repositories.filter { !$0.value.manifests.isEmpty }.map(\.key.path) }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

// MARK: - Blobs

extension MemoryStorage {
    package func blobSize(_ digest: Digest, in repository: Repository) -> Int64? {
        content(digest, in: repository)?.size
    }

    package func blob(_ digest: Digest, in repository: Repository) -> StoredContent? {
        content(digest, in: repository).map(StoredContent.memory)
    }

    private func content(_ digest: Digest, in repository: Repository) -> MemoryContent? {
        state.withLock { state in
            state.repositories[repository]?.blobs.contains(digest) == true ? state.contents[digest] : nil
        }
    }

    package func mount(_ digest: Digest, from origin: Repository?, into repository: Repository) -> Bool {
        state.withLock { state in
            let isThere =
                origin.map { state.repositories[$0]?.blobs.contains(digest) == true }
                ?? (state.contents[digest] != nil)
            if isThere { state.show(digest, in: repository) }
            return isThere
        }
    }

    package func deleteBlob(_ digest: Digest, in repository: Repository) -> Bool {
        state.withLock { state in
            guard state.repositories[repository]?.blobs.remove(digest) != nil else { return false }
            state.users[digest, default: 1] -= 1
            if state.users[digest] == 0 {
                state.users[digest] = nil
                state.contents[digest] = nil
            }
            return true
        }
    }

    fileprivate func commit(_ content: MemoryContent, as digest: Digest, in repository: Repository) {
        state.withLock { state in
            if state.contents[digest] == nil { state.contents[digest] = content }
            state.show(digest, in: repository)
        }
    }
}

extension MemoryStorage.State {
    fileprivate mutating func show(_ digest: Digest, in repository: Repository) {
        if repositories[repository, default: .init()].blobs.insert(digest).inserted {
            users[digest, default: 0] += 1
        }
    }
}

// MARK: - Uploads

extension MemoryStorage {
    package func beginUpload(in repository: Repository, _ algorithm: Digest.Algorithm) throws -> UploadID {
        let id = UploadID(algorithm)
        let upload = MemoryUpload(algorithm, now: clock.calendar())
        try state.withLock { state in
            guard state.uploads.count < uploadLimit else { throw TooManyUploads() }
            state.uploads[UploadKey(id: id, repository: repository)] = upload
        }
        return id
    }

    package func uploadSize(_ id: UploadID, in repository: Repository) -> Int64? { upload(id, repository)?.size }

    package func writer(for id: UploadID, in repository: Repository) -> (any UploadWriter)? {
        upload(id, repository).map { upload in
            MemoryUploadWriter(upload: upload, lease: upload.takeOver(now: clock.calendar())) {
                [self] content, digest in
                state.withLock { $0.uploads[UploadKey(id: id, repository: repository)] = nil }
                if let content { commit(content, as: digest, in: repository) }
            }
        }
    }

    package func dropUploads(untouchedSince limit: Duration) {
        let dropped = state.withLock { state in
            let old = state.uploads.filter { $0.value.lastTouch < limit }
            for key in old.keys { state.uploads[key] = nil }
            return old.values.map { $0 }
        }
        for upload in dropped { _ = upload.takeOver(now: limit) }
    }

    package func cancelUpload(_ id: UploadID, in repository: Repository) -> Bool {
        let upload = state.withLock { $0.uploads.removeValue(forKey: UploadKey(id: id, repository: repository)) }
        _ = upload?.takeOver(now: clock.calendar())
        return upload != nil
    }

    private func upload(_ id: UploadID, _ repository: Repository) -> MemoryUpload? {
        state.withLock { $0.uploads[UploadKey(id: id, repository: repository)] }
    }
}

/// The bytes of one upload session.
private final class MemoryUpload: Sendable {
    private struct State {
        var content = MemoryContent()
        var hash: ContentHash
        /// The number of the writer that owns the session.
        var lease = 0
        var lastTouch: Duration
    }

    private let state: Mutex<State>

    init(_ algorithm: Digest.Algorithm, now: Duration) {
        state = Mutex(State(hash: ContentHash(algorithm), lastTouch: now))
    }

    /// When a request last opened the session for writing, since 1970.
    var lastTouch: Duration { state.withLock { $0.lastTouch } }

    var size: Int64 { state.withLock { $0.content.size } }

    func takeOver(now: Duration) -> Int {
        state.withLock { state in
            state.lastTouch = now
            state.lease += 1
            return state.lease
        }
    }

    func append(_ bytes: ByteBuffer, lease: Int) throws {
        try state.withLock { state in
            guard state.lease == lease else { throw UploadTakenOver() }
            state.content.append(bytes)
            state.hash.update(bytes)
        }
    }

    func truncate(to size: Int64, lease: Int) throws {
        try state.withLock { state in
            guard state.lease == lease else { throw UploadTakenOver() }
            state.content.truncate(to: size)
            state.hash = state.content.hash(state.hash.algorithm)
        }
    }

    /// Ends every lease. Returns the content if it has this digest, otherwise nil.
    func finish(as digest: Digest, lease: Int) throws -> MemoryContent? {
        try state.withLock { state in
            guard state.lease == lease else { throw UploadTakenOver() }
            state.lease += 1
            let hash =
                state.hash.algorithm == digest.algorithm ? state.hash : state.content.hash(digest.algorithm)
            return hash.digest == digest ? state.content : nil
        }
    }
}

extension MemoryContent {
    fileprivate func hash(_ algorithm: Digest.Algorithm) -> ContentHash {
        var hash = ContentHash(algorithm)
        for slice in slices(0..<size) { hash.update(slice) }
        return hash
    }
}

private struct MemoryUploadWriter: UploadWriter {
    let upload: MemoryUpload
    let lease: Int
    /// Called at the end of the session with the content; nil if its digest differs.
    let end: @Sendable (MemoryContent?, Digest) -> Void

    func size() -> Int64 { upload.size }
    func append(_ bytes: ByteBuffer) throws { try upload.append(bytes, lease: lease) }
    func truncate(to size: Int64) throws { try upload.truncate(to: size, lease: lease) }

    func commit(as digest: Digest) throws -> Bool {
        let content = try upload.finish(as: digest, lease: lease)
        end(content, digest)
        return content != nil
    }
}

// MARK: - Manifests

extension MemoryStorage {
    package func manifest(_ digest: Digest, in repository: Repository) -> StoredManifest? {
        state.withLock { $0.repositories[repository]?.manifests[digest] }
    }

    package func digest(of tag: Tag, in repository: Repository) -> Digest? {
        state.withLock { $0.repositories[repository]?.tags[tag.name] }
    }

    package func put(_ manifest: StoredManifest, tags: [Tag], in repository: Repository) {
        state.withLock { state in
            state.repositories[repository, default: Shelf()].manifests[manifest.digest] = manifest
            for tag in tags { state.repositories[repository]?.tags[tag.name] = manifest.digest }
        }
    }

    package func deleteManifest(_ digest: Digest, in repository: Repository) -> Bool {
        state.withLock { state in
            guard var shelf = state.repositories.removeValue(forKey: repository) else { return false }
            let wasThere = shelf.manifests.removeValue(forKey: digest) != nil
            if wasThere { shelf.tags = shelf.tags.filter { $0.value != digest } }
            state.repositories[repository] = shelf
            return wasThere
        }
    }

    package func deleteTag(_ tag: Tag, in repository: Repository) -> Bool {
        state.withLock { $0.repositories[repository]?.tags.removeValue(forKey: tag.name) != nil }
    }

    package func tags(in repository: Repository) -> [String] {
        state.withLock { $0.repositories[repository]?.tags.keys.map { $0 } ?? [] }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    package func referrers(
        of subject: Digest, in repository: Repository, filling page: ReferrerPage
    ) -> ReferrerPage {
        var page = page
        let manifests = state.withLock {
            $0.repositories[repository]?.manifests.values.filter { $0.subject == subject } ?? []
        }
        for manifest in manifests.sorted(by: { $0.digest < $1.digest }) where page.wants(manifest.digest) {
            guard let referrer = manifest.referrer else { continue }
            guard page.take(referrer) else { break }
        }
        return page
    }
}
