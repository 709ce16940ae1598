import Files
import OCI
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Standard output for results and standard error for everything else, with one progress line at the bottom that
/// neither of them tears apart. Lines are written whole, in the order of the calls.
///
/// What cannot be written is told once, in words, and the process does not end with success (`losses`).
package final class Console: Sendable {
    /// What a result does that nobody can read any more.
    package enum LostResults: Sendable {
        /// The command has no other purpose: it ends, like every filter, by SIGPIPE where its reader went away.
        case endCommand
        /// The work goes on.
        case goOn
    }

    private struct State {
        /// What stands on the terminal's last line now.
        var progress = ""
        var lostResults = LostResults.endCommand
        var onLostResult: (@Sendable () -> Void)?
        var isLossTold = false
    }

    private let results = Outlet(descriptor: STDOUT_FILENO, name: "standard output")
    private let notes = Outlet(descriptor: STDERR_FILENO, name: "standard error")
    private let state = Mutex(State())
    private let diesOfBrokenPipes: Bool

    /// - Parameter diesOfBrokenPipes: false where the process was started with SIGPIPE ignored.
    package init(diesOfBrokenPipes: Bool = true) { self.diesOfBrokenPipes = diesOfBrokenPipes }

    package static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Columns of the terminal on standard error; 80 where it does not say.
    package static var errorWidth: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// A result. What could move a cursor is escaped here as in notes.
    package func output(_ line: String) {
        let isLost = state.withLock { state in
            erase(state.progress)
            defer { if !state.progress.isEmpty { notes.write(state.progress) } }
            return loses(Array((line.displayableLines + "\n").utf8), &state)
        }
        if isLost { endCommand() }
    }

    /// Bytes of a result, unchanged.
    package func output(bytes: [UInt8]) {
        if state.withLock({ loses(bytes, &$0) }) { endCommand() }
    }

    /// Not under the lock: whoever is ended may have something to say.
    private func endCommand() {
        state.withLock { $0.onLostResult }?()
    }

    /// Anything that is not a result. What could move a cursor is escaped, wherever it came from.
    package func note(_ line: String) {
        state.withLock { note(line.displayableLines, $0) }
    }

    /// Replaces the progress line; an empty text takes it away.
    package func progress(_ line: String) {
        state.withLock { state in
            guard line != state.progress else { return }
            erase(state.progress)
            state.progress = line
            if !line.isEmpty { notes.write(line) }
        }
    }

    private func note(_ line: String, _ state: State) {
        erase(state.progress)
        notes.write(line + "\n" + state.progress)
    }

    private func erase(_ line: String) {
        if !line.isEmpty { notes.write("\r\u{1B}[K") }
    }

    // MARK: - Losses

    /// Says what is to happen when results cannot be written. Without this call the command ends.
    package func whenResultsAreLost(_ choice: LostResults) { state.withLock { $0.lostResults = choice } }

    /// `action` ends a command that works for its results alone.
    package func onLostResult(_ action: @escaping @Sendable () -> Void) { state.withLock { $0.onLostResult = action } }

    /// Whether the command ended for want of somebody who takes its results.
    package var endedCommand: Bool {
        results.problem != nil && state.withLock { $0.lostResults == .endCommand }
    }

    /// From now on nobody waits for a reader that takes nothing.
    package func hurry() {
        results.hurry()
        notes.hurry()
    }

    /// Why results or messages were lost, in words; empty where everything was written. To be asked at the end.
    package var losses: [String] { [results, notes].compactMap(\.problem).map(Self.text) }

    /// Those of `losses` that were not told yet, if they can be.
    package func takeUntoldLosses() -> [String] {
        state.withLock { state in
            guard let problem = results.problem, !state.isLossTold else { return [] }
            state.isLossTold = true
            return [Self.text(problem)]
        }
    }

    private static func text(_ problem: FileProblem) -> String { "cannot write \(problem.path): \(problem.reason)" }

    /// Writes a result.
    ///
    /// - Returns: whether it is the first that was lost, and the command is to end.
    private func loses(_ bytes: [UInt8], _ state: inout State) -> Bool {
        guard results.problem == nil else { return false }
        guard !bytes.withUnsafeBytes({ results.write($0) }), let problem = results.problem else { return false }
        switch state.lostResults {
        case .endCommand:
            if problem.isBrokenPipe, diesOfBrokenPipes {
                signal(SIGPIPE, SIG_DFL)
                raise(SIGPIPE)
            }
            return true
        case .goOn:
            state.isLossTold = true
            note("error: \(Self.text(problem)); the work goes on, its results are not shown", state)
            return false
        }
    }
}
