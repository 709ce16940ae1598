// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Why a file operation failed. The path is as it was given; escape it before it is shown.
package struct FileProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The reason, in the system's words or in ours.
    package enum Cause: Hashable, Sendable {
        case system(CInt)
        /// There is a symbolic link at a private place, where links are not allowed.
        case link
        case foreignOwner
        case folder
        /// A socket or a device, which is not a file and has no end.
        case device
        /// Not a file with bytes at any offset: a pipe, a socket, a device.
        case notAFile
        /// A pipe without a reader, or whose reader has stopped reading.
        case unread
        /// More bytes than the limit.
        case tooLarge(limit: Int)
    }

    package let operation: String
    package let path: String
    package let cause: Cause

    package init(_ operation: String, _ path: String, _ cause: Cause) {
        self.operation = operation
        self.path = path
        self.cause = cause
    }

    /// The failure of the system call that has just returned.
    init(_ operation: String, _ path: String) { self.init(operation, path, .system(errno)) }

    package var isMissing: Bool { cause == .system(ENOENT) || cause == .system(ENOTDIR) }
    /// The file has more bytes than the limit.
    package var isTooLarge: Bool { if case .tooLarge = cause { true } else { false } }
    /// There is no space for more bytes: on the disk, in a quota, or in one file (4 GiB on FAT).
    package var isFull: Bool { [.system(ENOSPC), .system(EDQUOT), .system(EFBIG)].contains(cause) }
    /// The path is not a regular file.
    package var isOfTheWrongKind: Bool { [.folder, .device, .notAFile, .system(EISDIR)].contains(cause) }
    package var isBrokenPipe: Bool { cause == .system(EPIPE) }
    /// The file has as many names as its file system allows.
    package var isTooManyNames: Bool { cause == .system(EMLINK) }
    package var isTooManyOpenFiles: Bool { cause == .system(EMFILE) || cause == .system(ENFILE) }

    package var reason: String {
        switch cause {
        case .system(let number): String(cString: strerror(number)).lowercased()
        case .link: "a symbolic link stands there, and somebody else may have put it there"
        case .foreignOwner: "it belongs to another user"
        case .folder: "it is a folder"
        case .device: "it is a device or a socket, not a file"
        case .notAFile: "it is not a regular file"
        case .unread: "nobody reads the pipe"
        case .tooLarge(let limit): "it has more than \(limit >> 20) MiB"
        }
    }

    package var description: String { "\(operation) \(path): \(reason)" }

    /// A hint for the user; nil if the reason is enough.
    package var hint: String? { isTooManyOpenFiles ? Self.openFilesHint : nil }

    package static let openFilesHint = "raise ulimit -n, or lower --connections-per-registry"
}
