// SPDX-License-Identifier: Apache-2.0

package import NIOCore

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A system call on a file that failed.
package struct FileError: Error, Hashable, CustomStringConvertible {
    package var operation: String
    package var path: String
    package var number: CInt

    init(_ operation: String, _ path: String, number: CInt = errno) {
        self.number = number
        self.operation = operation
        self.path = path
    }

    /// A file has as many names as its file system allows.
    var isTooManyNames: Bool { number == EMLINK }

    package var description: String { "cannot \(operation) \"\(path)\": \(String(cString: strerror(number)))" }
}

/// An open file that is closed when nobody holds it any more.
package final class StoredFile: Sendable {
    package let descriptor: CInt
    /// When it was opened.
    let identity: FileIdentity
    let path: String

    /// Bytes, when it was opened.
    package var size: Int64 { identity.size }

    /// - Returns: nil where there is no such file.
    convenience init?(reading path: String) throws {
        try self.init(path, O_RDONLY | O_CLOEXEC)
    }

    /// Opens for reading and writing.
    ///
    /// - Returns: nil where there is no such file.
    convenience init?(updating path: String) throws {
        try self.init(path, O_RDWR | O_CLOEXEC)
    }

    private init?(_ path: String, _ flags: CInt) throws {
        // Not to wait for the other end of a pipe that somebody put in a file's place.
        let descriptor = open(path, flags | O_NONBLOCK)
        guard descriptor >= 0 else {
            if Files.isMissing(errno) { return nil }
            throw FileError("open", path)
        }
        do { identity = try FileIdentity(descriptor, path) } catch {
            Files.close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        self.path = path
    }

    /// After everything that was written since it was opened.
    func currentIdentity() throws -> FileIdentity { try FileIdentity(descriptor, path) }

    /// The whole file.
    ///
    /// - Throws: `FileError` also where it has more bytes than `limit`, which the registry never wrote.
    func contents(limit: Int64) throws -> ByteBuffer {
        guard size <= limit else { throw FileError("read", path, number: EFBIG) }
        return try read(at: 0, count: Int(size))
    }

    deinit { Files.close(descriptor) }

    /// Reads up to `count` bytes; fewer only at the end of the file.
    package func read(at offset: Int64, count: Int) throws -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        var isAtEnd = false
        while buffer.readableBytes < count && !isAtEnd {
            let position = off_t(offset) + off_t(buffer.readableBytes)
            let wanted = count - buffer.readableBytes
            try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { space in
                let result = pread(descriptor, space.baseAddress, wanted, position)
                if result < 0 && errno != EINTR { throw FileError("read", path) }
                isAtEnd = result == 0
                return max(result, 0)
            }
        }
        return buffer
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        var done = 0
        while done < bytes.count {
            let count = pwrite(
                descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset) + off_t(done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw FileError("write", path) }
            done += count
        }
    }

    func truncate(to size: Int64) throws {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw FileError("truncate", path) }
    }

    /// Waits until the bytes are on the device.
    func synchronize() throws {
        guard fsync(descriptor) == 0 else { throw FileError("synchronize", path) }
    }
}

extension FileIdentity {
    fileprivate init(_ status: stat) {
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        self.init(
            device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(status.st_ino),
            size: Int64(status.st_size),
            seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
    }

    /// Of an open file.
    ///
    /// - Throws: `FileError` also for what is no file: a folder, a pipe, a device.
    fileprivate init(_ descriptor: CInt, _ path: String) throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError("examine", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileError("read", path, number: EINVAL) }
        self.init(status)
    }
}

/// System calls on paths. All of them block; none of them follows where a name of this registry could not lead.
enum Files {
    static func isMissing(_ number: CInt) -> Bool { number == ENOENT || number == ENOTDIR }

    /// - Returns: nil where there is no such file.
    static func identity(_ path: String) throws -> FileIdentity? {
        var status = stat()
        if stat(path, &status) == 0 { return FileIdentity(status) }
        if isMissing(errno) { return nil }
        throw FileError("examine", path)
    }

    /// - Returns: nil where there is no such file.
    static func size(_ path: String) throws -> Int64? { try identity(path)?.size }

