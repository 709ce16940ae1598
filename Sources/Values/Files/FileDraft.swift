// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A file's new content, kept next to the file under a random name until it is complete. A reader sees the old or the new
/// file, never a part. A link at the path is replaced, not followed.
///
/// If the path is not a regular file (a pipe, a terminal, anything in `/dev`), the bytes are written to it directly.
package final class FileDraft: Sendable {
    /// Who may read and write the finished file.
    package enum Access: Sendable {
        /// Its owner only.
        case ownerOnly
        /// The permissions of the replaced file; for a new file the default according to the umask.
        case usual
        /// Exactly the permissions of the replaced file, and its owner if this is allowed.
        case asBefore
    }

    private let path: String
    /// nil: the bytes go to the path itself.
    private let draft: String?
    private let file: OpenFile
    /// For a path that is not a regular file; nil for files.
    private let outlet: Outlet?
    private let access: Access

    package init(for path: String, access: Access) throws(FileProblem) {
        self.path = path
        self.access = access
        if Self.isWrittenInPlace(path) {
            file = try OpenFile(writing: path)
            outlet = Outlet(file, stallLimit: .seconds(10))
            draft = nil
        } else {
            if (try? Files.kind(path, "open")) == .folder { throw FileProblem("open", path, .folder) }
            let name = "\(path).\(String(UInt64.random(in: 0 ... .max), radix: 36))"
            do throws(FileProblem) { file = try OpenFile(creating: name, mode: Self.firstMode(access)) } catch {
                throw FileProblem("open", path, error.cause)
            }
            draft = name
            outlet = nil
        }
    }

    /// Whether a draft for this path could be started now, as far as this can be known without writing.
    package static func check(_ path: String) throws(FileProblem) {
        let isInPlace = isWrittenInPlace(path)
        if !isInPlace, (try? Files.kind(path, "open")) == .folder { throw FileProblem("open", path, .folder) }
        guard faccessat(AT_FDCWD, isInPlace ? path : Files.folder(of: path), W_OK, AT_EACCESS) == 0 else {
            throw FileProblem("open", path)
        }
    }

    deinit { if let draft { unlink(draft) } }

    package func append(_ bytes: UnsafeRawBufferPointer) throws(FileProblem) {
        do throws(FileProblem) {
            guard let outlet else { return try file.append(bytes) }
            guard outlet.write(bytes) else { throw outlet.problem ?? FileProblem("write", path, .unread) }
        } catch {
            throw FileProblem("write", path, error.cause)
        }
    }

    package func append(_ bytes: [UInt8]) throws(FileProblem) {
        try bytes.withUnsafeBufferPointer { space throws(FileProblem) in try append(UnsafeRawBufferPointer(space)) }
    }

    /// Moves the file to its place. Without this call nothing changes.
    package func commit() throws(FileProblem) {
        guard let draft else { return }
        try finish()
        guard System.rename(draft, path) == 0 else { throw FileProblem("write", path) }
    }

    private func finish() throws(FileProblem) {
        var old = stat()
        if lstat(path, &old) == 0, old.st_mode & S_IFMT == S_IFREG {
            switch access {
            case .ownerOnly: break
            case .usual: fchmod(file.descriptor, old.st_mode & 0o777)
            case .asBefore:
                // Only root may change a file's owner; other users keep the ownership of their draft.
                _ = fchown(file.descriptor, old.st_uid, old.st_gid)
                guard fchmod(file.descriptor, old.st_mode & 0o7777) == 0 else { throw FileProblem("write", path) }
            }
        }
        do throws(FileProblem) { try file.synchronize() } catch { throw FileProblem("write", path, error.cause) }
    }

    private static func firstMode(_ access: Access) -> UInt32 { if case .usual = access { 0o666 } else { 0o600 } }

    /// A name in `/dev` is never replaced, even if it leads to a file (`/dev/stdout`).
    private static func isWrittenInPlace(_ path: String) -> Bool {
        if path.hasPrefix("/dev/") && !path.hasPrefix("/dev/shm/") || path.hasPrefix("/proc/") { return true }
        guard let kind = try? Files.kind(path, "write") else { return false }
        return kind != .file && kind != .folder
    }
}
