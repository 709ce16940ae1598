// SPDX-License-Identifier: Apache-2.0

/// Limits the rate at which requests to a store begin, evenly spread. Both directions share the rate, because a registry's
/// rate limit counts all requests of a client.
struct RequestTurns: Sendable {
    /// By each store's canonical name, because several names may lead to one registry.
    private let intervals: [String: Duration]
    private var next: [String: Duration] = [:]

    /// Writing a blob takes one request that opens the session and one that ends it.
    private static let turnsOfWrittenBlob = 2

    /// - Parameter intervals: the time from one request to the next. Stores without an entry have no limit.
    init(_ intervals: [StoreID: Duration]) {
        self.intervals = Dictionary(intervals.map { ($0.canonicalName, $1) }, uniquingKeysWith: max)
    }

    func isDue(_ stores: RequestStores, now: Duration) -> Bool {
        guard !intervals.isEmpty else { return true }
        return stores.all.allSatisfy { next[$0.canonicalName].map { $0 <= now } ?? true }
    }

    /// A request begins now.
    mutating func take(_ stores: RequestStores, moving isMoving: Bool, now: Duration) {
        guard !intervals.isEmpty else { return }
        for store in stores.all {
            guard let interval = intervals[store.canonicalName] else { continue }
            let turns = isMoving && store == stores.writing ? Self.turnsOfWrittenBlob : 1
            next[store.canonicalName] = max(next[store.canonicalName] ?? now, now) + interval * turns
        }
    }

    /// The next time after `now` at which a waiting store has its turn.
    func nextTurn(after now: Duration) -> Duration? { next.values.filter { $0 > now }.min() }
}
