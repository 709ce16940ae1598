// SPDX-License-Identifier: Apache-2.0

/// The pulls of a store that counts them: no more at once than are left. A copy pulls from sources, `verify` from targets, too.
struct PullGate: Sendable {
    var running = 0
    /// As the store last said; nil where it does not count.
    var remaining: Int?
    /// A pull has succeeded.
    var hasAnswered = false
    /// What the source answered to one pull too many.
    private(set) var usedUp: TransferFailure?
    /// What it answered to a request that is no pull: it refuses everything.
    private(set) var refusesAll: TransferFailure?

    /// With none left, one at a time still asks: the store's answer says more than our count. So it is before the first answer of
    /// a store that is known to count. One whose answer then names no number does not count for this login: Docker Hub sends
    /// none to accounts without a limit.
    func isClosed(whereCounted isCounted: Bool) -> Bool {
        (remaining ?? (isCounted && !hasAnswered ? 0 : nil)).map { running >= max(1, $0) } ?? false
    }

    /// A source said that its pulls are used up.
    mutating func refused(_ failure: TransferFailure, isPull: Bool) {
        if isPull { usedUp = usedUp ?? failure } else { refusesAll = refusesAll ?? failure }
    }
}
