// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Tasks of a run that no request waits for. The run waits for them at its end.
final class BackgroundTasks: Sendable {
    private struct State {
        var running: [Int: Task<Void, Never>] = [:]
        var count = 0
    }

    private let state = Mutex(State())

    /// How many tasks may run at once. A caller with one more does its work itself.
    static let most = 32

    /// - Parameter work: ends by itself, even if the calling task is cancelled.
    func run(_ work: @escaping @Sendable () async -> Void) async {
        let hasBegun = state.withLock { state in
            guard state.running.count < Self.most else { return false }
            let number = state.count
            state.count += 1
            state.running[number] = Task {
                await work()
                self.end(number)
            }
            return true
        }
        if !hasBegun { await work() }
    }

    /// Waits for all running tasks.
    func finish() async {
        while let next = state.withLock({ $0.running.values.first }) { await next.value }
    }

    private func end(_ number: Int) { state.withLock { _ = $0.running.removeValue(forKey: number) } }
}
