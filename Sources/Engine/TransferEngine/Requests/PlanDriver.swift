// SPDX-License-Identifier: Apache-2.0

import Content

/// Gives a plan's requests to workers, and their answers to the plan. Makes no decisions itself.
///
/// There is one actor for the whole run. A hop to it takes less than 0.1 µs, and a task for every request would take
/// memory.
actor PlanDriver<P: Plan> {
    /// What a worker is to do next.
    private enum Assignment {
        case request(Queued<P.Request>)
        /// There is nothing to do before then, and no other worker watches the clock.
        case sleep(until: Duration)
    }

    private var plan: P
    private let clock: any TransferClock
    private let receive: @Sendable (P.Event) async -> Void
    private let mailbox = Mailbox<P.Event>()
    private var idle: [CheckedContinuation<Assignment?, Never>] = []
    /// The time until which one worker sleeps for all of them.
    private var watchedDeadline: Duration?

    /// - Parameter receive: called with each event in order, one at a time. It may be slow.
    init(_ plan: P, clock: any TransferClock, receive: @escaping @Sendable (P.Event) async -> Void = { _ in }) {
        self.plan = plan
        self.clock = clock
        self.receive = receive
    }

    /// Runs the plan to its end or, if the task is cancelled, until the running requests have finished.
    ///
    /// - Parameters:
    ///   - workers: the number of requests that can run at once, plus one worker that watches the clock.
    ///   - executors: the executors that run the workers, in round-robin order. Empty: the default executor.
    ///   - eventExecutor: the executor that calls `receive`, which may block it. nil: the default executor.
    /// - Returns: the plan as it ended, once every event was received.
    nonisolated func run(
        _ performer: some Performer<P.Request, P.Answer>, workers: Int, on executors: [any TaskExecutor] = [],
        events eventExecutor: (any TaskExecutor)? = nil
    ) async -> P {
        await withTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: eventExecutor) { await self.tell() }
            await withTaskCancellationHandler {
                await work(performer, workers: workers, on: executors)
            } onCancel: {
                Task { await stop() }
            }
            mailbox.close()
        }
        return await plan
    }

    /// The plan's current progress.
    var state: PlanState { plan.state }

    private nonisolated func tell() async {
        while let events = await mailbox.take() {
            // The mailbox has room again.
            if events.count >= Mailbox<P.Event>.limit { await wakeIdle() }
            for event in events { await receive(event) }
        }
    }

    private nonisolated func work(
        _ performer: some Performer<P.Request, P.Answer>, workers: Int, on executors: [any TaskExecutor]
    ) async {
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<workers {
                let place = executors.isEmpty ? nil : executors[number % executors.count]
                group.addTask(executorPreference: place) { await self.work(performer) }
            }
        }
    }

    private nonisolated func work(_ performer: some Performer<P.Request, P.Answer>) async {
        while let assignment = await nextAssignment() {
            switch assignment {
            case .request(let queued):
                let answer = await performer.perform(queued)
                let allowance = queued.request.tellingLane.flatMap { performer.allowance(of: $0.store, on: $0.side) }
                await finish(queued, with: answer, leaving: allowance)
            case .sleep(let deadline):
                try? await clock.sleep(until: deadline)
                await wake(at: deadline)
            }
        }
    }

    /// Waits for the next thing to do; nil when the run is over.
    private func nextAssignment() async -> Assignment? {
        if Task.isCancelled { plan.stop() }
        if let assignment = assign() { return assignment }
        if plan.isDone {
            wakeIdle()
            return nil
        }
        return await withCheckedContinuation { idle.append($0) }
    }

    /// - Parameter allowance: the remaining pulls that the store has reported.
    private func finish(_ queued: Queued<P.Request>, with answer: P.Answer, leaving allowance: PullAllowance?) {
        // The worker's request was cancelled, and no other may begin in its place.
        if Task.isCancelled { plan.stop() }
        if let allowance, let lane = queued.request.tellingLane { plan.note(allowance, of: lane.store) }
        plan.finish(queued, answer, now: clock.now)
        publish()
        wakeIdle()
    }

    /// The sleeping worker woke up. Another worker may sleep now.
    private func wake(at deadline: Duration) {
        if watchedDeadline == deadline { watchedDeadline = nil }
        wakeIdle()
    }

    private func stop() {
        plan.stop()
        wakeIdle()
    }

    private func assign() -> Assignment? {
        let now = clock.now
        plan.admits = !mailbox.isFull
        defer { publish() }
        if let queued = plan.next(now: now) { return .request(queued) }
        guard let deadline = plan.nextDeadline else { return nil }
        if let watchedDeadline, watchedDeadline <= deadline { return nil }
        watchedDeadline = deadline
        return .sleep(until: deadline)
    }

    private func publish() { mailbox.put(plan.takeEvents()) }

    /// Gives requests to idle workers, and ends the workers when the run is over.
    private func wakeIdle() {
        while !idle.isEmpty, let assignment = assign() { idle.removeLast().resume(returning: assignment) }
        guard plan.isDone else { return }
        for worker in idle { worker.resume(returning: nil) }
        idle.removeAll()
    }
}
