// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Work that several callers await. It runs in its own task, so that it continues if the first caller is cancelled. It is
/// cancelled when all waiting callers have been cancelled.
package final class SharedTask<Success: Sendable>: Sendable {
    private let task: Task<Success, Never>
    private let waiting = Mutex(0)

    package init(_ work: @escaping @Sendable () async -> Success) { task = Task { await work() } }

    /// It has no waiters any more. A new caller begins anew.
    package var isAbandoned: Bool { task.isCancelled }

    /// The number of callers that wait and were not cancelled.
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
