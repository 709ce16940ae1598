import Content

/// Gives works to workers and results to the machine; holds no decision of its own.
///
/// One actor for the whole run: a hop costs less than a tenth of a microsecond, a task for every job would cost memory.
actor TransferScheduler {
    /// What a worker is to do next.
    enum Assignment {
        case work(Work)
        /// Nothing to do before then, and nobody else is watching the clock.
        case sleep(until: Duration)
    }

    private var machine: TransferMachine
    private let clock: any TransferClock
    private let observer: any TransferObserver
    private var idle: [CheckedContinuation<Assignment?, Never>] = []
    /// Until when a worker sleeps on behalf of all.
    private var watchedDeadline: Duration?

    init(machine: TransferMachine, clock: any TransferClock, observer: any TransferObserver) {
        self.machine = machine
        self.clock = clock
        self.observer = observer
    }

    /// Waits for the next thing to do; nil when the run is over.
    func nextAssignment() async -> Assignment? {
        if let assignment = assign() { return assignment }
        if machine.isDone {
            wakeIdle()
            return nil
        }
        return await withCheckedContinuation { idle.append($0) }
    }

    /// - Parameter allowance: what the store said of pulls that are left.
    func finish(_ work: Work, _ result: WorkResult, _ allowance: PullAllowance?) {
        if let allowance, let store = work.task.lanes.reading { machine.note(allowance, of: store) }
        machine.finish(work, result, now: clock.now)
        publish()
        wakeIdle()
    }

    /// The sleeper woke: others may sleep now.
    func wake(at deadline: Duration) {
        if watchedDeadline == deadline { watchedDeadline = nil }
        wakeIdle()
    }

    /// Ends the run early: what runs may finish, nothing begins.
    func stop() {
        machine.stop()
        wakeIdle()
    }

    /// After the run: sessions that somebody has to end.
    var openSessions: [(store: StoreID, session: UploadSession)] { machine.openSessions }

    private func assign() -> Assignment? {
        let now = clock.now
        defer { publish() }
        if let work = machine.next(now: now) { return .work(work) }
        guard let deadline = machine.nextDeadline else { return nil }
        if let watchedDeadline, watchedDeadline <= deadline { return nil }
        watchedDeadline = deadline
        return .sleep(until: deadline)
    }

    private func publish() {
        for event in machine.takeEvents() { observer.receive(event) }
    }

    /// Hands what there is to those who wait, and sends them home when the run is over.
    private func wakeIdle() {
        while !idle.isEmpty, let assignment = assign() { idle.removeLast().resume(returning: assignment) }
        guard machine.isDone else { return }
        for worker in idle { worker.resume(returning: nil) }
        idle.removeAll()
    }
}
