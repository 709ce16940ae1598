// SPDX-License-Identifier: Apache-2.0

import Waiting

/// The tokens of a run. No token is requested twice, or if another token covers its scopes.
package actor TokenCache<Exchange: TokenExchange> {
    /// What the token will be used for.
    package enum Use: Sendable {
        case question
        /// A request with a body. It should not be refused because of an expired token after the body was sent.
        case body
    }

    /// Tokens of one family differ only in their scopes.
    private struct Family: Hashable {
        let request: TokenRequest

        init(_ request: TokenRequest) {
            self.request = TokenRequest(
                registry: request.registry, realm: request.realm, service: request.service,
                credential: request.credential,
                scopes: ScopeSet())
        }
    }

    private struct Held {
        let grant: TokenGrant
        let scopes: ScopeSet
        let receipt: ContinuousClock.Instant

        var token: Secret { grant.token }

        /// Whether the remaining lifetime is long enough. An upload needs 30 s or a fifth of the lifetime, whichever is
        /// more.
        ///
        /// If a service names less than the required 60 s, this is ignored for small requests, where a refusal costs
        /// little, and respected for requests with a body, which would be sent in vain.
        func serves(_ use: Use, at now: ContinuousClock.Instant) -> Bool {
            let age = now - receipt
            let left = grant.lifetime - age
            guard use == .body else { return left > .zero }
            if let short = grant.shortLifetime { return age < short / 2 }
            return left >= max(.seconds(30), grant.lifetime / 5)
        }
    }

    private let exchange: Exchange
    private let now: @Sendable () -> ContinuousClock.Instant
    private var held: [Family: [Held]] = [:]
    private var running = Flights<TokenRequest, TokenGrant, Exchange.Failure>()

    /// - Parameter now: a monotonic clock.
    package init(
        _ exchange: Exchange, now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.exchange = exchange
        self.now = now
    }

    /// A token that covers the request's scopes: a stored one, one that is already being requested, or a new one.
    package func token(for request: TokenRequest, use: Use = .question) async throws(Exchange.Failure) -> Secret {
        if let token = heldToken(for: request, use: use) { return token }
        if let wider = runningRequest(covering: request), let token = try? await fetch(wider) { return token }
        return try await fetch(request)
    }

    private func runningRequest(covering request: TokenRequest) -> TokenRequest? {
        running.keys.first { Family($0) == Family(request) && $0.scopes.covers(request.scopes) }
    }

    /// Drops a token that was refused before it expired.
    package func discard(_ token: Secret, of request: TokenRequest) {
        held[Family(request)]?.removeAll { $0.token == token }
    }

    private func heldToken(for request: TokenRequest, use: Use) -> Secret? {
        let time = now()
        return held[Family(request)]?.first { $0.scopes.covers(request.scopes) && $0.serves(use, at: time) }?.token
    }

    private func fetch(_ request: TokenRequest) async throws(Exchange.Failure) -> Secret {
        let exchange = exchange
        let flight = running.flight(for: request) { () async throws(Exchange.Failure) in
            try await exchange.token(for: request)
        }
        let result = await flight.value()
        // All waiting callers arrive here. The first one stores the token.
        if running.end(flight, of: request), case .success(let grant) = result { keep(grant, for: request) }
        return try result.get().token
    }

    private func keep(_ grant: TokenGrant, for request: TokenRequest) {
        let time = now()
        let token = Held(grant: grant, scopes: request.scopes, receipt: time)
        // The token replaces tokens that it covers. Expired tokens are dropped.
        let others = (held[Family(request)] ?? []).filter {
            $0.serves(.question, at: time) && !request.scopes.covers($0.scopes)
        }
        held[Family(request)] = [token] + others
    }
}
