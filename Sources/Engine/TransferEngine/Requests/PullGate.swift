// SPDX-License-Identifier: Apache-2.0

/// Limits the pulls from a store that counts them: no more run at once than are left. A copy pulls from sources, `verify`
/// also from targets.
struct PullGate: Sendable {
    var running = 0
    /// The remaining pulls that the store reported last; nil if it does not count.
    var remaining: Int?
    /// A pull has succeeded.
    var hasAnswered = false
    /// The source's answer to a pull after its quota was used up.
    private(set) var usedUp: TransferFailure?
    /// Its answer to a request that is not a pull. If there is one, the source refuses everything.
    private(set) var refusesAll: TransferFailure?

    /// If no pulls are left, one pull at a time is still sent, because the store's answer is more reliable than our count.
    /// The same holds before the first answer of a store that is known to count. If that answer names no number, the store
    /// does not count for this login: Docker Hub sends no number to accounts without a limit.
    func isClosed(whereCounted isCounted: Bool) -> Bool {
        (remaining ?? (isCounted && !hasAnswered ? 0 : nil)).map { running >= max(1, $0) } ?? false
    }

    /// A source reported that its pulls are used up.
    mutating func refused(_ failure: TransferFailure, isPull: Bool) {
        if isPull { usedUp = usedUp ?? failure } else { refusesAll = refusesAll ?? failure }
    }
}
