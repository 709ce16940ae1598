// SPDX-License-Identifier: Apache-2.0

import Content

/// Decides when each request is sent, and what happens when it fails, for any kind of request.
///
/// Requests wait by priority until the lanes of their stores have room and, if a store has a rate limit, until it is their
/// turn. A lane learns how many requests its store accepts. A store that asks for a pause, or returns only errors, is
/// paused by itself. If a source counts pulls, no more run at once than are left. A failed request is retried as long as
/// that makes sense. Time is a parameter, and randomness comes from a seed.
struct RequestMachine<Request: StoreRequest>: Sendable {
    typealias Entry = Queued<Request>

    /// What happens with a failed request.
    enum Verdict: Sendable {
        /// The request is no longer needed.
        case dropped
        case failed(TransferFailure)
        /// The request will be retried.
        ///
        /// - Parameter rest: the pause of its store, which applies to all requests of the store; nil: only this request
        ///   waits.
        case again(Entry, after: Duration, TransferFailure, rest: Rest?)
    }

    /// A paused store.
    struct Rest: Sendable {
        var store: StoreID
        var reason: PauseReason
        /// The store was not paused before.
        var isNew: Bool
        /// The pause to report; nil if it was reported for another request.
        var pause: StorePause?
    }

    let settings: RequestSettings
    private var queue = ReadyQueue<Request>()
    private var lanes: LaneTable
    private var turns: RequestTurns
    private var memory: MemoryBudget
    private var pulls: [StoreID: PullGate] = [:]
    /// The end of each store's pause, as reported so far.
    private var pauseToldUntil: [StoreID: Duration] = [:]
    private var nextID = 0
    /// The start times of running requests, by their numbers.
    private var running: [Int: Duration] = [:]
    private var jitter: JitterSource
    private(set) var isStopping = false
    /// The time of the last call of `take`.
    private var now: Duration = .zero

    init(settings: RequestSettings) {
        self.settings = settings
        lanes = LaneTable(ceiling: settings.connectionsPerStore)
        turns = RequestTurns(settings.intervals)
        memory = MemoryBudget(limit: settings.transitBytes, perBlob: settings.transitBytesPerBlob)
        jitter = JitterSource(seed: settings.seed)
    }

    /// The current use of the stores.
    var state: PlanState {
        var state = PlanState()
        state.lanes = lanes.states
        return state
    }

    // MARK: - Sending

    mutating func append(_ request: Request, for item: ItemID) {
        queue.append(Entry(id: nextID, request: request, item: item))
        nextID += 1
        if request.holdsBytes, let size = request.bytesMoved { memory.take(size) }
    }

    /// Puts a request back into the queue that `take` returned and that did not begin.
    mutating func putBack(_ entry: Entry) { queue.append(entry) }

    /// Forgets a request that `take` returned and that is not needed.
    mutating func drop(_ entry: Entry) {
        if entry.request.holdsBytes, let size = entry.request.bytesMoved { memory.give(size) }
    }

    /// The next request that may be sent now. The caller reports with `begin` that it is sent.
    ///
    /// - Returns: nil while everything waits for a running request, or for `nextDeadline`.
    mutating func take(now: Duration) -> Entry? {
        self.now = now
        guard !isStopping else { return nil }
        queue.wake(now: now)
        let (lanes, turns, memory, pulls, counted) = (lanes, turns, memory, pulls, settings.countedSources)
        return queue.take { line, use in
            if let store = line.pulledStore, pulls[store]?.isClosed(whereCounted: counted.contains(store)) == true {
                return false
            }
            return turns.isDue(line.lanes, now: now)
                && lanes.hasRoom(in: line.lanes, for: use, now: now)
        } fits: {
            memory.fits($0)
        }
    }

    mutating func begin(_ entry: Entry, now: Duration) {
        let use = entry.request.laneUse
        lanes.enter(entry.request.lanes, use)
        turns.take(entry.request.lanes, moving: use != .smallRequest, now: now)
        if !entry.request.holdsBytes, let size = entry.request.bytesMoved { memory.take(size) }
        if let store = entry.request.pulledStore { pulls[store, default: PullGate()].running += 1 }
        running[entry.id] = now
    }

    private mutating func end(_ entry: Entry) {
        lanes.leave(entry.request.lanes, entry.request.laneUse)
        if let size = entry.request.bytesMoved { memory.give(size) }
        if let store = entry.request.pulledStore { pulls[store]?.running -= 1 }
    }

