// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Where the names lead that answers hand us, looked up before anything is connected to.
///
/// The address that was judged is the one that is used: asked a second time, a name may lead elsewhere.
final class JudgedAddresses: Sendable {
    private struct Entry {
        let lookup: Task<[String], any Error>
        let end: ContinuousClock.Instant
        /// Where nobody answered: tried last.
        var failed: Set<String> = []
    }

    private let resolve: TransportSettings.Resolver
    private let entries = Mutex<[String: Entry]>([:])

    /// Storage hosts change their addresses every minute, and names are asked for with every blob.
    private static let lifetime = Duration.seconds(60)
    private static let mostEntries = 256

    init(resolve: @escaping TransportSettings.Resolver) { self.resolve = resolve }

    /// The addresses of the origin's host that may be connected to, the most promising first.
    ///
    /// - Throws: where the name has no address, or none that may be connected to.
    func admitted(_ origin: WireOrigin, by reach: WireRequest.Reach) async throws(WireFailure) -> [String] {
        let host = origin.host
        let found: [String]
        do { found = try await lookup(host).value } catch {
            entries.withLock { $0[host] = nil }
            throw WireFailure(error is CancellationError ? .cancelled : .nameUnknown, at: origin)
        }
        let admitted = found.filter { reach.includes(AddressClass(literal: $0)) }
        guard !found.isEmpty else { throw WireFailure(.nameUnknown, at: origin) }
        guard !admitted.isEmpty else { throw WireFailure(.addressRefused, at: origin) }
        let failed = entries.withLock { $0[host]?.failed ?? [] }
        return admitted.filter { !failed.contains($0) } + admitted.filter(failed.contains)
    }

    func noteFailure(of address: String, of host: String) {
        entries.withLock { _ = $0[host]?.failed.insert(address) }
    }

    private func lookup(_ host: String) -> Task<[String], any Error> {
        entries.withLock { entries in
            if let entry = entries[host], entry.end > .now { return entry.lookup }
            if entries.count >= Self.mostEntries { entries = [:] }
            let resolve = resolve
            let lookup = Task { try await resolve(host) }
            entries[host] = Entry(lookup: lookup, end: .now + Self.lifetime)
            return lookup
        }
    }
}
