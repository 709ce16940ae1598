// SPDX-License-Identifier: Apache-2.0

/// One store in one direction: how many requests may be in flight, and when the next one may be sent.
///
/// The window grows by one for each window of answers while it is used (at first by one for each answer). It is halved when
/// the store throttles, and shrinks a little when answers become much slower: additive increase, multiplicative decrease.
struct Lane: Sendable {
    /// The upper limit of the window.
    let ceiling: Int
    private(set) var running = 0
    /// Blobs under way.
    private(set) var moving = 0
    private var movingLarge = 0
    /// Requests that have ended, well or not.
    private(set) var ended = 0
    private(set) var closedUntil: Duration = .zero
    /// Rounds in which the store throttled, since its last success.
    private(set) var refusals = 0
    /// When the throttling began; nil while the store answers.
    private(set) var refusingSince: Duration?
    /// The time of the store's last success.
    private(set) var lastSuccess: Duration?
    /// The time of its first success.
    private var firstSuccess: Duration?
    /// The number of its successes.
    private(set) var successes = 0
    /// The number of requests that succeeded after the store had refused them.
    private(set) var recoveries = 0
    /// The store was found to be down, and has had no success since.
    private(set) var isDown = false

    private var window: Double
    /// The most requests that recently ran at once. Without it, an answer would make a full lane look partly used.
    private var busiest = 0
    /// Answers since `busiest` was reset.
    private var answers = 0
    /// Until the first sign of too much, the window doubles every round.
    private var isProbing = true
    private var lastDecrease: Duration?
    private var latencies: [RequestPriority: LatencyTrend] = [:]

    static let firstWindow = 16
    /// A moved blob counts as several answers of each store: at the target the session and its end, at the source the
    /// redirect and the bytes.
    private static let answersOfMove = 2

    init(ceiling: Int) {
        self.ceiling = max(1, ceiling)
        window = Double(min(self.ceiling, Self.firstWindow))
    }

    /// The number of requests that may run at once now.
    var limit: Int { max(1, Int(window)) }

    /// The number of large blobs that may move at once. A part of the limit stays free for what ends soon.
    private var largeLimit: Int { max(1, limit - limit / 4) }

    func hasRoom(for use: LaneUse, now: Duration) -> Bool {
        closedUntil <= now && running < limit && (use != .largeBlob || movingLarge < largeLimit)
    }

    mutating func enter(_ use: LaneUse) {
        running += 1
        if use != .smallRequest { moving += 1 }
        if use == .largeBlob { movingLarge += 1 }
        // A lane with the highest number of large blobs counts as full.
        busiest = max(busiest, movingLarge >= largeLimit ? limit : running)
    }

    mutating func leave(_ use: LaneUse) {
        running -= 1
        ended &+= 1
        if use != .smallRequest { moving -= 1 }
        if use == .largeBlob { movingLarge -= 1 }
    }

    // MARK: - Learning

    /// A request succeeded. To be called before `leave`.
    ///
    /// - Parameter latency: how long the store took to answer; nil if unknown.
    mutating func succeeded(_ kind: RequestPriority, after latency: Duration?, now: Duration) {
        lastSuccess = now
        successes += 1
        isDown = false
        refusals = 0
        refusingSince = nil
        let firstSuccess = firstSuccess ?? now
        self.firstSuccess = firstSuccess
        // The time to move bytes depends on their number, and requests begun before the first answer waited for connections
        // and logins. Both say nothing about the store.
        if !kind.movesBytes, let latency, now - latency >= firstSuccess {
            latencies[kind, default: LatencyTrend()].add(latency)
            if latencies[kind]?.isRising == true {
                shrink(to: 0.8, at: now, roundBegan: now - latency)
                return
            }
        }
        widen(answers: kind.movesBytes ? Self.answersOfMove : 1)
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

    /// The store throttled a request that began at `start`.
    mutating func refused(begunAt start: Duration, now: Duration) {
        refusingSince = refusingSince ?? now
        if shrink(to: 0.5, at: now, roundBegan: start) { refusals += 1 }
    }

    /// Decreases once per round. Answers to requests from before the last decrease tell nothing new.
    @discardableResult
    private mutating func shrink(to share: Double, at now: Duration, roundBegan start: Duration) -> Bool {
        if let lastDecrease, start < lastDecrease { return false }
        lastDecrease = now
        isProbing = false
        window = max(1, window * share)
        return true
    }

    /// The success that was just noted belongs to a request that the store had refused.
    mutating func noteRecovery() { recoveries += 1 }

    mutating func noteOutage() { isDown = true }

    mutating func close(until time: Duration) { closedUntil = max(closedUntil, time) }
}

/// A store's recent latency for one kind of small request, compared with its best latency.
struct LatencyTrend: Sendable {
    private var shortest: Duration?
    private var recent: Duration = .zero
    private var count = 0

    /// The window does not shrink for a smaller increase in latency than this.
    static let tolerance = Duration.milliseconds(150)
    /// An answer may take this many times the best latency. A request that needs its own connection and token takes several
    /// round trips instead of one.
    static let roundTrips = 4
    /// After this many answers the best latency is measured anew, because a network path can become longer permanently.
    static let memory = 2000

    mutating func add(_ latency: Duration) {
        count += 1
        if count % Self.memory == 0 { shortest = recent }
        guard let best = shortest, latency >= best else {
            // A store that answers faster than ever is not overloaded, even if earlier answers were slow.
            (shortest, recent) = (latency, latency)
            return
        }
        recent += (latency - recent) / 8
    }

    /// The store queues requests: answers take several times their best latency.
    var isRising: Bool {
        guard let shortest else { return false }
        return recent > shortest * Self.roundTrips + Self.tolerance
    }
}
