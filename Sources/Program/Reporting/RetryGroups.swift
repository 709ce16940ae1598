// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import TransferEngine

/// Puts retries together that have the same cause at the same registry. All requests in flight are refused by one pause,
/// and a line for each of them would hide everything else.
///
/// A group begins with its first retry, which has a line. The retries of the next second are counted in one more line.
/// Further ones are counted when the group ends: with the pause of the registry, or when the first request is sent again.
struct RetryGroups: Sendable {
    private struct Cause: Hashable {
        var store: StoreID
        var kind: ContentFailure.Kind
        var status: Int?
    }

    private struct Group {
        var failure: TransferFailure
        /// When the retries so far are counted. nil: they were counted, and further ones wait for the end.
        var countsAt: Double?
        var end: Double
        /// Retries without a line.
        var hidden = 0

        mutating func last(until time: Double) { end = max(end, time) }
    }

    private static let firstCount = 1.0

    private var groups: [Cause: Group] = [:]
    /// When the pause of a registry ends.
    private var pauses: [StoreID: Double] = [:]

    /// - Returns: whether the retry begins a group. Otherwise it has no line of its own.
    mutating func add(_ failure: TransferFailure, at store: StoreID, after delay: Double, now: Double) -> Bool {
        let cause = Cause(store: store, kind: failure.cause.kind, status: failure.cause.status)
        guard groups[cause] == nil else {
            groups[cause]?.hidden += 1
            return false
        }
        groups[cause] = Group(
            failure: failure, countsAt: now + Self.firstCount, end: max(now + delay, pauses[store] ?? 0))
        return true
    }

    /// A pause begins, or goes on for longer.
    ///
    /// - Returns: what is to be said of the groups that a new pause ends.
    mutating func pause(_ store: StoreID, _ pause: StorePause, now: Double) -> [Notice] {
        let end = now + Quantity.seconds(pause.length)
        pauses[store] = end
        let causes = groups.keys.filter { $0.store == store }
        guard pause.isNew else {
            for cause in causes { groups[cause]?.last(until: end) }
            return []
        }
        return causes.compactMap { close($0) }
    }

    /// What is to be said by now.
    ///
    /// - Parameter now: computed only if there are groups, because this is called for each event.
    mutating func due(now: @autoclosure () -> Double) -> [Notice] {
        guard !groups.isEmpty else { return [] }
        let now = now()
        return causes.compactMap { cause in
            guard let group = groups[cause] else { return nil }
            if now >= group.end { return close(cause) }
            guard let countsAt = group.countsAt, now >= countsAt else { return nil }
            groups[cause]?.countsAt = nil
            groups[cause]?.hidden = 0
            return notice(of: group, cause)
        }
    }

    /// What is to be said at the end of the run.
    mutating func end() -> [Notice] { causes.compactMap { close($0) } }

    private var causes: [Cause] {
        groups.keys.sorted { ($0.store.name, $0.kind.rawValue) < ($1.store.name, $1.kind.rawValue) }
    }

    private mutating func close(_ cause: Cause) -> Notice? {
        groups.removeValue(forKey: cause).flatMap { notice(of: $0, cause) }
    }

    private func notice(of group: Group, _ cause: Cause) -> Notice? {
        guard group.hidden > 0 else { return nil }
        let reason = group.failure.cause.message.withoutRequests
        var notice = Notice(
            .info, "retrying",
            "retrying \(Quantity.count(group.hidden, "more request")) for the same cause at \(cause.store): \(reason)")
        notice.isForPeople = true
        return notice
    }
}