    /// When `take` may return a request although no request has finished: a retry is due, a lane opens, or a store has its
    /// turn.
    var nextDeadline: Duration? {
        guard !isStopping, queue.count > 0 else { return nil }
        return [queue.nextDue, lanes.nextOpening(after: now), turns.nextTurn(after: now)].compactMap { $0 }.min()
    }

    /// Hands out no further requests. Running requests may finish; the others are not sent.
    mutating func stop() { isStopping = true }

    var isIdle: Bool { running.isEmpty }

    /// True if no request runs or waits.
    var isEmpty: Bool { running.isEmpty && queue.count == 0 }

    /// The waiting requests, in no particular order.
    var waiting: [Request] { queue.all.map(\.request) }

    // MARK: - Pulls

    /// Takes note of the pulls that a store has left.
    mutating func note(_ allowance: PullAllowance, of store: StoreID) {
        pulls[store, default: PullGate()].remaining = allowance.remaining
    }

    /// Whether a store counts pulls. Then an additional request is worthwhile if it saves a pull.
    func countsPulls(_ store: StoreID) -> Bool {
        pulls[store]?.remaining != nil || settings.countedSources.contains(store)
    }

    /// The failure that a request would certainly meet. One answer is enough to know that its store will return nothing.
    func knownFailure(of entry: Entry) -> TransferFailure? {
        guard let store = entry.request.lanes.store, let gate = pulls[store] else {
            return nil
        }
        let known = entry.request.isPull ? gate.usedUp ?? gate.refusesAll : gate.refusesAll
        return known?.ofRequestNotSent
    }

    // MARK: - Answers

    mutating func succeeded(_ entry: Entry, now: Duration) {
        let began = beginning(of: entry)
        lanes.succeeded(entry.request.lanes, entry.request.priority, after: now - began, now: now)
        if let side = entry.refused?.side, let store = entry.request.lanes[side] { lanes[store, side].noteRecovery() }
        if let store = entry.request.pulledStore { pulls[store]?.hasAnswered = true }
        end(entry)
    }

    /// - Parameter isWanted: the answer is still needed.
    mutating func failed(
        _ entry: Entry, _ failure: TransferFailure, isWanted: Bool = true, now: Duration
    ) -> Verdict {
        let began = beginning(of: entry)
        defer { end(entry) }
        var (entry, failure) = (entry, failure)
        failure.attempts = entry.attempt
        let store = storeConcerned(by: failure, of: entry.request)
        let isAlone = store.map { isRefusedAlone(&entry, failure, by: lanes[$0, failure.side]) } ?? false
        let isDown = !isAlone && store.map { mayBeDown($0, failure, begunAt: began) } ?? false
        if !isAlone, failure.cause.saysTooMuch || isDown, let store {
            lanes[store, failure.side].refused(begunAt: began, now: now)
        }
        if isDown, let store { lanes[store, failure.side].noteOutage() }
        if failure.cause.isOutOfDescriptors { lanes.refused(entry.request.lanes, begunAt: began, now: now) }
        guard isWanted else { return .dropped }
        if failure.cause.isDamage { entry.damaged.append(failure.cause) }
        switch isStopping ? .giveUp : decide(&entry, failure, at: store, isAlone: isAlone, isDown: isDown, now: now) {
        case .giveUp:
            if failure.cause.isPullQuota, let store {
                pulls[store, default: PullGate()].refused(failure, isPull: entry.request.isPull)
            }
            failure.cause = failure.cause.telling(damaged: entry.damaged)
            return .failed(failure)
        case .again(let delay): return repeated(entry, after: delay, failure, now: now)
        case .pauseStore(let pause):
            let reason = isDown ? PauseReason.outage : .asked
            let begun = store.map { rest($0, for: pause, because: reason, failure.cause, now: now) }
            entry.refusals += 1
            return repeated(entry, after: pause, failure, rest: begun, now: now)
        }
    }

    /// Whether a store is paused. Its two lanes close together.
    func isPaused(_ store: StoreID, now: Duration) -> Bool { lanes[reading: store].closedUntil > now }

    private mutating func beginning(of entry: Entry) -> Duration {
        guard let began = running.removeValue(forKey: entry.id) else {
            preconditionFailure("a request finishes once")
        }
        return began
    }