    /// Names of a file, counting this one; 0 where there is none.
    static func linkCount(_ path: String) throws -> Int {
        var status = stat()
        if stat(path, &status) == 0 { return Int(status.st_nlink) }
        if isMissing(errno) { return 0 }
        throw FileError("examine", path)
    }

    /// Seconds since 1970 of the last change of a file's bytes; nil where there is none.
    static func modificationTime(_ path: String) -> Int64? { (try? identity(path))?.seconds }

    /// A whole small file; nil where there is none.
    static func contents(_ path: String, limit: Int64) throws -> ByteBuffer? {
        try StoredFile(reading: path)?.contents(limit: limit)
    }

    static func create(_ path: String, _ bytes: ByteBuffer, synchronized: Bool = false) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError("create", path) }
        close(descriptor)
        guard let file = try StoredFile(updating: path) else { throw FileError("open", path) }
        try bytes.withUnsafeReadableBytes { try file.write($0, at: 0) }
        if synchronized { try file.synchronize() }
    }

    /// Gives a file another name, replacing what had it, in one step.
    static func rename(_ old: String, to new: String) throws {
        try withParents(of: new) {
            systemRename(old, new) == 0
        } failing: {
            FileError("rename to", new)
        }
    }

    /// Gives a file a second name.
    ///
    /// - Returns: false where `old` is missing; true also if the second name was there before.
    /// - Throws: `FileError` with `EMLINK` where the file has as many names as its file system allows.
    static func link(_ old: String, to new: String) throws -> Bool {
        do {
            try withParents(of: new) {
                systemLink(old, new) == 0 || errno == EEXIST
            } failing: {
                FileError("link", new)
            }
            return true
        } catch let error as FileError where error.number == ENOENT {
            return false
        }
    }

    /// - Returns: false where there was nothing to remove.
    @discardableResult
    static func remove(_ path: String) throws -> Bool {
        if unlink(path) == 0 { return true }
        if isMissing(errno) { return false }
        throw FileError("remove", path)
    }

    static func makeFolders(_ path: String) throws {
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw FileError("create the folder", path)
        }
        try makeFolders(String(path[..<slash]))
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw FileError("create the folder", path) }
    }

    /// Names in a folder, without `.` and `..`, in no order; empty where there is no such folder.
    static func names(in path: String) throws -> [String] {
        guard let folder = opendir(path) else {
            if isMissing(errno) { return [] }
            throw FileError("list", path)
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) {
                    String(cString: $0)
                }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Holds a folder for this process until the descriptor is closed, which also a killed process does.
    ///
    /// - Returns: nil where another process holds it.
    static func lock(_ path: String) throws -> CInt? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError("open", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            let error = FileError("lock", path)
            close(descriptor)
            if isHeld { return nil }
            throw error
        }
        return descriptor
    }

    /// Gives a lock back at once: closing alone would leave it with a child process that is just being started and has
    /// not yet closed what it inherited.
    static func unlock(_ descriptor: CInt) {
        _ = flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    static func close(_ descriptor: CInt) {
        #if canImport(Darwin)
            _ = Darwin.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #else
            _ = Glibc.close(descriptor)
        #endif
    }

    /// Tries once more after making the folders a new name needs.
    private static func withParents(
        of path: String, _ attempt: () -> Bool, failing: () -> FileError
    ) throws {
        if attempt() { return }
        let error = failing()
        guard error.number == ENOENT, let slash = path.lastIndex(of: "/") else { throw error }
        try makeFolders(String(path[..<slash]))
        if !attempt() { throw failing() }
    }

    private static func systemRename(_ old: String, _ new: String) -> CInt {
        #if canImport(Darwin)
            Darwin.rename(old, new)
        #elseif canImport(Musl)
            Musl.rename(old, new)
        #else
            Glibc.rename(old, new)
        #endif
    }

    private static func systemLink(_ old: String, _ new: String) -> CInt {
        #if canImport(Darwin)
            Darwin.link(old, new)
        #elseif canImport(Musl)
            Musl.link(old, new)
        #else
            Glibc.link(old, new)
        #endif
    }
}
