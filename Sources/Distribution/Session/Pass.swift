import Content
import OCI
import RegistryAuth
import RegistryTransport

/// What a request proves itself with.
struct Pass: Sendable {
    enum Kind: Sendable {
        case credential
        case token(Secret, TokenRequest)
    }

    /// The value of the `Authorization` header.
    let header: Secret
    let kind: Kind
}

extension RegistrySession {
    /// What to prove a call with, given what the registry asks for; nil for going without.
    ///
    /// - Parameter refused: what the registry has just refused; it is not handed out again, except for a password.
    func pass(
        for call: Call, _ challenge: Challenge, of footing: Footing, scopes: ScopeSet, refused: Pass? = nil
    ) async throws(ContentFailure) -> Pass? {
        if case .token(let token, let request)? = refused?.kind { await context.tokens.discard(token, of: request) }
        let credential = try await credential(for: call.repository).credential
        if case .registryToken(let token)? = credential {
            return Pass(header: Secret("Bearer " + token.reveal()), kind: .credential)
        }
        switch challenge.kind {
        case .basic: return credential?.basicValue.map { Pass(header: $0, kind: .credential) }
        case .bearer:
            let request = try tokenRequest(challenge, of: footing, credential, scopes)
            let use: TokenCache<TokenService>.Use = call.body.isRepeatable ? .question : .body
            let token = try await context.tokens.token(for: request, use: use)
            return Pass(header: Secret("Bearer " + token.reveal()), kind: .token(token, request))
        case nil: return nil
        }
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
                .invalid, "\(host) asks for a token, but its token service is not used: \(error.reason)")
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
            throw Refusal(reason: "the realm \"\(text.displayable(limit: 64))\" is not usable: \(error)")
        }
    }
}
