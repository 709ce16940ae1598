import NIOCore
import NIOPosix

/// Runs tasks on the event loops that carry their connections, so that an answer is taken up where it arrives: no other
/// thread is woken for it, which costs more than most answers.
///
/// For tasks that ask and wait. What blocks, a file's bytes for one, holds up connections here.
package final class EventLoopExecutor: TaskExecutor {
    package static let shared = EventLoopExecutor()

    private let group = MultiThreadedEventLoopGroup.singleton

    private init() {}

    /// On the loop this is called from, if it is called from one.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        group.any().execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
