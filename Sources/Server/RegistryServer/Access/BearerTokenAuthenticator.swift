// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import OCI

/// Requires a token in every request and issues tokens at `/token`, as Docker's registry and its token server do
/// together (distribution, docs/content/spec/auth/token.md and oauth.md).
///
/// A user gets all requested scopes. Requests without a user get `pull` if `everybodyPulls` is set. A token's scopes
/// are checked for each repository and action. If a token allows too little, the response is 401 with the scope that is
/// missing.
package struct BearerTokenAuthenticator: RegistryResponder {
    private let base: any RegistryResponder
    private let users: RegistryUsers
    private let settings: Settings
    private let clock: RegistryClock
    private let mint = TokenMint()

    package struct Settings: Sendable {
        /// The URL where clients get tokens. nil: `/token` of this registry, under the host name that the client uses.
        package var realm: String?
        package var service = "transship"
        package var lifetime = Duration.seconds(300)
        /// The lifetime of refresh tokens.
        package var refreshLifetime = Duration.seconds(30 * 86_400)

        package init(realm: String? = nil) { self.realm = realm }
    }

    package init(
        _ base: any RegistryResponder, users: RegistryUsers, settings: Settings = Settings(),
        clock: RegistryClock = .system
    ) {
        self.base = base
        self.users = users
        self.settings = settings
        self.clock = clock
    }

    package func respond(to request: RegistryRequest) async -> RegistryResponse {
        do {
            if request.path == "/token" { return try await issue(request) }
            let user = try authorize(request)
            var response = await base.respond(to: request)
            response.user = user
            return response
        } catch let error as RegistryError {
            return error.response
        } catch {
            return .aborted(.close)
        }
    }
}

// MARK: - Checking

extension BearerTokenAuthenticator {
    /// - Returns: the user of a token that allows the request.
    private func authorize(_ request: RegistryRequest) throws -> String? {
        let needed = AccessScope.needed(for: request)
        guard let token = Self.bearerToken(request) else { throw challenge(request, needed, error: nil) }
        guard let claims = mint.claims(token, now: clock.calendar()), claims.use == .access else {
            throw challenge(request, needed, error: "invalid_token")
        }
        guard needed.allSatisfy({ scope in claims.scopes.contains { $0.covers(scope) } }) else {
            throw challenge(request, needed, error: "insufficient_scope")
        }
        return claims.user
    }

    private static func bearerToken(_ request: RegistryRequest) -> String? {
        guard let words = request.headers.first(name: "authorization")?.split(separator: " "), words.count == 2,
            words[0].lowercased() == "bearer"
        else { return nil }
        return String(words[1])
    }

    private func challenge(_ request: RegistryRequest, _ needed: [AccessScope], error: String?) -> RegistryError {
        let realm = settings.realm ?? request.origin + "/token"
        var parameters = [("realm", realm), ("service", settings.service)]
        if !needed.isEmpty { parameters.append(("scope", needed.map(\.text).joined(separator: " "))) }
        if let error { parameters.append(("error", error)) }
        let text = parameters.map { name, value in "\(name)=\"\(value.filter { $0 != "\"" && $0 != "\\" })\"" }
        return .unauthorized("Bearer " + text.joined(separator: ","))
    }
}

// MARK: - Giving out

extension BearerTokenAuthenticator {
    /// The maximum size of a form in bytes. A form with a token is much smaller.
    private static let formLimit = 64 << 10

    private func issue(_ request: RegistryRequest) async throws -> RegistryResponse {
        switch request.method {
        case .GET: return try grant(try requester(of: request), request.query, wantsRefresh: "offline_token", "true")
        case .POST:
            let form = try await form(request)
            return try grant(try requester(of: form), form, wantsRefresh: "access_type", "offline")
        default: throw RegistryError.methodNotAllowed("GET, POST")
        }
    }

    /// The user of a GET with Basic credentials; nil for a request without a user.
    private func requester(of request: RegistryRequest) throws -> String? {
        switch users.user(of: request) {
        case .accepted(let user): return user
        case .anonymous where users.everybodyPulls: return nil
        case .anonymous, .refused: throw RegistryError.unauthorized("Basic realm=\"\(settings.service)\"")
        }
    }

    /// The user of a POST with a password or a refresh token.
    private func requester(of form: RequestQuery) throws -> String? {
        switch form["grant_type"] {
        case "password":
            if let user = form["username"], users.accept(user, password: form["password"] ?? "") { return user }
        case "refresh_token":
            let claims = form["refresh_token"].flatMap { mint.claims($0, now: clock.calendar()) }
            if let claims, claims.use == .refresh { return claims.user }
        default: throw RegistryError(.badRequest, .unsupported, "grant_type is neither password nor refresh_token")
        }
        throw RegistryError.unauthorized("Basic realm=\"\(settings.service)\"")
    }

    private func grant(
        _ user: String?, _ parameters: RequestQuery, wantsRefresh name: String, _ value: String
    ) throws -> RegistryResponse {
        let now = clock.calendar()
        let asked = parameters.all("scope").flatMap { $0.split(separator: " ") }.compactMap { AccessScope($0) }
        let scopes = asked.compactMap { scope in granted(scope, to: user) }
        let token = mint.token(.init(use: .access, user: user, expiry: now + settings.lifetime, scopes: scopes))
        let refresh =
            user != nil && parameters[name] == value
            ? mint.token(.init(use: .refresh, user: user, expiry: now + settings.refreshLifetime, scopes: [])) : nil
        let document = JSON.object(compacting: [
            "token": .string(token), "access_token": .string(token),
            "expires_in": JSON(settings.lifetime.components.seconds), "issued_at": .string(now.timestamp),
            "scope": .string(scopes.map(\.text).joined(separator: " ")), "refresh_token": refresh.map(JSON.string),
        ])
        var response = RegistryResponse.json(.ok, document.text, headers: ["Cache-Control": "no-store"])
        response.user = user
        return response
    }

    private func granted(_ scope: AccessScope, to user: String?) -> AccessScope? {
        guard user == nil else { return scope }
        guard scope.type == "repository", scope.actions.contains("pull") else { return nil }
        return AccessScope(name: scope.name, actions: ["pull"])
    }

    private func form(_ request: RegistryRequest) async throws -> RequestQuery {
        var bytes = ByteBuffer()
        for try await var buffer in request.body {
            guard bytes.readableBytes + buffer.readableBytes <= Self.formLimit else {
                throw RegistryError(.payloadTooLarge, .unsupported, "the form is too large")
            }
            bytes.writeBuffer(&buffer)
        }
        return RequestQuery(String(buffer: bytes))
    }
}
