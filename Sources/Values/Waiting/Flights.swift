// SPDX-License-Identifier: Apache-2.0

/// Work under way that several callers wait for, one for each key.
///
/// This is a value: its owner protects it, and decides what to keep of a result.
package struct Flights<Key: Hashable & Sendable, Value: Sendable, Failure: Error>: Sendable {
    package typealias Flight = SharedTask<Result<Value, Failure>>

    private var flights: [Key: Flight] = [:]

    package init() {}

    /// The keys under way, including those without waiters.
    package var keys: some Collection<Key> { flights.keys }

    /// The work for a key, if there are waiters.
    package subscript(key: Key) -> Flight? { flights[key].flatMap { $0.isAbandoned ? nil : $0 } }

    /// The work under way for a key; if there is none, begins the given work.
    package mutating func flight(
        for key: Key, _ work: @escaping @Sendable () async throws(Failure) -> Value
    ) -> Flight {
        if let flight = self[key] { return flight }
        let flight = SharedTask {
            do throws(Failure) { return Result<Value, Failure>.success(try await work()) } catch {
                return .failure(error)
            }
        }
        flights[key] = flight
        return flight
    }

    /// Removes work that has ended, so that the next caller begins anew.
    ///
    /// - Returns: true the first time. That caller does what must be done once with the result.
    @discardableResult
    package mutating func end(_ flight: Flight, of key: Key) -> Bool {
        guard flights[key] === flight else { return false }
        flights[key] = nil
        return true
    }
}
