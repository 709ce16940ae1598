// SPDX-License-Identifier: Apache-2.0

import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A place that takes bytes in order and may stop taking them: standard output, a terminal, a pipe, a log.
///
/// One rule for all: everything is written, or the first problem is kept and nothing more is written. Who waits for a slow
/// reader can be told to hurry.
package final class Outlet: Sendable {
    package let name: String
    private let descriptor: CInt
    /// Kept open as long as this.
    private let file: OpenFile?
    private let isFile: Bool
    /// How long a reader may take nothing; nil: as long as it likes, until `hurry`.
    private let stallLimit: Duration?
    private let state = Mutex<FileProblem?>(nil)
    private let isHurried = Atomic<Bool>(false)

    /// What a pipe is sure to take in one go once it has said that it takes something (POSIX: PIPE_BUF is 512 or more;
    /// Linux has 4096).
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

    /// From now on a reader that takes nothing for a second has gone.
    package func hurry() { isHurried.store(true, ordering: .relaxed) }

    /// - Returns: whether all bytes were taken.
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
            // A problem is told by the write that follows.
            if count > 0 || (count < 0 && errno != EINTR) { return true }
            let limit = isHurried.load(ordering: .relaxed) ? Self.hurriedLimit : stallLimit
            if let limit, ContinuousClock.now - start > limit { return false }
        }
    }
}
