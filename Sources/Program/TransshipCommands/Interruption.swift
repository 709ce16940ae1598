// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Reporting
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// SIGINT, SIGTERM and SIGHUP: the first signal ends the work cleanly within a grace period, the second one at once.
final class Interruption: Sendable {
    private struct State {
        var status: ExitStatus?
        /// Reads that may wait for ever, for a pipe or a terminal.
        var waitingReads = 0
    }

    /// The time from the first signal to the end of the process, even if something hangs.
    private static let grace = DispatchTimeInterval.seconds(10)
    /// The part of the grace period in which a run may end its uploads. The rest is for lists and reports.
    static let graceOfRun = Duration.seconds(6)

    /// The one that guards the current task.
    @TaskLocal private static var current: Interruption?

    private let state = Mutex(State())
    private let code: @Sendable (ExitStatus) -> Int32

    private init(code: @escaping @Sendable (ExitStatus) -> Int32) { self.code = code }

    /// The status the process ends with because of a signal; nil while there was none.
    var status: ExitStatus? { state.withLock { $0.status } }

    /// Runs `work` in a task of its own that is cancelled by the first signal.
    ///
    /// - Parameters:
    ///   - isAnnounced: whether to say that the program is about to stop.
    ///   - code: the exit code of the process if there is no time to end the work.
    static func guarding(
        _ console: Console, isAnnounced: Bool, code: @escaping @Sendable (ExitStatus) -> Int32 = { $0.rawValue },
        _ work: @escaping @Sendable (Interruption) async throws -> Int32
    ) async throws -> Int32 {
        let interruption = Interruption(code: code)
        let task = Task { try await $current.withValue(interruption) { try await work(interruption) } }
        console.onLostResult { task.cancel() }
        // Messages may hang, so they have a queue of their own. The second signal is then still handled.
        let telling = DispatchQueue(label: "telling")
        let signals = DispatchQueue(label: "signals")
        let sources = watched.map { number, status in
            // On Linux the source installs a handler of its own. Ignoring it before would lose an early signal.
            #if canImport(Darwin)
                signal(number, SIG_IGN)
            #endif
            let source = DispatchSource.makeSignalSource(signal: number, queue: signals)
            source.setEventHandler {
                guard interruption.take(status) else { _exit(code(status)) }
                signals.asyncAfter(deadline: .now() + grace) { _exit(code(status)) }
                task.cancel()
                console.hurry()
                if isAnnounced { telling.async { console.note("stopping; a second signal stops at once") } }
            }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        return try await task.value
    }

    /// The signals that end this program. A program that is started with nohup must outlive the terminal.
    private static var watched: [(Int32, ExitStatus)] {
        let all: [(Int32, ExitStatus)] = [(SIGINT, .interrupted), (SIGTERM, .terminated), (SIGHUP, .hungUp)]
        return all.filter { $0.0 != SIGHUP || !ProcessStart.ignoresHangUp }
    }

    /// - Returns: whether this is the first signal. If a read is waiting, the process ends here instead.
    private func take(_ status: ExitStatus) -> Bool {
        state.withLock { state in
            guard state.status == nil else { return false }
            // No work has begun yet that could be left half done.
            if state.waitingReads > 0 { _exit(code(status)) }
            state.status = status
            return true
        }
    }

    /// Reads something that may wait for ever, before any work has begun. A signal then ends the process at once.
    static func whileReading<Value, Failure>(_ read: () throws(Failure) -> Value) throws(Failure) -> Value {
        if let current {
            current.state.withLock { state in
                if let status = state.status { _exit(current.code(status)) }
                state.waitingReads += 1
            }
        }
        defer { current?.state.withLock { $0.waitingReads -= 1 } }
        return try read()
    }
}
