import Dispatch
import Reporting
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// SIGINT and SIGTERM: the first one ends the work cleanly, the second one at once.
final class Interruption: Sendable {
    private let signalled = Mutex<ExitStatus?>(nil)

    /// The status the process ends with because of a signal; nil while there was none.
    var status: ExitStatus? { signalled.withLock { $0 } }

    /// Runs `work` in a task of its own that is cancelled by the first signal.
    ///
    /// - Parameter console: is told that the program is about to stop; nil to say nothing.
    static func guarding(
        announcing console: Console?, _ work: @escaping @Sendable (Interruption) async throws -> Int32
    ) async throws -> Int32 {
        let interruption = Interruption()
        let task = Task { try await work(interruption) }
        let sources = [(SIGINT, ExitStatus.interrupted), (SIGTERM, .terminated)].map { number, status in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                guard interruption.isFirst(status) else { _exit(status.rawValue) }
                console?.note("stopping; a second signal stops at once")
                task.cancel()
            }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        return try await task.value
    }

    private func isFirst(_ status: ExitStatus) -> Bool {
        signalled.withLock { signalled in
            defer { signalled = signalled ?? status }
            return signalled == nil
        }
    }
}
