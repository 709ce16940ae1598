import NIOPosix
import RegistryTransport
import Testing

@Suite struct EventLoopExecutorTests {
    private var isOnLoop: Bool { MultiThreadedEventLoopGroup.currentEventLoop != nil }

    @Test func `tasks run on event loops, and do so again after they have waited`() async {
        let places = await withTaskGroup(of: [Bool].self) { group in
            for _ in 0..<100 {
                group.addTask(executorPreference: EventLoopExecutor.shared) {
                    let before = isOnLoop
                    await Task.yield()
                    async let child = isOnLoop
                    return [before, isOnLoop, await child]
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(places.count == 300 && places.allSatisfy { $0 })
    }

    @Test func `tasks that were not sent there stay away`() async {
        #expect(!isOnLoop)
    }
}
