import OCI

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file with secrets: only its owner may read it, and a reader sees the old text or the new one, never a part.
enum PrivateFile {
    /// Replaces the file, or the one a link at the path leads to. Folders on the way are made for the owner alone.
    static func write(_ text: String, to path: String) throws {
        let path = target(of: path)
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        makeFolders(folder)
        let draft = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max))"
        // Never somebody else's file, never through a link somebody put there.
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw problem(path) }
        var isWritten = fchmod(file, 0o600) == 0 && write(Array(text.utf8), to: file) && fsync(file) == 0
        let reason = errno
        isWritten = close(file) == 0 && isWritten
        guard isWritten, rename(draft, path) == 0 else {
            let failure = problem(path, isWritten ? errno : reason)
            unlink(draft)
            throw failure
        }
    }

    /// Where a link leads; the path itself where it is none.
    private static func target(of path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func makeFolders(_ folder: String) {
        guard !folder.isEmpty, access(folder, F_OK) != 0 else { return }
        if let slash = folder.lastIndex(of: "/") { makeFolders(String(folder[..<slash])) }
        mkdir(folder, 0o700)
    }

    private static func write(_ bytes: [UInt8], to file: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { system.write(file, $0) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// The function of the system that ours of the same name would hide.
    private enum system {
        static func write(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
            #if canImport(Glibc)
                Glibc.write(file, bytes.baseAddress, bytes.count)
            #else
                Darwin.write(file, bytes.baseAddress, bytes.count)
            #endif
        }
    }

    private static func problem(_ path: String, _ number: Int32 = errno) -> CommandFailure {
        CommandFailure("cannot write \(path.displayable): \(String(cString: strerror(number)).lowercased())")
    }
}
