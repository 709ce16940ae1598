import Content
import DequeModule

/// What is still to be asked of one store, handed to its workers one by one; a pause the store asks for holds all back.
actor RequestQueue<Request: Sendable> {
    private var pending: Deque<Request>
    private var running = 0
    private var isStopped = false
    private var idle: [CheckedContinuation<Request?, Never>] = []
    /// Nothing is asked before then.
    private(set) var closedUntil: Duration = .zero
    /// Why nothing more is asked: the store allows no more pulls.
    private(set) var usedUp: ContentFailure?
    /// Since the store last answered.
    private var refusals = 0
    /// When the store last did what it was asked.
    private(set) var lastSuccess: Duration?

    init(_ requests: [Request]) { pending = Deque(requests) }

    /// The next request; nil when there is none and nothing running can lead to one.
    func next() async -> Request? {
        if let request = take() { return request }
        if running == 0 || isStopped { return nil }
        return await withCheckedContinuation { idle.append($0) }
    }

    /// A request has ended and led to others.
    func finish(adding requests: [Request]) {
        running -= 1
        pending.append(contentsOf: requests)
        while !idle.isEmpty, let request = take() { idle.removeLast().resume(returning: request) }
        if running == 0 { release() }
    }

    /// Returns whether the pause is a new one: many requests may be refused at once.
    func close(from now: Duration, until deadline: Duration) -> Bool {
        defer { closedUntil = max(closedUntil, deadline) }
        return closedUntil <= now
    }

    func useUp(_ failure: ContentFailure) { usedUp = usedUp ?? failure }

    func wasAnswered(at now: Duration) {
        refusals = 0
        lastSuccess = now
    }

    /// Returns how often the store refused since it last answered; refusals during a pause are of the same round.
    func wasRefused() -> Int {
        refusals += 1
        return refusals
    }

    /// Hands out nothing any more.
    func stop() {
        isStopped = true
        release()
    }

    private func take() -> Request? {
        guard !isStopped, let request = pending.popFirst() else { return nil }
        running += 1
        return request
    }

    private func release() {
        for worker in idle { worker.resume(returning: nil) }
        idle.removeAll()
    }
}
