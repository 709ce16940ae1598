// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Waiting

/// Lets something inside a run end it, and limits how long the program waits for an interrupted run.
final class Stopper: Sendable {
    private let task = Mutex<Task<Void, Never>?>(nil)
    private let stopped = Mutex(false)

    func stop() {
        stopped.withLock { $0 = true }
        task.withLock { $0 }?.cancel()
    }

    /// Runs `work` until it ends or `stop` is called. If the calling task is cancelled, the work gets a part of the
    /// grace period to end cleanly. After that this function does not wait any longer, for example for a target that
    /// does not answer.
    func running(_ work: @escaping @Sendable () async -> Void) async {
        let running = Task { await work() }
        task.withLock { $0 = running }
        if stopped.withLock({ $0 }) { running.cancel() }
        let cancelled = FirstEnd()
        await withTaskCancellationHandler {
            await running.ended {
                await cancelled.wait()
                try? await Task.sleep(for: Interruption.graceOfRun)
            }
        } onCancel: {
            running.cancel()
            cancelled.come()
        }
        // Releases the task that waits for a cancellation.
        cancelled.come()
    }
}
