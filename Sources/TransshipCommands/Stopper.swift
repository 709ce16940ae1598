import Synchronization

/// Lets something inside a run end it.
final class Stopper: Sendable {
    private let task = Mutex<Task<Void, Never>?>(nil)
    private let stopped = Mutex(false)

    func stop() {
        stopped.withLock { $0 = true }
        task.withLock { $0 }?.cancel()
    }

    /// Runs `work` until it ends, `stop` is called, or the calling task is cancelled.
    func running(_ work: @escaping @Sendable () async -> Void) async {
        let running = Task { await work() }
        task.withLock { $0 = running }
        if stopped.withLock({ $0 }) { running.cancel() }
        await withTaskCancellationHandler {
            await running.value
        } onCancel: {
            running.cancel()
        }
    }
}
