// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// Runs tasks on an event loop, which also serves their connections. An answer is handled on the thread where it arrives.
/// Waking another thread would cost more than most answers.
///
/// For tasks that send requests and wait. Blocking work, such as reading files, would delay connections.
package final class EventLoopExecutor: TaskExecutor {
    /// One executor for each event loop of this process. Tasks that are spread over them keep every core busy.
    package static let all = MultiThreadedEventLoopGroup.singleton.makeIterator().map(EventLoopExecutor.init)

    private let loop: any EventLoop

    private init(_ loop: any EventLoop) { self.loop = loop }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
