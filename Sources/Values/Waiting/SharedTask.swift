// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Work several await. It runs in a task of its own: that the first to ask is cancelled is no reason for the others to go
/// without. Once everybody who waits has been cancelled, so is the work.
package final class SharedTask<Success: Sendable>: Sendable {
    private let task: Task<Success, Never>
    private let waiting = Mutex(0)

    package init(_ work: @escaping @Sendable () async -> Success) { task = Task { await work() } }

    /// Nobody waits for it any more: whoever comes now begins anew.
    package var isAbandoned: Bool { task.isCancelled }

    /// How many asked and were not cancelled.
    var waiters: Int { waiting.withLock { $0 } }

    package func value() async -> Success {
        waiting.withLock { $0 += 1 }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            let isLast = waiting.withLock { count in
                count -= 1
                return count == 0
            }
            if isLast { task.cancel() }
        }
    }
}
