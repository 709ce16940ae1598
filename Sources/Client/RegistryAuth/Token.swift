// SPDX-License-Identifier: Apache-2.0

import OCI

/// What a token service is asked for.
package struct TokenRequest: Hashable, Sendable {
    /// The origin of the registry that named the realm.
    package let registry: String
    package let realm: String
    package let service: String?
    package let credential: Credential?
    package let scopes: ScopeSet

    package init(registry: String, realm: String, service: String?, credential: Credential?, scopes: ScopeSet) {
        self.registry = registry
        self.realm = realm
        self.service = service
        self.credential = credential
        self.scopes = scopes
    }
}

/// What a token service answered.
package struct TokenGrant: Hashable, Sendable {
    package let token: Secret
    /// As the service said, in seconds.
    package let expiresIn: Int64?

    package init(token: Secret, expiresIn: Int64?) {
        self.token = token
        self.expiresIn = expiresIn
    }

    /// Reads the answer's body: `access_token` or `token`.
    package init?(_ body: [UInt8]) {
        guard let document = try? JSON(body) else { return nil }
        let token = [document["access_token"]?.string, document["token"]?.string].compactMap(\.self)
            .first { !$0.isEmpty }
        guard let token, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        self.init(token: Secret(token), expiresIn: document["expires_in"]?.integer)
    }

    /// How long the token is used, counted from its receipt on this machine's monotonic clock: no clock but our own has
    /// a say, `issued_at` included. Services that say nothing mean 60 s, and less than that nobody means.
    package var lifetime: Duration { .seconds(min(max(expiresIn ?? 60, 60), 86_400)) }

    /// What the service said where that is less than the specification lets it grant; nil where it is not.
    var shortLifetime: Duration? {
        guard let expiresIn, (0..<60).contains(expiresIn) else { return nil }
        return .seconds(expiresIn)
    }
}

/// Asks a token service. One request or two, no caching.
package protocol TokenExchange: Sendable {
    associatedtype Failure: Error

    func token(for request: TokenRequest) async throws(Failure) -> TokenGrant
}
