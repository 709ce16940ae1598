// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Waiting

/// The addresses of hosts that answers name, looked up and judged before any connection.
///
/// Connections use the judged address, because a second lookup may return another one.
final class JudgedAddresses: Sendable {
    private typealias Lookups = Flights<String, [String], any Error>

    private struct Found {
        let addresses: [String]
        let end: ContinuousClock.Instant
        /// Addresses that did not answer. They are tried last.
        var failed: Set<String> = []
    }

    private struct State {
        var found: [String: Found] = [:]
        var lookups = Lookups()
    }

    private let resolve: TransportSettings.Resolver
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    /// Storage hosts change their addresses every minute, and every blob needs a lookup.
    static let lifetime = Duration.seconds(60)
    private static let mostEntries = 256

    /// - Parameter now: a monotonic clock.
    init(
        resolve: @escaping TransportSettings.Resolver,
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        self.resolve = resolve
        self.now = now
    }

    /// The addresses of the origin's host that may be connected to, the most promising first.
    ///
    /// - Throws: if the name has no address, or none that may be connected to.
    func admitted(_ origin: WireOrigin, by reach: WireRequest.Reach) async throws(WireFailure) -> [String] {
        let host = origin.host
        let found: [String]
        do { found = try await addresses(of: host) } catch {
            throw WireFailure(error is CancellationError ? .cancelled : .nameUnknown, at: origin)
        }
        let admitted = found.filter { reach.includes(AddressClass(literal: $0)) }
        guard !found.isEmpty else { throw WireFailure(.nameUnknown, at: origin) }
        guard !admitted.isEmpty else { throw WireFailure(.addressRefused, at: origin) }
        let failed = state.withLock { $0.found[host]?.failed ?? [] }
        return admitted.filter { !failed.contains($0) } + admitted.filter(failed.contains)
    }

    func noteFailure(of address: String, of host: String) {
        state.withLock { _ = $0.found[host]?.failed.insert(address) }
    }

    private func addresses(of host: String) async throws -> [String] {
        let time = now()
        let resolve = resolve
        let (known, lookup) = state.withLock { state -> ([String]?, Lookups.Flight?) in
            if let found = state.found[host], found.end > time { return (found.addresses, nil) }
            return (nil, state.lookups.flight(for: host) { try await resolve(host) })
        }
        if let known { return known }
        guard let lookup else { return [] }
        let result = await lookup.value()
        state.withLock { state in
            guard state.lookups.end(lookup, of: host), case .success(let addresses) = result else { return }
            if state.found.count >= Self.mostEntries { state.found = [:] }
            state.found[host] = Found(addresses: addresses, end: time + Self.lifetime)
        }
        return try result.get()
    }
}
