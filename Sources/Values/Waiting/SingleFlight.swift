// SPDX-License-Identifier: Apache-2.0

/// Work done once and awaited by many.
///
/// A result is kept until it is found stale; a failure is handed to everybody who waited for it, and the next to ask
/// tries again.
package actor SingleFlight<Key: Hashable & Sendable, Value: Sendable, Failure: Error> {
    private typealias Flight = Flights<Key, Value, Failure>.Flight

    private var flights = Flights<Key, Value, Failure>()

    package init() {}

    /// - Parameter isStale: whether a result that was kept is of no more use. Not asked of a new one.
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
