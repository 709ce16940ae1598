// SPDX-License-Identifier: Apache-2.0

/// Decides for which refused logins the source is asked for a new one.
///
/// Logins of clouds are short-lived, and nothing tells when they expire: Amazon's are valid for 12 h. If a login worked and
/// is refused now, there may be a new one; if it never worked, there is none. A source that keeps returning the same login
/// is asked only once in a while, not for every refusal.
package struct LoginRenewals: Sendable {
    /// The shortest time between two questions about one login.
    package static let pause = Duration.seconds(60)

    private var proven: Set<Credential> = []
    private var askedAt: [Credential: ContinuousClock.Instant] = [:]

    package init() {}

    /// The registry accepted this login.
    package mutating func prove(_ credential: Credential) { proven.insert(credential) }

    /// Whether to ask for a replacement of a refused login. Returns true at most once per `pause`.
    package mutating func begin(_ refused: Credential, at now: ContinuousClock.Instant) -> Bool {
        guard proven.contains(refused) else { return false }
        if let last = askedAt[refused], now - last < Self.pause { return false }
        askedAt = askedAt.filter { now - $0.value < Self.pause }
        askedAt[refused] = now
        return true
    }
}
