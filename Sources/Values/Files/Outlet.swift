// SPDX-License-Identifier: Apache-2.0

import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// An output that takes bytes in order and may stop taking them: standard output, a terminal, a pipe, a log.
///
/// Either everything is written, or the first problem is kept and nothing more is written. `hurry` limits the wait for a
/// slow reader.
package final class Outlet: Sendable {
    package let name: String
    private let descriptor: CInt
    /// Kept open while this object exists.
    private let file: OpenFile?
    private let isFile: Bool
    /// How long a reader may read nothing; nil: without limit, until `hurry`.
    private let stallLimit: Duration?
    private let state = Mutex<FileProblem?>(nil)
    private let isHurried = Atomic<Bool>(false)

    /// Bytes that a writable pipe accepts in one write (POSIX: PIPE_BUF is 512 or more; on Linux 4096).
    private static let piece = 4096
    private static let hurriedLimit = Duration.seconds(1)

    /// - Parameter name: for messages.
    package init(descriptor: CInt, name: String) {
        var status = stat()
        self.name = name
        self.descriptor = descriptor
        file = nil
        isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        stallLimit = nil
    }

    package init(_ file: OpenFile, stallLimit: Duration?) {
        name = file.path
        descriptor = file.descriptor
        self.file = file
        isFile = file.kind == .file
        self.stallLimit = stallLimit
    }

    /// Why bytes were lost; nil while none were.
    package var problem: FileProblem? { state.withLock { $0 } }

    /// From now on a reader that reads nothing for one second counts as gone.
    package func hurry() { isHurried.store(true, ordering: .relaxed) }

    /// - Returns: whether all bytes were written.
    @discardableResult
    package func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard problem == nil else { return false }
        var rest = bytes
        while !rest.isEmpty {
            if !isFile, !waitForReader() { return lose(.unread) }
            let count = System.write(descriptor, rest.baseAddress, isFile ? rest.count : min(rest.count, Self.piece))
            if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
            guard count >= 0 else { return lose(.system(errno)) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
        return true
    }

    /// As text.
    @discardableResult
    package func write(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    private func lose(_ cause: FileProblem.Cause) -> Bool {
        state.withLock { $0 = $0 ?? FileProblem("write", name, cause) }
        return false
    }

    private func waitForReader() -> Bool {
        let start = ContinuousClock.now
        var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        while true {
            let count = poll(&polled, 1, 100)
            // The following write reports a problem.
            if count > 0 || (count < 0 && errno != EINTR) { return true }
            let limit = isHurried.load(ordering: .relaxed) ? Self.hurriedLimit : stallLimit
            if let limit, ContinuousClock.now - start > limit { return false }
        }
    }
}
