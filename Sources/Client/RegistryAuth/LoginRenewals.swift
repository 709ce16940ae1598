// SPDX-License-Identifier: Apache-2.0

/// Which refused logins are worth asking their source for again.
///
/// Logins of clouds are short-lived, and nothing tells when they end: Amazon's are good for 12 h. One that worked and is
/// refused now may have a successor; one that never worked has none. A source that keeps giving the same is asked now and
/// then, not with every refusal.
package struct LoginRenewals: Sendable {
    /// Between two questions about one login.
    package static let pause = Duration.seconds(60)

    private var proven: Set<Credential> = []
    private var askedAt: [Credential: ContinuousClock.Instant] = [:]

    package init() {}

    /// The registry took this login.
    package mutating func prove(_ credential: Credential) { proven.insert(credential) }

    /// Whether to ask for another login in the place of one that was refused. Says yes once in a while.
    package mutating func begin(_ refused: Credential, at now: ContinuousClock.Instant) -> Bool {
        guard proven.contains(refused) else { return false }
        if let last = askedAt[refused], now - last < Self.pause { return false }
        askedAt = askedAt.filter { now - $0.value < Self.pause }
        askedAt[refused] = now
        return true
    }
}
