// SPDX-License-Identifier: Apache-2.0

import OCI
import Synchronization

/// The lines of an access log that wait for a slow disk, bounded: what does not fit is counted instead of kept.
package final class AccessLogBacklog: Sendable {
    private struct State {
        /// Bytes of lines that were handed over and are not written.
        var waiting = 0
        var lost = 0
    }

    private let limit: Int
    private let write: @Sendable (_ line: String, _ whenWritten: @escaping @Sendable () -> Void) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: bytes that may wait.
    ///   - write: hands a line to the log without blocking; calls back when it is written or lost for good.
    package init(
        limit: Int,
        write: @escaping @Sendable (_ line: String, _ whenWritten: @escaping @Sendable () -> Void) -> Void
    ) {
        self.limit = limit
        self.write = write
    }

    /// Hands a line over, after one that says how many were lost before it: `{"lost":12}`.
    package func append(_ line: String) {
        let lines = state.withLock { state -> [String] in
            guard state.waiting <= limit - line.utf8.count else {
                state.lost += 1
                return []
            }
            let lines = (state.lost > 0 ? [Self.lost(state.lost)] : []) + [line]
            state.lost = 0
            state.waiting += lines.reduce(0) { $0 + $1.utf8.count }
            return lines
        }
        for line in lines { hand(line) }
    }

    /// Says what was lost since the last line, where anything was. Call when nothing more comes.
    package func finish() {
        let lost = state.withLock { state in
            defer { state.lost = 0 }
            return state.lost
        }
        if lost > 0 { write(Self.lost(lost)) {} }
    }

    private func hand(_ line: String) {
        let size = line.utf8.count
        write(line) { [self] in state.withLock { $0.waiting -= size } }
    }

    private static func lost(_ count: Int) -> String { JSON.object(["lost": JSON(count)]).text }
}
