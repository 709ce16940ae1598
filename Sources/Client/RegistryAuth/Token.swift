// SPDX-License-Identifier: Apache-2.0

import OCI

/// A request to a token service.
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

/// The answer of a token service.
package struct TokenGrant: Hashable, Sendable {
    package let token: Secret
    /// The lifetime that the service named, in seconds.
    package let expiresIn: Int64?

    package init(token: Secret, expiresIn: Int64?) {
        self.token = token
        self.expiresIn = expiresIn
    }

    /// Parses the answer's body: `access_token` or `token`.
    package init?(_ body: [UInt8]) {
        guard let document = try? JSON(body) else { return nil }
        let token = [document["access_token"]?.string, document["token"]?.string].compactMap(\.self)
            .first { !$0.isEmpty }
        guard let token, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        self.init(token: Secret(token), expiresIn: document["expires_in"]?.integer)
    }

    /// How long the token is used, from its receipt on this machine's monotonic clock. `issued_at` is ignored, because
    /// clocks differ. A missing or shorter `expires_in` counts as 60 s.
    package var lifetime: Duration { .seconds(min(max(expiresIn ?? 60, 60), 86_400)) }

    /// The lifetime that the service named, if it is shorter than the specification allows; otherwise nil.
    var shortLifetime: Duration? {
        guard let expiresIn, (0..<60).contains(expiresIn) else { return nil }
        return .seconds(expiresIn)
    }
}

/// Requests tokens from a token service. Sends one or two requests, and does not cache.
package protocol TokenExchange: Sendable {
    associatedtype Failure: Error

    func token(for request: TokenRequest) async throws(Failure) -> TokenGrant
}
