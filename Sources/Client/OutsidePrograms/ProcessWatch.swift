// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Reads a program's output until it exits, a limit is reached or the caller is cancelled. Leaves no process, thread or
/// descriptor behind.
struct ProcessWatch {
    private let process: SpawnedProcess
    private let limits: OutsideProgram.Limits
    private let stop: StopSwitch
    private var output: [UInt8] = []
    private var errors: [UInt8] = []
    private var openEnds: Set<Int32>
    private var buffer = [UInt8](repeating: 0, count: 16 << 10)

    init(_ process: SpawnedProcess, limits: OutsideProgram.Limits, stop: StopSwitch) {
        self.process = process
        self.limits = limits
        self.stop = stop
        openEnds = [process.output, process.errors]
    }

    mutating func untilEnd() throws(ProgramFailure) -> ProgramResult {
        do throws(ProgramFailure) {
            try watch()
        } catch {
            process.endGroup()
            _ = process.reap()
            throw error
        }
        return ProgramResult(ending: process.reap(), output: output, errors: errors)
    }

    private mutating func watch() throws(ProgramFailure) {
        var wake = try Pipe()
        defer { wake.close() }
        let exit = ExitWatch(process, wake: wake.writing)
        defer { exit.leave() }
        stop.connect(wake.writing)
        defer { stop.disconnect() }
        let deadline = ContinuousClock.now + limits.time
        while true {
            let isOver = exit.isOver
            // Everything that was written before the exit is in the pipes now. Later output of child processes is not
            // waited for.
            try drain()
            if isOver { return }
            if stop.isSet { throw .cancelled }
            guard ContinuousClock.now < deadline, waitForNews(wake.reading, until: deadline) else {
                throw .timedOut(limits.time)
            }
        }
    }

    /// - Returns: whether anything happened before the deadline.
    private func waitForNews(_ wake: Int32, until deadline: ContinuousClock.Instant) -> Bool {
        var polled = ([wake] + openEnds).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while true {
            let left = max(deadline - ContinuousClock.now, .zero)
            let count = poll(&polled, nfds_t(polled.count), left.roundedUpMilliseconds)
            if count > 0 { return true }
            if count == 0 || errno != EINTR { return false }
        }
    }

    /// Enough reads for more than a pipe holds. A fast writer must not delay the check of the deadline.
    private static let readsAtOnce = 128

    private mutating func drain() throws(ProgramFailure) {
        for end in openEnds {
            for _ in 0..<Self.readsAtOnce {
                guard let bytes = Pipe.readAvailable(end, into: &buffer) else {
                    openEnds.remove(end)
                    break
                }
                if bytes.isEmpty { break }
                try keep(bytes, from: end)
            }
        }
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>, from end: Int32) throws(ProgramFailure) {
        if end == process.errors {
            errors += bytes.prefix(limits.errors - errors.count)
        } else {
            output += bytes
            guard output.count <= limits.output else { throw .tooMuchOutput(limit: limits.output) }
        }
    }
}

/// A thread that waits for a program's exit and reports it through a pipe.
private final class ExitWatch: Sendable {
    private let done = CompletionFlag()

    init(_ process: SpawnedProcess, wake: Int32) {
        detachThread { [done] in
            process.waitForExit()
            done.set { Pipe.wake(wake) }
        }
    }

    var isOver: Bool { done.isSet }

    /// After this call the thread does not use the pipe.
    func leave() { done.abandon() }
}

extension Duration {
    fileprivate var roundedUpMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        let milliseconds = seconds.multipliedReportingOverflow(by: 1000)
        guard !milliseconds.overflow else { return .max }
        return Int32(clamping: milliseconds.partialValue + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
