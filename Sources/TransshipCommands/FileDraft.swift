#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file's new content beside it: whoever reads the file sees the old one or the new one, never a part.
enum FileDraft {
    /// What went wrong, by `errno`; the file is as it was.
    struct Failure: Error {
        let number: Int32

        var reason: String { String(cString: strerror(number)).lowercased() }
    }

    /// Replaces the file at a path, which is no link, or makes it.
    ///
    /// - Parameter finish: gives the written draft its mode and owner; false with `errno` for a failure.
    static func replace(
        _ path: String, with bytes: [UInt8], _ finish: (_ file: Int32) -> Bool
    ) throws(Failure) {
        let draft = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max))"
        // Never somebody else's file, never through a link somebody put there.
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Failure(number: errno) }
        let isWritten = write(bytes, to: file) && finish(file) && fsync(file) == 0
        let reason = errno
        guard close(file) == 0, isWritten, rename(draft, path) == 0 else {
            let failure = Failure(number: isWritten ? errno : reason)
            unlink(draft)
            throw failure
        }
    }

    /// The path without symbolic links; nil where there is nothing.
    static func resolved(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
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
}

/// The function of the system that ours of the same name would hide.
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
        Glibc.write(file, bytes, count)
    #else
        Darwin.write(file, bytes, count)
    #endif
}
