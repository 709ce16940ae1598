// SPDX-License-Identifier: Apache-2.0

import Dispatch

/// A thread for the output of a run. If a terminal, a pipe or a disk blocks it, nothing else is blocked.
final class OutputThread: TaskExecutor {
    private let queue = DispatchQueue(label: "output")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
