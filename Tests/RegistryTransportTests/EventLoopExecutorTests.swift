// SPDX-License-Identifier: Apache-2.0

import NIOPosix
import RegistryTransport
import Testing

@Suite struct EventLoopExecutorTests {
    private var isOnLoop: Bool { MultiThreadedEventLoopGroup.currentEventLoop != nil }

    @Test func `tasks run on the loop they were sent to, do so again after they have waited, and others stay away`()
        async
    {
        let executors = EventLoopExecutor.all
        #expect(!executors.isEmpty)
        let places = await withTaskGroup(of: [Bool].self) { group in
            for number in 0..<100 {
                group.addTask(executorPreference: executors[number % executors.count]) {
                    let before = isOnLoop
                    await Task.yield()
                    async let child = isOnLoop
                    return [before, isOnLoop, await child]
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(places.count == 300 && places.allSatisfy { $0 })
        async let elsewhere = isOnLoop
        #expect(await !elsewhere)
    }
}
