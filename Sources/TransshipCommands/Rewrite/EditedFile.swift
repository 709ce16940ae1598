import OCI

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Puts new bytes in the place of a file's, all at once: whoever reads sees the old file or the new one.
enum EditedFile {
    /// The path without symbolic links; nil where there is nothing.
    static func resolved(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    /// Replaces a file, keeping its mode and, where that is allowed, its owner.
    ///
    /// - Parameters:
    ///   - path: without symbolic links.
    ///   - old: what the file must still hold.
    /// - Throws: `CommandFailure`; then the file is as it was.
    static func replace(_ path: String, old: [UInt8], with new: [UInt8]) throws {
        guard try FileBytes.read(path) == old else { throw failure(path, "it has changed since it was read") }
        var status = stat()
        guard stat(path, &status) == 0, access(path, W_OK) == 0 else { throw failure(path) }
        let draft = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max))"
        // Never somebody else's file, never through a link somebody put there.
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(path) }
        // Only root may give files away; anyone else's draft belongs to its writer.
        _ = fchown(file, status.st_uid, status.st_gid)
        let isWritten = write(new, to: file) && fchmod(file, status.st_mode & 0o7777) == 0 && fsync(file) == 0
        let reason = errno
        guard close(file) == 0, isWritten, rename(draft, path) == 0 else {
            let failure = failure(path, String(cString: strerror(isWritten ? errno : reason)).lowercased())
            unlink(draft)
            throw failure
        }
    }

    private static func write(_ bytes: [UInt8], to file: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { systemWrite(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func failure(_ path: String, _ reason: String? = nil) -> CommandFailure {
        let reason = reason ?? String(cString: strerror(errno)).lowercased()
        return CommandFailure("cannot write \(path.displayable): \(reason); it is as it was")
    }
}

private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
        Glibc.write(file, bytes, count)
    #else
        Darwin.write(file, bytes, count)
    #endif
}
