// SPDX-License-Identifier: Apache-2.0

import Files
import OCI
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Writes results to standard output and everything else to standard error. Neither of them breaks the block of
/// progress lines at the bottom of the terminal. Lines are written whole, in the order of the calls.
///
/// If something cannot be written, this is reported once, and the process does not end with success (`losses`).
package final class Console: Sendable {
    /// What to do if results can no longer be written.
    package enum LostResults: Sendable {
        /// The command has no other purpose, so it ends. If its reader went away, it ends by SIGPIPE, like every
        /// filter.
        case endCommand
        /// The work continues.
        case goOn
    }

    private struct State {
        /// The block at the bottom of the terminal.
        var block = TerminalBlock()
        var style = NoticeStyle()
        var lostResults = LostResults.endCommand
        var onLostResult: (@Sendable () -> Void)?
        var isLossTold = false
    }

    private let results = Outlet(descriptor: STDOUT_FILENO, name: "standard output")
    private let notes = Outlet(descriptor: STDERR_FILENO, name: "standard error")
    /// Results appear among the messages, so progress has to make room for them.
    private let showsResults = isatty(STDOUT_FILENO) == 1
    private let state = Mutex(State())
    private let diesOfBrokenPipes: Bool

    /// - Parameter diesOfBrokenPipes: false if the process was started with SIGPIPE ignored.
    package init(diesOfBrokenPipes: Bool = true) { self.diesOfBrokenPipes = diesOfBrokenPipes }

    package static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Columns and rows of the terminal on standard error; 80 and 24 if the terminal does not say.
    package static var errorSize: (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return (80, 24) }
        return (Int(size.ws_col), size.ws_row > 0 ? Int(size.ws_row) : 24)
    }

    /// Writes a result. Characters that could move a cursor are escaped, as in notes.
    package func output(_ line: String) {
        let isLost = state.withLock { state in
            let makesRoom = showsResults && !state.block.isEmpty
            if makesRoom { notes.write(state.block.erasure(width: Self.errorSize.width)) }
            defer { if makesRoom { notes.write(state.block.text) } }
            return loses(Array((line.displayableLines + "\n").utf8), &state)
        }
        if isLost { endCommand() }
    }

    /// Writes the bytes of a result, unchanged.
    package func output(bytes: [UInt8]) {
        if state.withLock({ loses(bytes, &$0) }) { endCommand() }
    }

    /// Must not be called under the lock, because the code that is ended may print something.
    private func endCommand() {
        state.withLock { $0.onLostResult }?()
    }

    /// Writes a message that is not a result. Characters that could move a cursor are escaped, wherever they came from.
    package func note(_ line: String) { tell(Notice(line)) }

    /// Writes a message. In JSON output, its facts are separate fields.
    package func tell(_ notice: Notice) {
        state.withLock { state in
            guard let line = state.style.line(notice) else { return }
            note(line.displayableLines, state)
        }
    }

    /// Prints what the user requested by an option, even if only errors are printed otherwise.
    package func announce(_ notice: Notice) {
        state.withLock { note(($0.style.isJSON ? notice.json : notice.text).displayableLines, $0) }
    }

    /// Sets how messages are written from now on.
    package func tell(as style: NoticeStyle) { state.withLock { $0.style = style } }

    /// Replaces the lines at the bottom of the terminal; an empty list removes them. The lines may contain colours.
    package func progress(_ lines: [String]) {
        state.withLock { state in
            guard lines != state.block.lines else { return }
            notes.write(state.block.replace(by: lines, width: Self.errorSize.width))
        }
    }

    /// Writes progress for programs to standard error, whatever the style of messages is.
    package func progress(json: String) { state.withLock { note(json, $0) } }

    private func note(_ line: String, _ state: State) {
        notes.write(state.block.erasure(width: Self.errorSize.width) + line + "\n" + state.block.text)
    }

    // MARK: - Losses

    /// Sets what happens if results cannot be written. Without this call the command ends.
    package func whenResultsAreLost(_ choice: LostResults) { state.withLock { $0.lostResults = choice } }

    /// Sets the action that ends a command which works only for its results.
    package func onLostResult(_ action: @escaping @Sendable () -> Void) { state.withLock { $0.onLostResult = action } }

    /// Whether the command ended because its results could not be written.
    package var endedCommand: Bool {
        results.problem != nil && state.withLock { $0.lostResults == .endCommand }
    }

    /// From now on the console does not wait for a reader that has stopped reading.
    package func hurry() {
        results.hurry()
        notes.hurry()
    }

    /// Why results or messages were lost, in words; empty if everything was written. Read this at the end.
    package var losses: [String] { [results, notes].compactMap(\.problem).map(Self.text) }

    /// The loss of results as a message, if it was not reported yet. Lost messages cannot be reported.
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
    /// - Returns: whether this is the first result that was lost, and the command has to end.
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
