// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Files
import OCI

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file of lines. A queue of its own writes them in order, so that callers never wait for a disk.
final class LineLog: Sendable {
    private let outlet: Outlet
    private let queue = DispatchQueue(label: "line-log")
    /// Called once with the reason why lines are lost.
    private let lost: @Sendable (String) -> Void

    /// - Parameter path: appended to; `-` is standard error.
    init(_ path: String, lost: @escaping @Sendable (String) -> Void) throws {
        self.lost = lost
        guard path != "-" else {
            outlet = Outlet(descriptor: STDERR_FILENO, name: "standard error")
            return
        }
        do throws(FileProblem) { outlet = Outlet(try OpenFile(appending: path), stallLimit: .seconds(30)) } catch {
            throw CommandFailure.usage(["cannot write \(path.displayable): \(error.reason)"])
        }
    }

    /// - Parameter whenWritten: called on the log's queue when the line is written or finally lost.
    func append(_ line: String, whenWritten: @escaping @Sendable () -> Void = {}) {
        queue.async { [outlet, lost] in
            defer { whenWritten() }
            guard outlet.problem == nil, !outlet.write(line + "\n"), let problem = outlet.problem else { return }
            lost("cannot write \(problem.path.displayable): \(problem.reason); the log ends here")
        }
    }

    /// Whether lines could not be written.
    var hasLost: Bool { outlet.problem != nil }

    /// Returns when everything is written.
    func close() {
        queue.sync {}
    }
}
