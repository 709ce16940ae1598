import Dispatch
import OCI
import Reporting

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file that gets lines, in order, written by a queue of its own so that whoever reports never waits for a disk.
final class LineLog: Sendable {
    private let descriptor: Int32
    private let queue = DispatchQueue(label: "line-log")

    /// - Parameter path: appended to; `-` is standard error.
    init(_ path: String, _ console: Console) throws {
        guard path != "-" else {
            descriptor = STDERR_FILENO
            return
        }
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandFailure.usage(["cannot write \(path.displayable): \(String(cString: strerror(errno)))"])
        }
    }

    /// - Parameter whenWritten: called on the log's queue once the line is written or lost for good.
    func append(_ line: String, whenWritten: @escaping @Sendable () -> Void = {}) {
        queue.async { [descriptor] in
            let bytes = Array((line + "\n").utf8)
            _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            whenWritten()
        }
    }

    /// Returns when everything is written.
    func close() { queue.sync {} }
}