    private mutating func repeated(
        _ entry: Entry, after delay: Duration, _ failure: TransferFailure, rest: Rest? = nil, now: Duration
    ) -> Verdict {
        var again = entry
        again.request = entry.request.again
        // If the try made progress, tries are counted anew from the new position in the blob.
        again.attempt += 1
        if failure.advanced > 0 { (again.attempt, again.refusals) = (1, 0) }
        queue.append(again, notBefore: now + delay)
        return .again(again, after: delay, failure, rest: rest)
    }

    /// The store that a failure concerns; nil if the failure concerns only the content of the request.
    private func storeConcerned(by failure: TransferFailure, of request: Request) -> StoreID? {
        guard !failure.cause.isOfForeignHost,
            request.mayIndicateOutage || failure.cause.kind == .rateLimited
        else { return nil }
        return request.lanes[failure.side]
    }

    /// Whether a failure concerns the whole store.
    private func mayBeDown(_ store: StoreID, _ failure: TransferFailure, begunAt start: Duration) -> Bool {
        settings.retry.isOutage(
            failure.cause, lastSuccess: lanes[store, failure.side].lastSuccess, begunAt: start)
    }

    /// Takes note of a refusal, and returns whether it concerns only this request.
    private func isRefusedAlone(_ entry: inout Entry, _ failure: TransferFailure, by lane: Lane) -> Bool {
        guard failure.cause.mayConcernRequestAlone else { return false }
        guard var record = entry.refused, record.side == failure.side else {
            entry.refused = RefusalRecord(on: failure.side, by: lane)
            return false
        }
        // Tries that failed because of the store's rate limit say nothing about the request.
        if record.add(by: lane), failure.cause.asksForPause { entry.refusals = max(entry.refusals, entry.attempt - 1) }
        entry.refused = record
        return settings.retry.concernsRequestAlone(failure.cause, record, by: lane)
    }

    private mutating func rest(
        _ store: StoreID, for pause: Duration, because reason: PauseReason, _ cause: ContentFailure, now: Duration
    ) -> Rest {
        let isNew = !isPaused(store, now: now)
        lanes.close(store, until: now + pause)
        var told = pauseToTell(of: store, isNew: isNew, now: now)
        told?.cause = cause
        return Rest(store: store, reason: reason, isNew: isNew, pause: told)
    }

    /// All requests in flight are refused because of the same pause, with slightly different lengths. They are reported as
    /// one pause.
    private mutating func pauseToTell(of store: StoreID, isNew: Bool, now: Duration) -> StorePause? {
        let until = lanes[reading: store].closedUntil
        let added = until - max(now, isNew ? .zero : pauseToldUntil[store] ?? .zero)
        guard isNew || added >= .seconds(1) else { return nil }
        pauseToldUntil[store] = until
        return isNew ? StorePause(until - now) : StorePause(until - now, added: added)
    }

    private mutating func decide(
        _ entry: inout Entry, _ failure: TransferFailure, at store: StoreID?, isAlone: Bool, isDown: Bool,
        now: Duration
    ) -> RetryDecision {
        let random = Double.random(in: 0..<1, using: &jitter)
        if failure.cause.isPullQuota, !settings.waitsForPulls { return .giveUp }
        if failure.cause.isOutOfDescriptors { waitForDescriptors(&entry, now: now) }
        let attempt = max(1, entry.attempt - entry.refusals)
        if isAlone {
            let waited = now - (entry.limitedSince ?? now)
            return settings.retry.decide(alone: failure.cause, attempt: attempt, waited: waited, random: random)
        }
        guard failure.cause.asksForPause || isDown, let store else {
            return settings.retry.decide(failure.cause, attempt: attempt, random: random)
        }
        let since = entry.limitedSince ?? now
        entry.limitedSince = since
        return settings.retry.pause(
            failure.cause, refusals: lanes[store, failure.side].refusals, waited: now - since, random: random)
    }

    /// Other running requests return descriptors, and fewer requests run from now on. It is not this request's fault.
    private func waitForDescriptors(_ entry: inout Entry, now: Duration) {
        let since = entry.limitedSince ?? now
        entry.limitedSince = since
        let isAlone = running.isEmpty && queue.count == 0
        if !isAlone, now - since < settings.retry.longestDescriptorShortage { entry.refusals += 1 }
    }
}
