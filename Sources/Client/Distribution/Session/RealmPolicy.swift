// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryAuth
import RegistryTransport

/// Which token services a registry may name.
struct RealmPolicy {
    struct Refusal: Error { let reason: String }

    struct Realm {
        let url: WireURL
        /// False for a service that is named only by an IP address, because there is no name to trust.
        let mayHaveCredentials: Bool
    }

    private let hops: HopPolicy
    private let secrets: SentSecrets

    private static let longestRealm = 4096

    /// - Parameter secrets: the secrets that were sent, which a realm may repeat.
    init(_ hops: HopPolicy, hiding secrets: SentSecrets) {
        self.hops = hops
        self.secrets = secrets
    }

    func realm(of challenge: Challenge) throws(Refusal) -> Realm {
        guard let text = challenge.realm, !text.isEmpty else { throw Refusal(reason: "the challenge names no realm") }
        guard text.utf8.count <= Self.longestRealm else { throw Refusal(reason: "the realm is too long") }
        let url = try resolve(text)
        let origin = url.origin
        if origin == hops.home { return Realm(url: url, mayHaveCredentials: true) }
        do { _ = try hops.reach(of: url, from: hops.home) } catch {
            throw Refusal(reason: "the realm \(origin): \(error)")
        }
        switch AddressClass(host: origin.host) {
        case .privateNetwork, .forbidden:
            throw Refusal(reason: "the realm \(origin) is an internal address other than the registry's own")
        case .loopback: return Realm(url: url, mayHaveCredentials: hops.homeClass == .loopback)
        case .everywhere: return Realm(url: url, mayHaveCredentials: false)
        case nil: return Realm(url: url, mayHaveCredentials: true)
        }
    }

    private func resolve(_ text: String) throws(Refusal) -> WireURL {
        do { return try WireURL(hops.home, target: "/v2/").resolving(text) } catch {
            throw Refusal(reason: "the realm \"\(secrets.excerpt(of: text, limit: 64))\" is not usable: \(error)")
        }
    }
}
