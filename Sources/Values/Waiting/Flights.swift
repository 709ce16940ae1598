// SPDX-License-Identifier: Apache-2.0

/// Work under way that several wait for, one for each key.
///
/// A value: its owner guards it, and decides what is kept of a result.
package struct Flights<Key: Hashable & Sendable, Value: Sendable, Failure: Error>: Sendable {
    package typealias Flight = SharedTask<Result<Value, Failure>>

    private var flights: [Key: Flight] = [:]

    package init() {}

    /// What is being worked on, also where nobody waits for it any more.
    package var keys: some Collection<Key> { flights.keys }

    /// The work for a key that somebody waits for.
    package subscript(key: Key) -> Flight? { flights[key].flatMap { $0.isAbandoned ? nil : $0 } }

    /// The work that is under way for a key, or else this, which begins now.
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

    /// Forgets work that has ended, so that the next to ask begins anew.
    ///
    /// - Returns: true the first time: whoever gets it does with the result what is done once.
    @discardableResult
    package mutating func end(_ flight: Flight, of key: Key) -> Bool {
        guard flights[key] === flight else { return false }
        flights[key] = nil
        return true
    }
}
