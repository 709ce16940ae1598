// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import RegistryTransport

@Suite struct JudgedAddressesTests {
    private let storage = WireOrigin(scheme: .https, host: "storage.example", port: 443)
    private let start = ContinuousClock.now
    /// Since `start`.
    private let elapsed = Shared(Duration.zero)
    private let lookups = Shared(0)

    private struct NoSuchName: Error {}

    /// A value that several tasks see.
    private final class Shared<Value: Sendable>: Sendable {
        private let state: Mutex<Value>
        init(_ value: Value) { state = Mutex(value) }
        var value: Value { state.withLock { $0 } }
        func set(_ change: @Sendable (inout Value) -> Void) { state.withLock { change(&$0) } }
    }

    private func addresses(_ resolve: @escaping @Sendable (Int) throws -> [String]) -> JudgedAddresses {
        JudgedAddresses(
            resolve: { [lookups] _ in
                lookups.set { $0 += 1 }
                return try resolve(lookups.value)
            },
            now: { [start, elapsed] in start + elapsed.value })
    }

    @Test func `a name is looked up once in a minute`() async throws {
        let addresses = addresses { ["203.0.113.\($0)"] }
        for time in [Duration.zero, .seconds(59)] {
            elapsed.set { $0 = time }
            #expect(try await addresses.admitted(storage, by: .anywhere) == ["203.0.113.1"])
        }
        elapsed.set { $0 = JudgedAddresses.lifetime }
        #expect(try await addresses.admitted(storage, by: .anywhere) == ["203.0.113.2"])
        #expect(lookups.value == 2)
    }

    @Test func `several who ask at once share one lookup`() async throws {
        let addresses = addresses { ["203.0.113.\($0)"] }
        let found = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<8 { group.addTask { try await addresses.admitted(storage, by: .anywhere) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(found == Array(repeating: ["203.0.113.1"], count: 8))
        #expect(lookups.value == 1)
    }

    @Test func `an address that did not answer comes last`() async throws {
        let addresses = addresses { _ in ["203.0.113.1", "203.0.113.2"] }
        _ = try await addresses.admitted(storage, by: .anywhere)
        addresses.noteFailure(of: "203.0.113.1", of: storage.host)
        #expect(try await addresses.admitted(storage, by: .anywhere) == ["203.0.113.2", "203.0.113.1"])
    }

    @Test func `a lookup that failed is not remembered`() async throws {
        let addresses = addresses { number in
            if number == 1 { throw NoSuchName() }
            return ["203.0.113.1"]
        }
        await #expect(throws: WireFailure.self) { try await addresses.admitted(storage, by: .anywhere) }
        #expect(try await addresses.admitted(storage, by: .anywhere) == ["203.0.113.1"])
    }
}
