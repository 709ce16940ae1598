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
    /// The authorization of a call, for the challenges of the registry; nil if the call is sent without one.
    ///
    /// - Parameters:
    ///   - challenges: the preferred one first. If one cannot be answered, the next is tried.
    ///   - refused: the authorization that the registry has just refused. It is not returned again, unless it is a login
    ///     and its source has no other one.
    ///   - scopes: the scopes to request from a token service, for the challenge that named it.
    func authorization(
        for call: Call, answering challenges: [Challenge], at endpoint: RegistryEndpoint, refused: Authorization? = nil,
        scopes: (Challenge) -> ScopeSet
    ) async throws(ContentFailure) -> Authorization? {
        guard !challenges.isEmpty else { return nil }
        if case .token(let token, let request)? = refused?.kind { await context.tokens.discard(token, of: request) }
        let answer = try await login(for: call.repository, insteadOf: refused?.login)
        if case .registryToken(let token, _, _)? = answer.credential {
            return Authorization(header: Secret("Bearer " + token.reveal()), kind: .login(answer))
        }
        return try await firstAnswer(to: challenges) { challenge throws(ContentFailure) in
            try await authorization(
                by: answer, for: call, answering: challenge, at: endpoint, scopes: scopes(challenge))
        }
    }

    /// Tries one challenge after the other until one can be answered.
    ///
    /// - Parameter answer: returns nil if there is nothing to answer a challenge with.
    /// - Throws: the first failure if no challenge can be answered; at once if a token service was asked and refused.
    func firstAnswer<Answer: Sendable>(
        to challenges: [Challenge], _ answer: (Challenge) async throws(ContentFailure) -> Answer?
    ) async throws(ContentFailure) -> Answer? {
        var failure: ContentFailure?
        for challenge in known({ $0.ordered(challenges) }) {
            do throws(ContentFailure) {
                let result = try await answer(challenge)
                if result != nil || failure == nil { return result }
            } catch {
                guard error.leavesOtherChallenges else { throw error }
                learn { $0.noteFailure(of: challenge) }
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return nil
    }

    private func authorization(
        by answer: CredentialAnswer, for call: Call, answering challenge: Challenge, at endpoint: RegistryEndpoint,
        scopes: ScopeSet
    ) async throws(ContentFailure) -> Authorization? {
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
        let policy = RealmPolicy(context.transport.policy(for: endpoint.origin), hiding: context.secrets)
        do {
            let realm = try policy.realm(of: challenge)
            return TokenRequest(
                registry: endpoint.origin.description, realm: realm.url.unredacted, service: challenge.service,
                credential: realm.mayHaveCredentials ? credential : nil, scopes: scopes)
        } catch {
            throw ContentFailure(
                .invalid,
                "\(host) asks for a token, but its token service is not used: \(context.secrets.hidden(in: error.reason))"
            )
        }
    }
}

extension ContentFailure {
    /// Whether a token service did not answer at all: it cannot be reached, is not trusted, must not be asked, or is not a
    /// token service.
    fileprivate var leavesOtherChallenges: Bool {
        status == nil && [.unreachable, .untrusted, .invalid].contains(kind)
    }
}
