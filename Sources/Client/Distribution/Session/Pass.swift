// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport

/// What a request proves itself with.
struct Pass: Sendable {
    enum Kind: Sendable {
        case login(CredentialAnswer)
        case token(Secret, TokenRequest)
    }

    /// The value of the `Authorization` header.
    let header: Secret
    let kind: Kind

    /// The login that was sent as it is.
    var login: CredentialAnswer? { if case .login(let answer) = kind { answer } else { nil } }
}

extension RegistrySession {
    /// What to prove a call with, given what the registry asks for; nil for going without.
    ///
    /// - Parameter refused: what the registry has just refused; it is not handed out again, except for a login that its
    ///   source has no other for.
    func pass(
        for call: Call, _ challenge: Challenge, of footing: Footing, scopes: ScopeSet, refused: Pass? = nil
    ) async throws(ContentFailure) -> Pass? {
        if case .token(let token, let request)? = refused?.kind { await context.tokens.discard(token, of: request) }
        let answer = try await login(for: call.repository, insteadOf: refused?.login)
        if case .registryToken(let token)? = answer.credential {
            return Pass(header: Secret("Bearer " + token.reveal()), kind: .login(answer))
        }
        switch challenge.kind {
        case .basic: return answer.credential?.basicValue.map { Pass(header: $0, kind: .login(answer)) }
        case .bearer:
            do throws(ContentFailure) { return try await exchange(answer, call, challenge, of: footing, scopes) } catch
            {
                // A login that has ended is refused here first.
                guard [401, 403].contains(error.status) else { throw error }
                let newer = try await login(for: call.repository, insteadOf: answer)
                guard newer.credential != answer.credential else {
                    if answer.credential == nil { context.options.lacksLogin?(host) }
                    throw await hinting(error, call.repository)
                }
                return try await exchange(newer, call, challenge, of: footing, scopes)
            }
        case nil: return nil
        }
    }

    private func exchange(
        _ login: CredentialAnswer, _ call: Call, _ challenge: Challenge, of footing: Footing, _ scopes: ScopeSet
    ) async throws(ContentFailure) -> Pass {
        let request = try tokenRequest(challenge, of: footing, login.credential, scopes)
        let use: TokenCache<TokenService>.Use = call.body.isRepeatable ? .question : .body
        let token = try await context.tokens.token(for: request, use: use)
        if let credential = request.credential { prove(credential) }
        return Pass(header: Secret("Bearer " + token.reveal()), kind: .token(token, request))
    }

    func tokenRequest(
        _ challenge: Challenge, of footing: Footing, _ credential: Credential?, _ scopes: ScopeSet
    ) throws(ContentFailure) -> TokenRequest {
        let policy = RealmPolicy(context.transport.policy(for: footing.origin))
        do {
            let realm = try policy.realm(of: challenge)
            return TokenRequest(
                registry: footing.origin.description, realm: realm.url.unredacted, service: challenge.service,
                credential: realm.mayHaveCredentials ? credential : nil, scopes: scopes)
        } catch {
            throw ContentFailure(
                .invalid,
                "\(host) asks for a token, but its token service is not used: \(context.spoken.hidden(in: error.reason))"
            )
        }
    }
}

/// Which token services a registry may name.
struct RealmPolicy {
    struct Refusal: Error { let reason: String }

    struct Realm {
        let url: WireURL
        /// No: a service that is nothing but an address has no name to be trusted by.
        let mayHaveCredentials: Bool
    }

    private let hops: HopPolicy

    private static let longestRealm = 4096

    init(_ hops: HopPolicy) { self.hops = hops }

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
            throw Refusal(reason: "the realm \"\(text.withoutSecrets.displayable(limit: 64))\" is not usable: \(error)")
        }
    }
}
