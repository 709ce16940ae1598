// SPDX-License-Identifier: Apache-2.0

import Files
import NIOCore
package import OCI
import Synchronization

extension DiskStorage {
    /// A session belongs to one repository. Its file name contains a hash of the repository's name.
    struct UploadKey: Hashable {
        var id: UploadID
        var repository: Repository
    }

    package func beginUpload(in repository: Repository, _ algorithm: Digest.Algorithm) async throws -> UploadID {
        let key = UploadKey(id: UploadID(algorithm), repository: repository)
        let upload = DiskUpload(path: uploadPath(key), size: 0, hash: ContentHash(algorithm))
        try uploadCount.withLock { count in
            guard count < uploadLimit else { throw TooManyUploads() }
            count += 1
        }
        do { try Files.create(upload.path, ByteBuffer()) } catch {
            uploadCount.withLock { $0 -= 1 }
            throw error
        }
        uploads.withLock { $0[key] = upload }
        return key.id
    }

    package func uploadSize(_ id: UploadID, in repository: Repository) async throws -> Int64? {
        try upload(UploadKey(id: id, repository: repository))?.size
    }

    package func writer(for id: UploadID, in repository: Repository) async throws -> (any UploadWriter)? {
        let key = UploadKey(id: id, repository: repository)
        guard let upload = try upload(key), let file = try OpenFile.updatable(upload.path) else { return nil }
        return DiskUploadWriter(storage: self, key: key, upload: upload, lease: upload.takeOver(), file: file)
    }

    package func cancelUpload(_ id: UploadID, in repository: Repository) async throws -> Bool {
        let key = UploadKey(id: id, repository: repository)
        _ = try upload(key)?.takeOver()
        forget(key)
        return try removeUpload(uploadPath(key))
    }

    fileprivate func removeUpload(_ path: String) throws -> Bool {
        guard try Files.remove(path) else { return false }
        uploadCount.withLock { $0 -= 1 }
        return true
    }

    package func dropUploads(untouchedSince limit: Duration) async throws {
        try await blocking { [self] in
            for name in try Files.names(in: "\(root)/uploads") where !name.hasSuffix(".new") {
                let path = "\(root)/uploads/\(name)"
                guard let file = try? Files.identity(path), .seconds(file.seconds) < limit else { continue }
                let key = uploads.withLock { uploads in uploads.first { $0.value.path == path }?.key }
                if let key { _ = try upload(key)?.takeOver() }
                _ = try removeUpload(path)
                if let key { forget(key) }
            }
        }
    }

    fileprivate func forget(_ key: UploadKey) { uploads.withLock { $0[key] = nil } }

    /// A session that this process knows, or that an earlier process left.
    private func upload(_ key: UploadKey) throws -> DiskUpload? {
        if let known = uploads.withLock({ $0[key] }) { return known }
        guard let size = try Files.identity(uploadPath(key))?.size else { return nil }
        return uploads.withLock { uploads in
            if let known = uploads[key] { return known }
            let upload = DiskUpload(path: uploadPath(key), size: size, hash: nil)
            uploads[key] = upload
            return upload
        }
    }

    private func uploadPath(_ key: UploadKey) -> String {
        let owner = ContentHash.digest(of: ByteBuffer(string: key.repository.path)).hex.prefix(32)
        return "\(root)/uploads/\(key.id).\(owner)"
    }
}

/// An upload session on disk: its stored size and the hash of the stored bytes.
final class DiskUpload: Sendable {
    let path: String
    private let state: Mutex<State>

    private struct State {
        var size: Int64
        /// nil if this process did not hash the bytes. The file is then read again when the hash is needed.
        var hash: ContentHash?
        var lease = 0
    }

    init(path: String, size: Int64, hash: ContentHash?) {
        self.path = path
        state = Mutex(State(size: size, hash: hash))
    }

    var size: Int64 { state.withLock { $0.size } }

    func takeOver() -> Int {
        state.withLock { state in
            state.lease += 1
            return state.lease
        }
    }

    func append(_ bytes: ByteBuffer, to file: OpenFile, lease: Int) throws {
        try state.withLock { state in
            guard state.lease == lease else { throw UploadTakenOver() }
            try bytes.withUnsafeReadableBytes { try file.write($0, at: state.size) }
            state.size += Int64(bytes.readableBytes)
            state.hash?.update(bytes)
        }
    }

    func truncate(to size: Int64, _ file: OpenFile, lease: Int) throws {
        try state.withLock { state in
            guard state.lease == lease else { throw UploadTakenOver() }
            guard size < state.size else { return }
            try file.truncate(to: size)
            state.size = size
            state.hash = nil
        }
    }

    /// Ends every lease, removes bytes that were written but not counted, and returns the digest of the stored bytes.
    func finish(_ algorithm: Digest.Algorithm, _ file: OpenFile, lease: Int) throws -> Digest {
        try state.withLock { state in
            guard state.lease == lease else { throw UploadTakenOver() }
            state.lease += 1
            try file.truncate(to: state.size)
            if let hash = state.hash, hash.algorithm == algorithm { return hash.digest }
            return try file.hash(algorithm, of: state.size)
        }
    }
}

private struct DiskUploadWriter: UploadWriter {
    let storage: DiskStorage
    let key: DiskStorage.UploadKey
    let upload: DiskUpload
    let lease: Int
    let file: OpenFile

    func size() async throws -> Int64 { upload.size }

    func append(_ bytes: ByteBuffer) async throws {
        try await storage.blocking { try upload.append(bytes, to: file, lease: lease) }
    }

    func truncate(to size: Int64) async throws {
        try await storage.blocking { try upload.truncate(to: size, file, lease: lease) }
    }

    func commit(as digest: Digest) async throws -> Bool {
        try await storage.blocking {
            let found = try upload.finish(digest.algorithm, file, lease: lease)
            storage.forget(key)
            guard found == digest else {
                _ = try storage.removeUpload(upload.path)
                return false
            }
            if storage.synchronized { try file.synchronize() }
            storage.verdicts.record(try file.currentIdentity(), digest, isIntact: true)
            try storage.adopt(upload.path, as: digest, in: key.repository)
            storage.uploadCount.withLock { $0 -= 1 }
            return true
        }
    }
}

extension OpenFile {
    /// Large enough that the system call is cheap compared with the hash, small enough to stay in the processor's
    /// cache.
    private static let blockSize = 256 << 10

    /// The digest of the first `size` bytes. One block is in memory at a time.
    func hash(_ algorithm: Digest.Algorithm, of size: Int64) throws -> Digest {
        var hash = ContentHash(algorithm)
        try forEachBlock(of: size) { block, _ in hash.update(block) }
        return hash.digest
    }

    func copy(to path: String) throws {
        let target = try OpenFile(creating: path, mode: 0o644)
        try forEachBlock(of: size) { block, offset in
            try block.withUnsafeReadableBytes { try target.write($0, at: offset) }
        }
    }

    private func forEachBlock(of size: Int64, _ use: (ByteBuffer, Int64) throws -> Void) throws {
        var offset: Int64 = 0
        while offset < size {
            let block = try read(at: offset, count: Int(min(Int64(Self.blockSize), size - offset)))
            guard block.readableBytes > 0 else { throw FileTooShort() }
            try use(block, offset)
            offset += Int64(block.readableBytes)
        }
    }
}
