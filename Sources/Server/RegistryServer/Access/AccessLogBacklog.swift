// SPDX-License-Identifier: Apache-2.0

import OCI
import Synchronization

/// A bounded buffer of access log lines that wait for a slow disk. Lines that do not fit are lost and counted.
package final class AccessLogBacklog: Sendable {
    private struct State {
        /// The bytes of lines that are not written yet.
        var waiting = 0
        var lost = 0
    }

    private let limit: Int
    private let write: @Sendable (_ line: String, _ whenWritten: @escaping @Sendable () -> Void) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: the maximum number of waiting bytes.
    ///   - write: passes a line to the log without blocking. Calls back when the line is written or finally lost.
    package init(
        limit: Int,
        write: @escaping @Sendable (_ line: String, _ whenWritten: @escaping @Sendable () -> Void) -> Void
    ) {
        self.limit = limit
        self.write = write
    }

    /// Passes a line to the log. If lines were lost before it, a line with their number comes first: `{"lost":12}`.
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

    /// Writes the number of lines that were lost since the last line, if any. Call it after the last line.
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
