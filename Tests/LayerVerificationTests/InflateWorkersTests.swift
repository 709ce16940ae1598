// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import LayerVerification

@Suite struct InflateWorkersTests {
    private struct Seen {
        var running = 0
        var most = 0
        var done: [Int] = []
    }

    /// Submits jobs that look who else is running, and waits for all of them.
    private func run(_ count: Int, on workers: InflateWorkers) async -> Seen {
        let seen = Mutex(Seen())
        await withCheckedContinuation { continuation in
            for job in 0..<count {
                workers.submit {
                    seen.withLock { seen in
                        seen.running += 1
                        seen.most = max(seen.most, seen.running)
                    }
                    let isLast = seen.withLock { seen in
                        seen.running -= 1
                        seen.done.append(job)
                        return seen.done.count == count
                    }
                    if isLast { continuation.resume() }
                }
            }
        }
        return seen.withLock { $0 }
    }

    @Test(arguments: [1, 2, 3]) func `never runs more at once than it has threads`(threads: Int) async {
        let seen = await run(200, on: InflateWorkers(threads: threads))
        #expect(seen.most <= threads && seen.done.count == 200)
    }

    @Test func `one thread works in the order of submission`() async {
        #expect(await run(100, on: InflateWorkers(threads: 1)).done == Array(0..<100))
    }
}

@Suite struct ByteBudgetTests {
    @Test func `who does not fit waits until something is given back, in order`() async {
        let budget = ByteBudget(10)
        await budget.take(8)
        let order = Order()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<3 {
                group.addTask {
                    await budget.take(5)
                    order.add(number)
                    budget.give(back: 5)
                }
                // The next one only once this one waits.
                while budget.waiting <= number { await Task.yield() }
            }
            #expect(budget.used == 8 && order.numbers.isEmpty)
            budget.give(back: 8)
        }
        #expect(order.numbers.count == 3)
        #expect(budget.used == 0 && budget.waiting == 0)
    }

    @Test func `more than there is fits alone`() async {
        let budget = ByteBudget(10)
        await budget.take(1000)
        #expect(budget.used == 1000)
        budget.give(back: 1000)
        #expect(budget.used == 0)
    }
}

private final class Order: Sendable {
    private let state = Mutex<[Int]>([])
    var numbers: [Int] { state.withLock { $0 } }
    func add(_ number: Int) { state.withLock { $0.append(number) } }
}
