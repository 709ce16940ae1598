import OCI
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Standard output for results and standard error for everything else, with one progress line at the bottom that
/// neither of them tears apart. Lines are written whole, in the order of the calls.
package final class Console: Sendable {
    private struct State {
        /// What stands on the terminal's last line now.
        var progress = ""
    }

    private let state = Mutex(State())

    package init() {}

    package static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Columns of the terminal on standard error; 80 where it does not say.
    package static var errorWidth: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// A result. What could move a cursor is escaped here as in notes.
    package func output(_ line: String) {
        state.withLock { state in
            Self.erase(state.progress)
            Self.write(line.displayableLines + "\n", to: STDOUT_FILENO)
            Self.write(state.progress, to: STDERR_FILENO)
        }
    }

    /// Bytes of a result, unchanged.
    package func output(bytes: [UInt8]) {
        state.withLock { _ in Self.write(bytes, to: STDOUT_FILENO) }
    }

    /// Anything that is not a result. What could move a cursor is escaped, wherever it came from.
    package func note(_ line: String) {
        state.withLock { state in
            Self.erase(state.progress)
            Self.write(line.displayableLines + "\n" + state.progress, to: STDERR_FILENO)
        }
    }

    /// Replaces the progress line; an empty text takes it away.
    package func progress(_ line: String) {
        state.withLock { state in
            guard line != state.progress else { return }
            Self.erase(state.progress)
            state.progress = line
            Self.write(line, to: STDERR_FILENO)
        }
    }

    private static func erase(_ line: String) {
        if !line.isEmpty { write("\r\u{1B}[K", to: STDERR_FILENO) }
    }

    private static func write(_ text: String, to descriptor: Int32) {
        if !text.isEmpty { write(Array(text.utf8), to: descriptor) }
    }

    /// Writes everything; a reader that went away ends the process by SIGPIPE or is ignored, as for any filter.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { buffer in
            var rest = UnsafeRawBufferPointer(buffer)
            while !rest.isEmpty {
                #if canImport(Glibc)
                    let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                #else
                    let count = Darwin.write(descriptor, rest.baseAddress, rest.count)
                #endif
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            }
        }
    }
}
