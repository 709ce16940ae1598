// SPDX-License-Identifier: Apache-2.0

import Content

/// Counts how often a store refused one request, compared with its answers to other requests meanwhile.
///
/// An overloaded store refuses any request, and a store that is down refuses every request. In both cases the refused
/// requests succeed later. A store that cannot return one particular content answers all other requests between its
/// refusals, and no refused request succeeds. A pull-through cache passes on its upstream's 429 in this way, for the
/// content that it lacks.
struct RefusalRecord: Sendable {
    /// The side of the store that refused.
    let side: TransferSide
    /// The store's counts at the last refusal.
    private var successes: Int
    private var recoveries: Int
    /// How many times in a row other requests, which the store had not refused before, succeeded between two refusals of
    /// this one.
    private(set) var timesAlone = 0

    /// The first refusal.
    init(on side: TransferSide, by lane: Lane) {
        self.side = side
        (successes, recoveries) = (lane.successes, lane.recoveries)
    }

    /// Takes note of one more refusal.
    ///
    /// - Returns: whether a request that the store had refused succeeded meanwhile. Then its refusals do not concern single
    ///   requests.
    mutating func add(by lane: Lane) -> Bool {
        defer { (successes, recoveries) = (lane.successes, lane.recoveries) }
        guard lane.recoveries == recoveries else {
            timesAlone = 0
            return true
        }
        if lane.successes > successes { timesAlone += 1 }
        return false
    }
}

extension RetryPolicy {
    /// Whether a refusal concerns only this request, so that all other requests to the store continue.
    ///
    /// After a gateway's error one success of other requests is enough, because nothing succeeds in an outage. Rate limits
    /// let some requests pass, so there it has to happen twice in a row. While the store refuses other requests as in an
    /// outage, no refusal concerns only its request.
    func concernsRequestAlone(_ failure: ContentFailure, _ record: RefusalRecord, by lane: Lane) -> Bool {
        !lane.isDown && record.timesAlone >= (failure.asksForPause ? timesAloneOfLimit : timesAloneOfOutage)
    }

    /// What to do about a refusal that concerns only its request. The tries count, and the request waits as long as the
    /// store asked.
    ///
    /// - Parameters:
    ///   - attempt: the number of tries, without those whose failure was attributed to the store.
    ///   - waited: the time since it was first refused.
    func decide(alone failure: ContentFailure, attempt: Int, waited: Duration, random: Double) -> RetryDecision {
        let decision = decide(failure, attempt: attempt, random: random)
        guard case .notBefore(let asked) = failure.retry, case .again(let delay) = decision else { return decision }
        return asked > longestPause || waited + asked > longestWait ? .giveUp : .again(after: max(delay, asked))
    }
}

extension ContentFailure {
    /// Whether the answer may concern all requests to the store, or only this one. A pull quota never concerns a single
    /// request, and an unreachable store has not answered.
    var mayConcernRequestAlone: Bool { (asksForPause || isOutage) && kind != .unreachable && !isPullQuota }
}
