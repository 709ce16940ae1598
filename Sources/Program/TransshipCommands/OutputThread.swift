// SPDX-License-Identifier: Apache-2.0

import Dispatch

/// A thread for writing what a run tells. A terminal, a pipe or a disk may hold it up without holding up anything else.
final class OutputThread: TaskExecutor {
    private let queue = DispatchQueue(label: "output")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
