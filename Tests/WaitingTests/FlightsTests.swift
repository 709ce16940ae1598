// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Waiting

@Suite struct FlightsTests {
    private struct Refused: Error {}

    @Test func `whoever comes while work is under way gets that work`() async throws {
        var flights = Flights<String, Int, Never>()
        let first = flights.flight(for: "a") { 1 }
        let second = flights.flight(for: "a") { 2 }
        let other = flights.flight(for: "b") { 3 }
        #expect(first === second && first !== other)
        #expect(Set(flights.keys) == ["a", "b"])
        #expect(await second.value() == .success(1))
    }

    @Test func `the end is told once, and the next to ask begins anew`() async {
        var flights = Flights<String, Int, Never>()
        let first = flights.flight(for: "a") { 1 }
        _ = await first.value()
        let next = (flights.end(first, of: "a"), flights.flight(for: "a") { 2 })
        #expect(next.0 && next.1 !== first)
        #expect(!flights.end(first, of: "a") && flights["a"] === next.1)
    }

    @Test func `a failure is a result like another`() async {
        var flights = Flights<String, Int, Refused>()
        let flight = flights.flight(for: "a") { () async throws(Refused) in throw Refused() }
        await #expect(throws: Refused.self) { try await flight.value().get() }
    }
}
