#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Why a journal cannot be kept.
package struct JournalError: Error, Sendable, CustomStringConvertible {
    package let description: String

    init(_ operation: String, _ path: String) {
        description = "cannot \(operation) the journal \(path): \(String(cString: strerror(errno)))"
    }
}

/// A file of lines that one process has to itself, as long as it is open.
///
/// The lock is the kernel's: it goes with the process, however that ends.
final class JournalFile: Sendable {
    let path: String
    private let descriptor: CInt

    /// Opens and locks the file, private to its user, making it where there is none.
    ///
    /// - Returns: nil while another process has it.
    init?(locking path: String) throws(JournalError) {
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw JournalError("open", path) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                return nil
            }
            // Whoever had it may have put another file in its place meanwhile.
            if Self.isCurrent(descriptor, path) {
                self.descriptor = descriptor
                self.path = path
                return
            }
            close(descriptor)
        }
    }

    private init(path: String, descriptor: CInt) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    private static func isCurrent(_ descriptor: CInt, _ path: String) -> Bool {
        var (opened, named) = (stat(), stat())
        guard fstat(descriptor, &opened) == 0, stat(path, &named) == 0 else { return false }
        return opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
    }

    func read() throws(JournalError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = pread(descriptor, &buffer, buffer.count, off_t(bytes.count))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw JournalError("read", path) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    /// Adds lines in one write: a process that dies leaves them whole or not at all, or a torn last one.
    func append(_ lines: String) throws(JournalError) {
        var text = lines
        var failed = false
        text.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty && !failed {
                let count = write(descriptor, UnsafeBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0 && errno == EINTR { continue }
                failed = count < 0
                rest = rest.dropFirst(max(0, count))
            }
        }
        if failed { throw JournalError("write", path) }
    }

    /// A file with these lines in place of this one: a process that dies leaves the old or the new one.
    func replaced(with contents: JournalContents) throws(JournalError) -> JournalFile {
        let fresh = path + ".new"
        let descriptor = open(fresh, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw JournalError("write", fresh) }
        let file = JournalFile(path: path, descriptor: descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw JournalError("lock", fresh) }
        try contents.forEachChunk { text throws(JournalError) in try file.append(text) }
        guard fsync(descriptor) == 0, rename(fresh, path) == 0 else { throw JournalError("replace", path) }
        return file
    }

    func remove() { unlink(path) }
}
