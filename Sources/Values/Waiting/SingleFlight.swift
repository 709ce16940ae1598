// SPDX-License-Identifier: Apache-2.0

/// Work that is done once and awaited by many callers.
///
/// A result is kept until it is stale. A failure is passed to all waiting callers, and the next caller tries again.
package actor SingleFlight<Key: Hashable & Sendable, Value: Sendable, Failure: Error> {
    private typealias Flight = Flights<Key, Value, Failure>.Flight

    private var flights = Flights<Key, Value, Failure>()

    package init() {}

    /// - Parameter isStale: whether a stored result is outdated. It is not called for a new result.
    package func value(
        for key: Key, unless isStale: @Sendable (Value) -> Bool = { _ in false },
        _ work: @escaping @Sendable () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        if let flight = flights[key] {
            let result = await finish(flight, key)
            guard case .success(let value) = result, isStale(value) else { return try result.get() }
            flights.end(flight, of: key)
        }
        return try await finish(flights.flight(for: key, work), key).get()
    }

    private func finish(_ flight: Flight, _ key: Key) async -> Result<Value, Failure> {
        let result = await flight.value()
        if case .failure = result { flights.end(flight, of: key) }
        return result
    }
}
