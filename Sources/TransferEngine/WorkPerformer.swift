import Content

/// Does what a machine decides.
protocol WorkPerformer: Sendable {
    func perform(_ work: Work) async -> WorkResult
    /// What a source says of pulls that are left, after something that may have been one.
    func allowance(after work: Work) -> PullAllowance?
}

/// Workers that take works from a scheduler until its run is over.
struct WorkerPool {
    let scheduler: TransferScheduler
    let performer: any WorkPerformer
    let clock: any TransferClock
    /// What the works run on, in turns; none: wherever tasks run.
    var executors: [any TaskExecutor] = []

    /// - Parameter workers: one of them watches the clock.
    func run(workers: Int) async {
        await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<workers {
                    let place = executors.isEmpty ? nil : executors[number % executors.count]
                    group.addTask(executorPreference: place) { await work() }
                }
            }
        } onCancel: {
            Task { await scheduler.stop() }
        }
    }

    private func work() async {
        while let assignment = await scheduler.nextAssignment() {
            switch assignment {
            case .work(let work):
                let result = await performer.perform(work)
                await scheduler.finish(work, result, performer.allowance(after: work))
            case .sleep(let deadline):
                try? await clock.sleep(until: deadline)
                await scheduler.wake(at: deadline)
            }
        }
    }
}

extension [TransferItem] {
    /// As many workers as can have something to do at once; an idle one costs a suspended task.
    func workers(connections: Int) -> Int {
        var stores: Set<StoreID> = []
        for item in self { stores.formUnion([item.source.store, item.target.store]) }
        let lanes = 2 * stores.count * Swift.max(1, connections)
        // One more, to watch the clock.
        return Swift.min(lanes, 512) + 1
    }
}
