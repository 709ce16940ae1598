// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The kind of a file.
package enum FileKind: Hashable, Sendable {
    case file
    case folder
    case pipe
    case terminal
    /// `/dev/null`: a file without bytes.
    case nothing
    case link
    /// A socket or another device.
    case device
}

/// An open file. It is closed when it is released. Its calls block.
package final class OpenFile: Sendable {
    package let path: String
    package let descriptor: CInt
    package let kind: FileKind
    /// The file as it was when it was opened.
    package let identity: FileIdentity
    /// The size in bytes when it was opened; 0 for anything that is not a regular file.
    package var size: Int64 { kind == .file ? identity.size : 0 }

    /// Opens a file for reading.
    ///
    /// - Parameter takesPipes: accepts also a pipe, which is waited for, or a terminal.
    package convenience init(reading path: String, takesPipes: Bool = false) throws(FileProblem) {
        let kind = try Files.kind(path, "open")
        try Self.check(kind, path, "open", takesPipes: takesPipes)
        // A file that was replaced by a pipe meanwhile must not block; only an expected pipe is waited for.
        let waits = takesPipes && kind == .pipe
        try self.init("open", path, flags: O_RDONLY | O_NOCTTY | (waits ? 0 : O_NONBLOCK))
        try Self.check(self.kind, path, "read", takesPipes: takesPipes)
    }

    /// Creates a file that must not exist. Never follows a link.
    package convenience init(creating path: String, mode: UInt32) throws(FileProblem) {
        try self.init("write", path, flags: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
    }

    /// Opens an existing file for reading and writing.
    package convenience init(updating path: String) throws(FileProblem) {
        try self.init("open", path, flags: O_RDWR | O_NOCTTY | O_NONBLOCK)
        try Self.check(kind, path, "open", takesPipes: false)
    }

    /// Opens, or creates, a private file of the program. Never follows a link.
    ///
    /// - Parameter isShared: accepts also a file of another user.
    package convenience init(
        keeping path: String, mode: UInt32 = 0o600, isShared: Bool = false
    ) throws(FileProblem) {
        do throws(FileProblem) {
            try self.init(
                "open", path, flags: O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, mode: mode)
        } catch {
            throw error.cause == .system(ELOOP) ? FileProblem("open", path, .link) : error
        }
        guard kind == .file else { throw FileProblem("open", path, .notAFile) }
        guard isShared || owner == geteuid() else { throw FileProblem("open", path, .foreignOwner) }
    }

    /// Opens, or creates, a log. Lines are added at its end.
    package convenience init(appending path: String) throws(FileProblem) {
        if let kind = try? Files.kind(path, "write"), kind == .pipe {
            try self.init(writing: path)
        } else {
            try self.init("write", path, flags: O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY, mode: 0o644)
        }
    }

    /// Opens something existing that is not a regular file: a pipe, a terminal, a device.
    ///
    /// - Parameter readerTimeout: how long to wait for a pipe's reader.
    package convenience init(writing path: String, readerTimeout: Duration = .seconds(10)) throws(FileProblem) {
        let deadline = ContinuousClock.now + readerTimeout
        while true {
            do throws(FileProblem) {
                try self.init("write", path, flags: O_WRONLY | O_NONBLOCK | O_NOCTTY)
                return
            } catch {
                guard error.cause == .system(ENXIO) else { throw error }
                guard ContinuousClock.now < deadline else { throw FileProblem("write", path, .unread) }
                usleep(20_000)
            }
        }
    }

    /// Opens an inherited descriptor, such as standard input, as a duplicate. The descriptor itself stays open.
    ///
    /// - Parameter path: the name in messages.
    package convenience init(duplicating descriptor: CInt, as path: String) throws(FileProblem) {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw FileProblem("read", path) }
        try self.init("read", path, taking: copy)
    }

    private convenience init(_ operation: String, _ path: String, flags: CInt, mode: UInt32 = 0) throws(FileProblem) {
        var descriptor: CInt = -1
        repeat {
            descriptor = open(path, flags | O_CLOEXEC, mode_t(truncatingIfNeeded: mode))
        } while descriptor < 0 && errno == EINTR
        guard descriptor >= 0 else { throw FileProblem(operation, path) }
        try self.init(operation, path, taking: descriptor)
    }

    private init(_ operation: String, _ path: String, taking descriptor: CInt) throws(FileProblem) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let problem = FileProblem(operation, path)
            close(descriptor)
            throw problem
        }
        self.path = path
        self.descriptor = descriptor
        kind = FileKind(status, terminal: isatty(descriptor) == 1)
        identity = FileIdentity(status)
    }

    deinit { close(descriptor) }

    private static func check(
        _ kind: FileKind, _ path: String, _ operation: String, takesPipes: Bool
    ) throws(FileProblem) {
        switch kind {
        case .file: return
        case .folder: throw FileProblem(operation, path, .folder)
        case .pipe, .terminal, .nothing:
            guard takesPipes else { throw FileProblem(operation, path, .notAFile) }
        case .device, .link: throw FileProblem(operation, path, takesPipes ? .device : .notAFile)
        }
    }

    private var owner: uid_t {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? status.st_uid : .max
    }

    // MARK: - Bytes

    /// Reads up to `space.count` bytes from an offset; 0 only at the end.
    package func read(into space: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileProblem) -> Int {
        try Self.retrying("read", path) { pread(descriptor, space.baseAddress, space.count, off_t(offset)) }
    }

    /// Reads the next bytes, and waits for them; 0 only at the end.
    package func read(into space: UnsafeMutableRawBufferPointer) throws(FileProblem) -> Int {
        while true {
            let result = System.read(descriptor, space.baseAddress, space.count)
            if result >= 0 { return result }
            // Another program may have made a shared terminal or pipe non-blocking. Waits for bytes in this case, too.
            guard errno == EINTR || errno == EAGAIN else { throw FileProblem("read", path) }
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if errno == EAGAIN { _ = poll(&polled, 1, -1) }
        }
    }

    /// All bytes.
    ///
    /// - Parameter limit: the most bytes. A larger file is an error.
    package func contents(limit: Int) throws(FileProblem) -> [UInt8] {
        guard size <= limit else { throw FileProblem("read", path, .tooLarge(limit: limit)) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(size))
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let offset = Int64(bytes.count)
            let count = try piece.withUnsafeMutableBufferPointer { space throws(FileProblem) in
                let space = UnsafeMutableRawBufferPointer(space)
                return kind == .file ? try read(into: space, at: offset) : try read(into: space)
            }
            if count == 0 { return bytes }
            guard bytes.count + count <= limit else { throw FileProblem("read", path, .tooLarge(limit: limit)) }
            bytes += piece[..<count]
        }
    }

    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(FileProblem) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            done += try Self.retrying("write", path) {
                pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
            }
        }
    }

    /// Writes bytes after those of the last call.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(FileProblem) {
        var rest = bytes
        while !rest.isEmpty {
            let count = try Self.retrying("write", path) { System.write(descriptor, rest.baseAddress, rest.count) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    package func append(_ bytes: [UInt8]) throws(FileProblem) {
        try bytes.withUnsafeBufferPointer { space throws(FileProblem) in try append(UnsafeRawBufferPointer(space)) }
    }

    /// Cuts the file, or fills it with zeros, to a size in bytes.
    package func truncate(to size: Int64) throws(FileProblem) {
        _ = try Self.retrying("truncate", path) { Int(ftruncate(descriptor, off_t(size))) }
    }

    /// The file as it is now, after everything that was written since it was opened.
    package func currentIdentity() throws(FileProblem) -> FileIdentity {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileProblem("examine", path) }
        return FileIdentity(status)
    }

    /// Returns when the bytes are on the device.
    package func synchronize() throws(FileProblem) {
        // Only regular files can be synchronized.
        guard kind == .file else { return }
        _ = try Self.retrying("synchronize", path) { Int(fsync(descriptor)) }
    }

    private static func retrying(
        _ operation: String, _ path: String, _ call: () -> Int
    ) throws(FileProblem) -> Int {
        while true {
            let result = call()
            if result >= 0 { return result }
            guard errno == EINTR else { throw FileProblem(operation, path) }
        }
    }

    // MARK: - Locks

    /// Locks the file exclusively until it is closed. The lock also ends if the process is killed.
    ///
    /// - Returns: false if another process has the lock; never with `waits`.
    package func lock(waits: Bool = false) throws(FileProblem) -> Bool {
        while flock(descriptor, waits ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            guard errno == EWOULDBLOCK else { throw FileProblem("lock", path) }
            return false
        }
        return true
    }

    /// Releases the lock. Closing the file is not enough if a program that is being started has a copy of the descriptor at
    /// this moment: the lock would stay until that program runs.
    package func unlock() { _ = flock(descriptor, LOCK_UN) }

    /// Whether the path still names this file. Another process may have replaced it.
    package var isInPlace: Bool {
        var (opened, named) = (stat(), stat())
        guard fstat(descriptor, &opened) == 0, lstat(path, &named) == 0 else { return false }
        return opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
    }
}

