// SPDX-License-Identifier: Apache-2.0

import Content

/// How often a store refused one request, beside what it answered to others meanwhile.
///
/// A store that is asked too much refuses whatever comes next, and a store that is down refuses everything: what either has
/// refused succeeds later. A store that is unable to give one content answers all else between its refusals, and nothing that it
/// has refused succeeds. A pull-through cache passes on its upstream's 429 in this way, for the content that it lacks.
struct RefusalRecord: Sendable {
    /// The side of the store that refused.
    let side: TransferSide
    /// The store's counts at the last refusal.
    private var successes: Int
    private var recoveries: Int
    /// Times in a row that other requests succeeded between two refusals of this one, and none that the store had refused.
    private(set) var timesAlone = 0

    /// The first refusal.
    init(on side: TransferSide, by lane: Lane) {
        self.side = side
        (successes, recoveries) = (lane.successes, lane.recoveries)
    }

    /// Takes note of one more refusal.
    ///
    /// - Returns: whether the store did meanwhile what it had refused before, so that its refusals are no request's own.
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
    /// Whether a refusal concerns the request alone, so that its store goes on being asked for everything else.
    ///
    /// One success of others is enough after a gateway's error: an outage leaves none. Limits let some requests pass, so there it
    /// has to happen twice in a row. While the store refuses others like an outage, no request is refused alone.
    func concernsRequestAlone(_ failure: ContentFailure, _ record: RefusalRecord, by lane: Lane) -> Bool {
        !lane.isDown && record.timesAlone >= (failure.asksForPause ? timesAloneOfLimit : timesAloneOfOutage)
    }

    /// What to do about a request that is refused alone: its tries count, and it waits as long as it was told.
    ///
    /// - Parameters:
    ///   - attempt: how often it was tried, without the tries that were taken for the store's.
    ///   - waited: since it was first refused.
    func decide(alone failure: ContentFailure, attempt: Int, waited: Duration, random: Double) -> RetryDecision {
        let decision = decide(failure, attempt: attempt, random: random)
        guard case .notBefore(let asked) = failure.retry, case .again(let delay) = decision else { return decision }
        return asked > longestPause || waited + asked > patience ? .giveUp : .again(after: max(delay, asked))
    }
}

extension ContentFailure {
    /// An answer by which a store may mean all that it is asked, or only this request. A pull quota is never one request's, and a
    /// store that cannot be reached has not answered.
    var mayConcernRequestAlone: Bool { (asksForPause || isOutage) && kind != .unreachable && !isPullQuota }
}
