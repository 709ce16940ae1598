// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport

/// Exchanges credentials for tokens, or requests anonymous tokens (distribution, docs/spec/auth/token.md and oauth.md).
struct TokenService: TokenExchange {
    let transport: any Transport
    let userAgent: String
    let clock: NetworkClock
    let tally: WireTally?
    let secrets: SentSecrets

    init(
        transport: any Transport, userAgent: String, clock: NetworkClock, tally: WireTally? = nil,
        secrets: SentSecrets = SentSecrets()
    ) {
        self.transport = transport
        self.userAgent = userAgent
        self.clock = clock
        self.tally = tally
        self.secrets = secrets
    }

    init(_ context: NetworkContext) {
        self.init(
            transport: context.transport, userAgent: context.options.userAgent, clock: context.clock,
            secrets: context.secrets)
    }

    func token(for request: TokenRequest) async throws(ContentFailure) -> TokenGrant {
        tally?.awaitToken()
        defer { tally?.endAwaitingToken() }
        return try grant(from: try await reply(to: request))
    }

    /// The service's answer, whatever its status.
    func reply(to request: TokenRequest) async throws(ContentFailure) -> Reply {
        guard case .identityToken(let token, let user, _)? = request.credential else {
            return try await ask(request, basic: request.credential?.basicValue)
        }
        let reply = try await post(request, identityToken: token)
        // Registries without this form answer 404 as the specification has it, Azure 400, Artifactory 401, others 405
        // (containerd, core/remotes/docker/authorizer.go).
        guard [400, 401, 404, 405].contains(reply.status) else { return reply }
        return try await ask(request, basic: user.flatMap { Credential.basic(user: $0, password: token).basicValue })
    }

    func grant(from reply: Reply) throws(ContentFailure) -> TokenGrant {
        if reply.status == 200, let grant = TokenGrant(reply.body) { return grant }
        guard reply.status == 200, !reply.isWebPage else {
            throw ContentFailure(reply, now: clock.calendar(), hiding: secrets)
        }
        throw ContentFailure(.invalid, "\(reply.method.rawValue) \(reply.asked): the answer holds no token")
    }

    // MARK: The two forms

    private func ask(_ request: TokenRequest, basic: Secret?) async throws(ContentFailure) -> Reply {
        var url = try url(request.realm)
        for scope in request.scopes.scopes { url = url.appending("scope", scope.text) }
        url = url.appending("service", request.service ?? "")
        var headers = WireHeaders()
        headers["Authorization"] = basic?.reveal()
        secrets.note(headers["Authorization"])
        return try await send(WireRequest(.get, url, headers: headers), for: request)
    }

    private func post(_ request: TokenRequest, identityToken: Secret) async throws(ContentFailure) -> Reply {
        secrets.note(value: identityToken.reveal())
        let fields = [
            ("client_id", "transship"), ("grant_type", "refresh_token"), ("refresh_token", identityToken.reveal()),
            ("scope", request.scopes.description), ("service", request.service ?? ""),
        ]
        let form = fields.map { "\($0)=\(PercentEncoding.encodeForm($1))" }.joined(separator: "&")
        let headers: WireHeaders = ["Content-Type": "application/x-www-form-urlencoded"]
        return try await send(
            WireRequest(.post, try url(request.realm), headers: headers, body: .bytes(Array(form.utf8))), for: request)
    }

    private func url(_ realm: String) throws(ContentFailure) -> WireURL {
        do { return try WireURL(realm) } catch { throw ContentFailure(.invalid, "the realm is not usable: \(error)") }
    }

    // MARK: The wire

    private func send(_ request: WireRequest, for token: TokenRequest) async throws(ContentFailure) -> Reply {
        var request = request
        request.headers.addOurs(userAgent)
        request.bodyPrivacy = .hidden(reason: "token")
        request.reach = try reach(of: request.url, for: token)
        do throws(WireFailure) {
            let response = try await transport.sendFollowing(request, home: request.url.origin)
            let body = try await response.body.collected(upTo: RegistryErrors.largestBody)
            // No token is this long, and the cut body is not valid JSON either.
            return Reply(
                method: request.method, asked: request.url, url: response.url, status: response.status,
                headers: response.headers, body: body.bytes)
        } catch {
            throw ContentFailure(error, asking: request, home: request.url.origin, hiding: secrets)
        }
    }

    private func reach(of url: WireURL, for token: TokenRequest) throws(ContentFailure) -> WireRequest.Reach {
        do {
            let registry = try WireURL(token.registry).origin
            return try transport.policy(for: registry).reach(of: url, from: registry)
        } catch {
            throw ContentFailure(.invalid, "the token service \(url.origin) is not used: \(error)")
        }
    }
}
