// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
import RegistryAuth
import RegistryTransport

extension RegistryStore {
    /// Where the login for a repository was found, in words for the user; nil if there is none.
    package func loginSource(for repository: Repository?) async throws(ContentFailure) -> String? {
        try await session.credential(for: repository).source
    }

    /// Asks the registry whether it accepts the current login.
    ///
    /// - Returns: false if the registry requires no login, so that this one cannot be checked.
    /// - Throws: kind `.unauthorized` or `.denied` if the registry refuses it.
    package func provesLogin() async throws(ContentFailure) -> Bool {
        let endpoint = try await session.currentEndpoint()
        let mayShowLogin = try await session.firstAnswer(to: endpoint.challenges) { challenge throws(ContentFailure) in
            try await showsLogin(answering: challenge, at: endpoint)
        }
        guard mayShowLogin != false else { return false }
        // A token service may issue a token that the registry does not accept.
        let call = Call(.get, .path("/v2/"), scopes: ScopeSet([]), in: nil)
        let reply = try await reply(to: call, expecting: [200])
        guard !reply.isWebPage else { throw await session.failure(reply, of: call) }
        return !endpoint.challenges.isEmpty
    }

    /// Whether the answer to a challenge would contain the current login.
    private func showsLogin(
        answering challenge: Challenge, at endpoint: RegistryEndpoint
    ) async throws(ContentFailure) -> Bool {
        guard challenge.kind == .bearer else { return true }
        let credential = try await session.credential(for: nil).credential
        let request = try session.tokenRequest(
            answering: challenge, at: endpoint, login: credential, scopes: ScopeSet([]))
        return request.credential != nil
    }

    /// Finds out the scheme and gets the token for reading a repository, before the first request for its content.
    package func prepareReading(_ repository: Repository) async throws(ContentFailure) {
        let endpoint = try await session.currentEndpoint()
        let scopes = reading(repository)
        let call = Call(.get, .path("/v2/"), scopes: scopes, in: repository)
        _ = try await session.authorization(for: call, answering: endpoint.challenges, at: endpoint) { _ in scopes }
    }

    /// The token service's answer (JSON) with a token for one repository, and for reading others.
    package func tokenDocument(
        pushing: Bool, to repository: Repository, pullingFrom others: [Repository]
    ) async throws(ContentFailure) -> [UInt8] {
        let endpoint = try await session.currentEndpoint()
        let scheme = endpoint.challenges.first?.scheme ?? ""
        let isBearer = endpoint.challenges.first?.kind == .bearer
        let services = isBearer ? endpoint.challenges.filter { $0.kind == .bearer } : []
        let scopes = ScopeSet([pushing ? .push(repository) : .pull(repository)] + others.map { .pull($0) })
        let document = try await session.firstAnswer(to: services) { challenge throws(ContentFailure) in
            let credential = try await session.credential(for: repository).credential
            let request = try session.tokenRequest(
                answering: challenge, at: endpoint, login: credential, scopes: scopes)
            return try await tokenDocument(answering: request)
        }
        guard let document else {
            throw ContentFailure(.unsupported, "challenge scheme \"\(scheme)\" is not bearer")
        }
        return document
    }

    private func tokenDocument(answering request: TokenRequest) async throws(ContentFailure) -> [UInt8] {
        let service = TokenService(session.context)
        let reply = try await service.reply(to: request)
        _ = try service.grant(from: reply)
        return reply.body
    }
}
