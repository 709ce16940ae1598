package import NIOCore

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A system call on a file that failed.
package struct LayoutFileError: Error, CustomStringConvertible {
    let operation: String
    let path: String
    package let number: CInt

    init(_ operation: String, _ path: String) {
        number = errno
        self.operation = operation
        self.path = path
    }

    var isMissing: Bool { number == ENOENT || number == ENOTDIR }
    var isFull: Bool { number == ENOSPC || number == EDQUOT }
    package var description: String { "\(operation) \(path): \(String(cString: strerror(number)).lowercased())" }
}

/// An open file that is closed when nobody holds it any more.
package final class LayoutFile: Sendable {
    private let descriptor: CInt
    private let path: String
    package let size: Int64

    package init(reading path: String) throws { (descriptor, self.path, size) = try Self.open(path, O_RDONLY) }

    /// A file that is made, or emptied.
    package init(replacing path: String) throws {
        (descriptor, self.path, size) = try Self.open(path, O_WRONLY | O_CREAT | O_TRUNC, anyKind: true)
    }

    /// A file that was not there before.
    init(creating path: String) throws {
        (descriptor, self.path, size) = try Self.open(path, O_WRONLY | O_CREAT | O_EXCL)
    }

    /// Holds the file for this process until the value is gone, waiting for others to let go.
    init(locking path: String) throws {
        (descriptor, self.path, size) = try Self.open(path, O_RDWR | O_CREAT)
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw LayoutFileError("lock", path) }
        }
    }

    private static func open(
        _ path: String, _ flags: CInt, anyKind: Bool = false
    ) throws -> (CInt, String, Int64) {
        let descriptor = systemOpen(path, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw LayoutFileError("open", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, anyKind || status.st_mode & S_IFMT == S_IFREG else {
            let error = LayoutFileError("read as a file", path)
            systemClose(descriptor)
            throw error
        }
        return (descriptor, path, Int64(status.st_size))
    }

    deinit { systemClose(descriptor) }

    /// Up to `count` bytes; none only at the end of the file.
    package func read(at offset: Int64, count: Int) throws -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            while true {
                let result = pread(descriptor, space.baseAddress, count, off_t(offset))
                if result < 0 && errno == EINTR { continue }
                guard result >= 0 else { throw LayoutFileError("read", path) }
                return result
            }
        }
        return buffer
    }

    package func write(_ buffer: ByteBuffer, at offset: Int64) throws {
        try buffer.withUnsafeReadableBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = pwrite(
                    descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset) + off_t(done))
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { throw LayoutFileError("write", path) }
                done += count
            }
        }
    }

    /// Adds bytes where the last call left off; the only way to write what is no plain file.
    package func append(_ buffer: ByteBuffer) throws {
        try buffer.withUnsafeReadableBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = systemWrite(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { throw LayoutFileError("write", path) }
                done += count
            }
        }
    }

    func synchronize() throws {
        guard fsync(descriptor) == 0 else { throw LayoutFileError("synchronize", path) }
    }
}

/// System calls on paths. All of them block.
enum LayoutFiles {
    /// A whole small file.
    static func contents(_ path: String, upTo limit: Int) throws -> [UInt8] {
        let file = try LayoutFile(reading: path)
        guard file.size <= limit else { throw LayoutProblem.unreadable(path, "it has more than \(limit) bytes") }
        var bytes: [UInt8] = []
        while case let part = try file.read(at: Int64(bytes.count), count: 1 << 16), part.readableBytes > 0 {
            bytes += part.readableBytesView
            guard bytes.count <= limit else { throw LayoutProblem.unreadable(path, "it has more than \(limit) bytes") }
        }
        return bytes
    }

    /// Bytes of a file; nil where there is none.
    static func size(_ path: String) -> Int64? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }

    /// Gives a file its final name, replacing what had it, in one step.
    static func rename(_ old: String, to new: String) throws {
        guard systemRename(old, new) == 0 else { throw LayoutFileError("rename to", new) }
    }

    static func remove(_ path: String) { unlink(path) }

    /// - Throws: unless files can be made in the folder, or the folder itself where there is none yet.
    static func checkWritable(_ path: String) throws {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                errno = ENOTDIR
                throw LayoutFileError("write into", path)
            }
            guard access(path, W_OK | X_OK) == 0 else { throw LayoutFileError("write into", path) }
            return
        }
        guard errno == ENOENT, path != "/", path != "." else { throw LayoutFileError("write into", path) }
        let slash = path.lastIndex(of: "/")
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        try checkWritable(parent)
    }

    static func makeFolders(_ path: String) throws {
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw LayoutFileError("create the folder", path)
        }
        try makeFolders(String(path[..<slash]))
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw LayoutFileError("create the folder", path) }
    }
}

// Members of the types above hide the C functions of the same name.
private func systemOpen(_ path: String, _ flags: CInt, _ mode: mode_t) -> CInt { open(path, flags, mode) }
private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
private func systemClose(_ descriptor: CInt) { _ = close(descriptor) }
private func systemRename(_ old: String, _ new: String) -> CInt { rename(old, new) }
