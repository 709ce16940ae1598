// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a path leads to.
package struct FileFacts: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case file, folder, other }

    package var kind: Kind
    package var size: Int
    /// Device and inode number: two paths with the same identity are one file.
    package var identity: Identity

    package struct Identity: Hashable, Sendable {
        let device: UInt64
        let number: UInt64
    }

    /// Follows symbolic links.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init(_ status: stat) {
        let type = status.st_mode & S_IFMT
        kind = type == S_IFREG ? .file : type == S_IFDIR ? .folder : .other
        size = Int(status.st_size)
        identity = Identity(
            device: UInt64(truncatingIfNeeded: status.st_dev), number: UInt64(truncatingIfNeeded: status.st_ino))
    }
}

/// Why a file was not read.
package enum ReadFailure: Error, Hashable, Sendable {
    /// The system's error message.
    case system(String)
    case notAFile
    /// The size of the file in bytes.
    case tooLarge(Int)
    case binary

    package var text: String {
        switch self {
        case .system(let text): text
        case .notAFile: "not a regular file"
        case .tooLarge(let size): "larger than what is searched: \(size) bytes"
        case .binary: "a binary file"
        }
    }
}

/// Reads whole files at once.
package enum FileReader {
    /// The largest file that is read by default, in bytes. Files that people write are smaller; rendered charts and
    /// cluster dumps reach tens of MiB.
    package static let sizeLimit = 32 << 20
    /// The number of bytes that are searched for a zero byte, as in git.
    private static let sniffLength = 8000

    /// - Parameter limit: larger files are refused. nil: no limit.
    package static func read(
        _ path: String, limit: Int? = sizeLimit
    ) throws(ReadFailure) -> (bytes: [UInt8], identity: FileFacts.Identity) {
        let file = try readAny(path, limit: limit)
        if isBinary(file.bytes) { throw .binary }
        return file
    }

    /// As `read`, but also for binary files.
    static func readAny(
        _ path: String, limit: Int? = nil
    ) throws(ReadFailure) -> (bytes: [UInt8], identity: FileFacts.Identity) {
        // This does not block: a pipe with the name Dockerfile must not stop the scan.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(String(cString: strerror(errno))) }
        let facts = FileFacts(status)
        guard facts.kind == .file else { throw .notAFile }
        if let limit, facts.size > limit { throw .tooLarge(facts.size) }
        return (try contents(of: descriptor, size: facts.size), facts.identity)
    }

    /// The first bytes of a file. nil: the file cannot be read.
    package static func beginning(of path: String, length: Int) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, FileFacts(status).kind == .file else { return nil }
        return try? contents(of: descriptor, size: min(length, Int(status.st_size)))
    }

    private static func contents(of descriptor: Int32, size: Int) throws(ReadFailure) -> [UInt8] {
        var failure: ReadFailure?
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { space, count in
            while count < size {
                let got = systemRead(descriptor, into: space.baseAddress! + count, count: size - count)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failure = .system(String(cString: strerror(errno))) }
                if got <= 0 { break }
                count += got
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// UTF-16 also has zero bytes, but its first two bytes identify it.
    private static func isBinary(_ bytes: [UInt8]) -> Bool {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return false }
        return bytes.withUnsafeBytes { buffer in
            buffer.baseAddress.map { memchr($0, 0, min(buffer.count, sniffLength)) != nil } ?? false
        }
    }
}

private func systemRead(_ descriptor: Int32, into space: UnsafeMutablePointer<UInt8>, count: Int) -> Int {
    #if canImport(Glibc)
        Glibc.read(descriptor, space, count)
    #else
        Darwin.read(descriptor, space, count)
    #endif
}
