// SPDX-License-Identifier: Apache-2.0

/// One store in one direction: how many requests it is asked at once, and when it may be asked again.
///
/// The window grows by one for each window of answers while it is used (at first by one for each answer), is halved when
/// the store says it is too much, and shrinks a little when answers take much longer than they did: additive increase,
/// multiplicative decrease.
struct Lane: Sendable {
    /// Never more than this, whatever the answers say.
    let ceiling: Int
    private(set) var running = 0
    private(set) var moving = 0
    private(set) var closedUntil: Duration = .zero
    /// Refusals for being too busy, in rounds, since the store last did what it was asked.
    private(set) var refusals = 0
    /// When the refusals began; nil while the store answers.
    private(set) var refusingSince: Duration?
    /// When the store last did what it was asked.
    private(set) var lastSuccess: Duration?
    /// When it first did.
    private var firstSuccess: Duration?
    /// How often it did.
    private(set) var successes = 0
    /// How often it did what it had refused before.
    private(set) var recoveries = 0
    /// It was taken for down, and has done nothing since.
    private(set) var isDown = false

    private var window: Double
    /// The most requests that ran at once, of late: an answer does not make a full lane an empty one.
    private var busiest = 0
    /// Answers since then.
    private var answers = 0
    /// Until the first sign of too much, the window doubles every round.
    private var isProbing = true
    private var lastDecrease: Duration?
    private var latencies: [RequestPriority: LatencyTrend] = [:]

    static let firstWindow = 16
    /// A blob that has moved is several answers of each store: at the target a session and its end, at the source what leads to
    /// the bytes, and the bytes.
    private static let answersOfMove = 2

    init(ceiling: Int) {
        self.ceiling = max(1, ceiling)
        window = Double(min(self.ceiling, Self.firstWindow))
    }

    /// Requests that may run at once now.
    var limit: Int { max(1, Int(window)) }

    /// Places that blobs may take: never the last ones, so that small requests are answered beside them.
    private var movingLimit: Int { max(1, limit - limit / 4) }

    func hasRoom(moving isMoving: Bool, now: Duration) -> Bool {
        closedUntil <= now && running < limit && (!isMoving || moving < movingLimit)
    }

    mutating func enter(moving isMoving: Bool) {
        running += 1
        if isMoving { moving += 1 }
        // A lane that has all the blobs it may have is full.
        busiest = max(busiest, moving >= movingLimit ? limit : running)
    }

    mutating func leave(moving isMoving: Bool) {
        running -= 1
        if isMoving { moving -= 1 }
    }

    // MARK: - Learning

    /// An answer that was worth having came; called before `leave`.
    ///
    /// - Parameter latency: how long the store took to answer; nil where that is not known.
    mutating func succeeded(_ kind: RequestPriority, after latency: Duration?, now: Duration) {
        lastSuccess = now
        successes += 1
        isDown = false
        refusals = 0
        refusingSince = nil
        let firstSuccess = firstSuccess ?? now
        self.firstSuccess = firstSuccess
        // Moving bytes takes as long as there are bytes, and what was begun before the first answer waited for connections and
        // logins: both say nothing about the store.
        if kind != .move, let latency, now - latency >= firstSuccess {
            latencies[kind, default: LatencyTrend()].add(latency)
            if latencies[kind]?.isRising == true {
                shrink(to: 0.8, at: now, roundBegan: now - latency)
                return
            }
        }
        widen(answers: kind == .move ? Self.answersOfMove : 1)
    }

    private mutating func widen(answers: Int) {
        defer { noteAnswer() }
        guard 2 * busiest >= limit, window < Double(ceiling) else { return }
        window = min(Double(ceiling), window + (isProbing ? Double(answers) : 1 / window))
    }

    private mutating func noteAnswer() {
        answers += 1
        if answers >= limit { (answers, busiest) = (0, running) }
    }

    /// The store said that it is being asked too much; the request began at `start`.
    mutating func refused(begunAt start: Duration, now: Duration) {
        refusingSince = refusingSince ?? now
        if shrink(to: 0.5, at: now, roundBegan: start) { refusals += 1 }
    }

    /// Once a round: the answers to requests from before the last decrease tell nothing new.
    @discardableResult
    private mutating func shrink(to share: Double, at now: Duration, roundBegan start: Duration) -> Bool {
        if let lastDecrease, start < lastDecrease { return false }
        lastDecrease = now
        isProbing = false
        window = max(1, window * share)
        return true
    }

    /// The success that was just noted was of a request that the store had refused.
    mutating func noteRecovery() { recoveries += 1 }

    mutating func noteOutage() { isDown = true }

    mutating func close(until time: Duration) { closedUntil = max(closedUntil, time) }
}

/// How long a store takes to answer one kind of small request, beside how long it took at its best.
struct LatencyTrend: Sendable {
    private var shortest: Duration?
    private var recent: Duration = .zero
    private var count = 0

    /// Answers that slow down by less than this are not worth a smaller window.
    static let tolerance = Duration.milliseconds(150)
    /// How many times its best an answer may take without being late: one with a connection and a token of its own takes several
    /// round trips instead of one.
    static let roundTrips = 4
    /// Answers after which the best time must prove itself anew: a path can become longer for good.
    static let memory = 2000

    mutating func add(_ latency: Duration) {
        count += 1
        if count % Self.memory == 0 { shortest = recent }
        guard let best = shortest, latency >= best else {
            // A store that answers faster than ever is not crowded, however long earlier answers took.
            (shortest, recent) = (latency, latency)
            return
        }
        recent += (latency - recent) / 8
    }

    /// The store queues what it is asked: answers take several times what they did at their best.
    var isRising: Bool {
        guard let shortest else { return false }
        return recent > shortest * Self.roundTrips + Self.tolerance
    }
}
