// SPDX-License-Identifier: Apache-2.0

import Files
import OCI
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Standard output for results and standard error for everything else, with a block of progress lines at the bottom that
/// neither of them tears apart. Lines are written whole, in the order of the calls.
///
/// What cannot be written is told once, in words, and the process does not end with success (`losses`).
package final class Console: Sendable {
    /// What to do if results can no longer be written.
    package enum LostResults: Sendable {
        /// The command has no other purpose: it ends, like every filter, by SIGPIPE where its reader went away.
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
    /// Results stand among the messages, so that progress has to make room for them.
    private let showsResults = isatty(STDOUT_FILENO) == 1
    private let state = Mutex(State())
    private let diesOfBrokenPipes: Bool

    /// - Parameter diesOfBrokenPipes: false where the process was started with SIGPIPE ignored.
    package init(diesOfBrokenPipes: Bool = true) { self.diesOfBrokenPipes = diesOfBrokenPipes }

    package static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Columns and rows of the terminal on standard error; 80 and 24 where it does not say.
    package static var errorSize: (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return (80, 24) }
        return (Int(size.ws_col), size.ws_row > 0 ? Int(size.ws_row) : 24)
    }

    /// A result. What could move a cursor is escaped here as in notes.
    package func output(_ line: String) {
        let isLost = state.withLock { state in
            let makesRoom = showsResults && !state.block.isEmpty
            if makesRoom { notes.write(state.block.erasure(width: Self.errorSize.width)) }
            defer { if makesRoom { notes.write(state.block.text) } }
            return loses(Array((line.displayableLines + "\n").utf8), &state)
        }
        if isLost { endCommand() }
    }

    /// Bytes of a result, unchanged.
    package func output(bytes: [UInt8]) {
        if state.withLock({ loses(bytes, &$0) }) { endCommand() }
    }

    /// Not called under the lock, because the code that is ended may print something.
    private func endCommand() {
        state.withLock { $0.onLostResult }?()
    }

    /// Anything that is not a result. What could move a cursor is escaped, wherever it came from.
    package func note(_ line: String) { tell(Notice(line)) }

    /// The same with separate facts, for JSON output.
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

    /// How messages are told from now on.
    package func tell(as style: NoticeStyle) { state.withLock { $0.style = style } }

    /// Replaces the lines at the bottom of the terminal; none takes them away. They may hold colours.
    package func progress(_ lines: [String]) {
        state.withLock { state in
            guard lines != state.block.lines else { return }
            notes.write(state.block.replace(by: lines, width: Self.errorSize.width))
        }
    }

    /// Progress for programs, on standard error whatever the style of messages is.
    package func progress(json: String) { state.withLock { note(json, $0) } }

    private func note(_ line: String, _ state: State) {
        notes.write(state.block.erasure(width: Self.errorSize.width) + line + "\n" + state.block.text)
    }

    // MARK: - Losses

    /// Says what is to happen when results cannot be written. Without this call the command ends.
    package func whenResultsAreLost(_ choice: LostResults) { state.withLock { $0.lostResults = choice } }

    /// `action` ends a command that works for its results alone.
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
