// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// Runs tasks on an event loop, which carries their connections then: an answer is taken up where it arrives, and no other
/// thread is woken for it, which costs more than most answers.
///
/// For tasks that ask and wait. What blocks, a file's bytes for one, holds up connections here.
package final class EventLoopExecutor: TaskExecutor {
    /// One for each loop of this process; tasks that are spread over them keep every core busy.
    package static let all = MultiThreadedEventLoopGroup.singleton.makeIterator().map(EventLoopExecutor.init)

    private let loop: any EventLoop

    private init(_ loop: any EventLoop) { self.loop = loop }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
