// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Runs tasks on an event loop. A small request is answered by the thread that received it, because a switch to another
/// thread costs more than the request.
final class EventLoopTaskExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
