// SPDX-License-Identifier: Apache-2.0

/// Lets requests to a store begin at a rate, evenly spread: both directions take turns together, because a limit on requests
/// counts all requests of a client.
struct RequestTurns: Sendable {
    /// By the one spelling of each store: several names may lead to one registry.
    private let intervals: [String: Duration]
    private var next: [String: Duration] = [:]

    /// A blob that is written takes a request for its session and one for its end.
    private static let turnsOfWrittenBlob = 2

    /// - Parameter intervals: the time from one request to the next; stores that are not named have no limit.
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

    /// When the first store that has to wait has its turn, after `now`.
    func nextTurn(after now: Duration) -> Duration? { next.values.filter { $0 > now }.min() }
}