extension FileKind {
    init(_ status: stat, terminal: @autoclosure () -> Bool) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFDIR: self = .folder
        case S_IFIFO: self = .pipe
        case S_IFLNK: self = .link
        case S_IFCHR where terminal(): self = .terminal
        case S_IFCHR where Self.isNull(status): self = .nothing
        default: self = .device
        }
    }

    private static func isNull(_ status: stat) -> Bool {
        var null = stat()
        return stat("/dev/null", &null) == 0 && null.st_rdev == status.st_rdev
    }
}

/// System functions that members of the types here would hide.
enum System {
    static func read(_ descriptor: CInt, _ space: UnsafeMutableRawPointer?, _ count: Int) -> Int {
        #if canImport(Darwin)
            Darwin.read(descriptor, space, count)
        #elseif canImport(Musl)
            Musl.read(descriptor, space, count)
        #else
            Glibc.read(descriptor, space, count)
        #endif
    }

    static func write(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
        #if canImport(Darwin)
            Darwin.write(descriptor, bytes, count)
        #elseif canImport(Musl)
            Musl.write(descriptor, bytes, count)
        #else
            Glibc.write(descriptor, bytes, count)
        #endif
    }

    static func rename(_ old: String, _ new: String) -> CInt {
        #if canImport(Darwin)
            Darwin.rename(old, new)
        #elseif canImport(Musl)
            Musl.rename(old, new)
        #else
            Glibc.rename(old, new)
        #endif
    }

    static func link(_ old: String, _ new: String) -> CInt {
        #if canImport(Darwin)
            Darwin.link(old, new)
        #elseif canImport(Musl)
            Musl.link(old, new)
        #else
            Glibc.link(old, new)
        #endif
    }
}
