// SPDX-License-Identifier: Apache-2.0

import Files
import NIOCore
import NIOPosix
package import OCI
import Synchronization

/// A registry's content in a folder.
///
/// ```
/// lock                                             locked by the process that serves the folder
/// blobs/sha256/ab/abcd…                            every blob once, named by its digest
/// uploads/<session>.<repository hash>              bytes of an open upload session
/// uploads/<random>.new                             a small file being written
/// repositories/<name>/_blobs/sha256/abcd…          the same file as in `blobs`: a second name (hard link) of it
/// repositories/<name>/_manifests/sha256/abcd…      the media type, a line end, the manifest's bytes
/// repositories/<name>/_tags/latest                 the digest the tag names
/// repositories/<name>/_referrers/sha256/abcd…/…    the descriptor of one manifest whose subject is abcd…
/// ```
///
/// A file gets its final name in one step (rename or link), when it is complete and its digest was checked. A process
/// that is killed at any point therefore leaves exactly what was committed. Everything in the folder is served; nothing
/// is rebuilt at the start. A blob is in a repository if the repository has a name for it. It is removed from `blobs`
/// when its last repository drops it. If the process is killed between these two steps, it leaves a file that no
/// repository shows. The next push of that blob uses this file.
///
/// Unless `synchronized` is set, nothing waits for the device. After a power loss the file system may have lost the
/// last seconds, and a blob of that time can then be shorter than its digest says. If `synchronized` is set, every file
/// is flushed before it gets its final name.
///
/// A file is hashed when it is first read after the start, and again if its size or its time of change differs
/// (`FileVerdicts`). Hashes do not protect tags, media types, entries of referrers lists, and bytes that change in a
/// file that was read before.
///
/// Names are compared byte for byte. On a file system that ignores case, tags that differ only in case collide.
package final class DiskStorage: RegistryStorage {
    let root: String
    let synchronized: Bool
    /// Runs blocking work, except reading the status of a file.
    let threads = NIOThreadPool.singleton
    /// Sessions that this process has used, with their hashes so far.
    let uploads = Mutex<[UploadKey: DiskUpload]>([:])
    /// The number of sessions on disk, also of those from earlier processes.
    let uploadCount: Mutex<Int>
    let uploadLimit: Int
    let verdicts = FileVerdicts()
    let report: @Sendable (String) -> Void
    /// See `naming`.
    private let names = Mutex<Void>(())
    private let lock: FolderLock

    /// Opens the folder, creates it if needed, and removes small files that were never completed.
    ///
    /// - Parameters:
    ///   - synchronized: whether every file is flushed to the device.
    ///   - uploadLimit: the maximum number of open sessions.
    ///   - report: receives a line of text for each damage. Must not block.
    /// - Throws: `FolderInUse`, `FileProblem`.
    package init(
        _ root: String, synchronized: Bool = false, uploadLimit: Int = .max,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        self.root = root
        self.synchronized = synchronized
        self.uploadLimit = uploadLimit
        self.report = report
        for folder in ["blobs", "uploads", "repositories"] { try Files.makeFolders("\(root)/\(folder)") }
        lock = try FolderLock("\(root)/lock")
        let names = try Files.names(in: "\(root)/uploads")
        for name in names where name.hasSuffix(".new") { try Files.remove("\(root)/uploads/\(name)") }
        uploadCount = Mutex(names.count { !$0.hasSuffix(".new") })
    }

    /// Lets the next registry have the folder, as the end of the process does. Nothing may be called afterwards.
    ///
    /// Without this call the folder is free when nothing refers to this value any more. That may be a moment after the
    /// last call has returned, because a thread of the pool may still hold the work that it has done.
    package func close() { lock.release() }

    /// Runs blocking work off the event loops.
    func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await threads.runIfActive(work)
    }

    /// Runs work that adds or removes names of files, one caller at a time, so that a blob does not lose its last name
    /// while it gets another.
    func naming<Value>(_ work: () throws -> Value) rethrows -> Value { try names.withLock { _ in try work() } }
}

/// Another process serves this folder.
package struct FolderInUse: Error, CustomStringConvertible {
    package let path: String
    package var description: String { "another registry is using \"\(path)\"" }
}

/// A lock on a folder. It is released with this value at the latest.
private final class FolderLock: Sendable {
    private let file: OpenFile

    init(_ path: String) throws {
        file = try OpenFile(keeping: path, mode: 0o644, isShared: true)
        guard try file.lock() else { throw FolderInUse(path: path) }
    }

    func release() { file.unlock() }

    deinit { release() }
}

// MARK: - Paths

extension DiskStorage {
    func folder(_ repository: Repository) -> String { "\(root)/repositories/\(repository.path)" }

    /// The registry's own name for a blob.
    func sharedPath(_ digest: Digest) -> String {
        "\(root)/blobs/\(digest.algorithm.rawValue)/\(digest.hex.prefix(2))/\(digest.hex)"
    }

    func blobPath(_ digest: Digest, _ repository: Repository) -> String {
        "\(folder(repository))/_blobs/\(digest.algorithm.rawValue)/\(digest.hex)"
    }

    func manifestPath(_ digest: Digest, _ repository: Repository) -> String {
        "\(folder(repository))/_manifests/\(digest.algorithm.rawValue)/\(digest.hex)"
    }

    func tagPath(_ tag: Tag, _ repository: Repository) -> String { "\(folder(repository))/_tags/\(tag.name)" }

    func referrersFolder(_ subject: Digest, _ repository: Repository) -> String {
        "\(folder(repository))/_referrers/\(subject.algorithm.rawValue)/\(subject.hex)"
    }
}

// MARK: - Repositories

extension DiskStorage {
    package func exists(_ repository: Repository) async throws -> Bool {
        try ["_manifests", "_blobs"].contains { try Files.identity("\(folder(repository))/\($0)") != nil }
    }

    package func repositories() async throws -> [String] {
        try await blocking { [self] in
            var found: [String] = []
            try collectRepositories(below: "", into: &found)
            return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
    }

    private func collectRepositories(below name: String, into found: inout [String]) throws {
        let folder = "\(root)/repositories/\(name)"
        for child in try Files.names(in: folder) {
            if child == "_manifests" {
                let isInUse = try Digest.Algorithm.allCases.contains { algorithm in
                    try !Files.names(in: "\(folder)/_manifests/\(algorithm.rawValue)").isEmpty
                }
                if isInUse { found.append(name) }
            } else if !child.hasPrefix("_") {
                try collectRepositories(below: name.isEmpty ? child : "\(name)/\(child)", into: &found)
            }
        }
    }
}
