// SPDX-License-Identifier: Apache-2.0

package import Content

/// Sends small writes to one store, such as deletions. As many run at once as the store accepts, and a failed write is
/// retried as the policy says, until a time limit.
package struct StoreWrites<Write: Hashable & Sendable>: Sendable {
    package typealias Answer = Result<Void, ContentFailure>

    package var settings: RequestSettings
    package var clock: any TransferClock
    /// Called when the store is paused, with the length of the pause.
    package var paused: PauseHandler
    /// The executors that send, in round-robin order. Empty: the default executor.
    package var executors: [any TaskExecutor] = []
    private let store: StoreID
    private let send: @Sendable (Write) async throws(ContentFailure) -> Void

    package init(
        to store: StoreID, settings: RequestSettings, clock: any TransferClock = SystemTransferClock(),
        paused: @escaping PauseHandler = { _, _, _ in },
        send: @escaping @Sendable (Write) async throws(ContentFailure) -> Void
    ) {
        self.store = store
        self.settings = settings
        self.clock = clock
        self.paused = paused
        self.send = send
    }

    /// Sends the writes, each once. They begin in their order.
    ///
    /// - Parameter deadline: the time of `clock` from which on no write begins. If the store asks for a pause that ends
    ///   later, nobody waits for its end.
    /// - Returns: the final answers. A write that did not get one in time has its last failure. It is missing if there was
    ///   none.
    package func answers(to writes: [Write], until deadline: Duration) async -> [Write: Answer] {
        let performer = Questioner<WriteRequest<Write>, Void> { [send] request throws(ContentFailure) in
            try await send(request.write)
        }
        return await PlanDriver(WritePlan(writes, to: store, until: deadline, settings: settings), clock: clock) {
            [paused] event in event.tell(paused)
        }.run(
            performer, asking: [store], connections: settings.connectionsPerStore, seenBy: TransferMeter(),
            on: executors
        )
        .answers
    }
}

private struct WriteRequest<Write: Hashable & Sendable>: StoreRequest {
    let store: StoreID
    let write: Write

    var lanes: RequestStores { RequestStores(writing: store) }
    var priority: RequestPriority { .begin }
}

/// Decides which writes are sent, and when it is too late for more. Pure.
private struct WritePlan<Write: Hashable & Sendable>: Plan {
    typealias Request = WriteRequest<Write>

    var admits = true
    private(set) var answers: [Write: Result<Void, ContentFailure>] = [:]
    private var requests: RequestMachine<Request>
    private var events: [InquiryEvent<Never>] = []
    private let deadline: Duration

    init(_ writes: [Write], to store: StoreID, until deadline: Duration, settings: RequestSettings) {
        self.deadline = deadline
        requests = RequestMachine(settings: settings)
        var seen: Set<Write> = []
        for write in writes where seen.insert(write).inserted {
            requests.append(WriteRequest(store: store, write: write), for: 0)
        }
    }

    var state: PlanState { requests.state }
    var isDone: Bool { requests.isStopping ? requests.isIdle : requests.isEmpty }
    var nextDeadline: Duration? { requests.nextDeadline }

    mutating func next(now: Duration) -> Queued<Request>? {
        if now >= deadline { stop() }
        if let queued = requests.take(now: now) {
            requests.begin(queued, now: now)
            return queued
        }
        // Whatever waits would begin too late, and no running write can change that.
        if requests.isIdle, let next = requests.nextDeadline, next >= deadline { stop() }
        return nil
    }

    mutating func finish(_ queued: Queued<Request>, _ answer: Result<Void, TransferFailure>, now: Duration) {
        guard case .failure(let failure) = answer else {
            requests.succeeded(queued, now: now)
            answers[queued.request.write] = .success(())
            return
        }
        answers[queued.request.write] = .failure(failure.cause)
        if case .notBefore(let pause) = failure.cause.retry, now + pause >= deadline { stop() }
        guard case .again(_, _, _, let rest?) = requests.failed(queued, failure, now: now), let pause = rest.pause
        else { return }
        events.append(.trouble(.paused(rest.store, for: pause, because: rest.reason)))
    }

    mutating func note(_ allowance: PullAllowance, of store: StoreID) {}

    mutating func stop() { requests.stop() }

    mutating func takeEvents() -> [InquiryEvent<Never>] {
        defer { events.removeAll() }
        return events
    }
}
