// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport

/// The value of a request's `Authorization` header, and where it comes from.
struct Authorization: Sendable {
    enum Kind: Sendable {
        case login(CredentialAnswer)
        case token(Secret, TokenRequest)
    }

    /// The value of the `Authorization` header.
    let header: Secret
    let kind: Kind

    /// The login that was sent as it is; nil for a token.
    var login: CredentialAnswer? { if case .login(let answer) = kind { answer } else { nil } }
}

extension RegistrySession {
    /// The authorization of a call, given what the registry asks for; nil if the call goes without.
    ///
    /// - Parameter refused: what the registry has just refused; it is not handed out again, except for a login that its
    ///   source has no other for.
    func authorization(
        for call: Call, answering challenge: Challenge, at endpoint: RegistryEndpoint, scopes: ScopeSet,
        refused: Authorization? = nil
    ) async throws(ContentFailure) -> Authorization? {
        if case .token(let token, let request)? = refused?.kind { await context.tokens.discard(token, of: request) }
        let answer = try await login(for: call.repository, insteadOf: refused?.login)
        if case .registryToken(let token)? = answer.credential {
            return Authorization(header: Secret("Bearer " + token.reveal()), kind: .login(answer))
        }
        switch challenge.kind {
        case .basic: return answer.credential?.basicValue.map { Authorization(header: $0, kind: .login(answer)) }
        case .bearer:
            do throws(ContentFailure) {
                return try await exchange(answer, for: call, answering: challenge, at: endpoint, scopes: scopes)
            } catch {
                // A login that has ended is refused here first.
                guard [401, 403].contains(error.status) else { throw error }
                let newer = try await login(for: call.repository, insteadOf: answer)
                guard newer.credential != answer.credential else {
                    if answer.credential == nil { context.options.lacksLogin?(host) }
                    throw await hinting(error, call.repository)
                }
                return try await exchange(newer, for: call, answering: challenge, at: endpoint, scopes: scopes)
            }
        case nil: return nil
        }
    }

    private func exchange(
        _ login: CredentialAnswer, for call: Call, answering challenge: Challenge, at endpoint: RegistryEndpoint,
        scopes: ScopeSet
    ) async throws(ContentFailure) -> Authorization {
        let request = try tokenRequest(
            answering: challenge, at: endpoint, login: login.credential, scopes: scopes)
        let use: TokenCache<TokenService>.Use = call.body.isRepeatable ? .question : .body
        let token = try await context.tokens.token(for: request, use: use)
        if let credential = request.credential { prove(credential) }
        return Authorization(header: Secret("Bearer " + token.reveal()), kind: .token(token, request))
    }

    func tokenRequest(
        answering challenge: Challenge, at endpoint: RegistryEndpoint, login credential: Credential?, scopes: ScopeSet
    ) throws(ContentFailure) -> TokenRequest {
        let policy = RealmPolicy(context.transport.policy(for: endpoint.origin))
        do {
            let realm = try policy.realm(of: challenge)
            return TokenRequest(
                registry: endpoint.origin.description, realm: realm.url.unredacted, service: challenge.service,
                credential: realm.mayHaveCredentials ? credential : nil, scopes: scopes)
        } catch {
            throw ContentFailure(
                .invalid,
                "\(host) asks for a token, but its token service is not used: \(context.spoken.hidden(in: error.reason))"
            )
        }
    }
}
