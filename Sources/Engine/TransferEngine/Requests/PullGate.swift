// SPDX-License-Identifier: Apache-2.0

/// The pulls of a source that counts them: no more at once than are left.
struct PullGate: Sendable {
    var running = 0
    /// As the source last said; nil where it does not count.
    var remaining: Int?
    /// What the source answered to one pull too many.
    private(set) var usedUp: TransferFailure?
    /// What it answered to a request that is no pull: it refuses everything.
    private(set) var refusesAll: TransferFailure?

    /// With none left, one at a time still asks: the source's answer says more than our count. So it is before the first answer of
    /// a source that is known to count.
    func isClosed(whereCounted isCounted: Bool) -> Bool {
        (remaining ?? (isCounted ? 0 : nil)).map { running >= max(1, $0) } ?? false
    }

    /// A source said that its pulls are used up.
    mutating func refused(_ failure: TransferFailure, isPull: Bool) {
        if isPull { usedUp = usedUp ?? failure } else { refusesAll = refusesAll ?? failure }
    }
}
