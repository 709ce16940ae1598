// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport

extension RegistrySession {
    /// A registry that another one redirects to may issue anonymous tokens (registry.k8s.io redirects to Artifact
    /// Registry). The token is requested without a login, and is sent only to that host.
    func answeringThirdParty(
        _ response: WireResponse, of call: Call, as request: WireRequest, from home: RegistryEndpoint
    ) async throws(ContentFailure) -> WireResponse {
        let challenges = Challenge.answerable(in: response.headers.all("WWW-Authenticate"))
        guard response.status == 401, [.get, .head].contains(call.method), !isHome(response.url),
            challenges.first?.kind == .bearer
        else { return response }
        let thirdParty = RegistryEndpoint(origin: response.url.origin, challenges: challenges)
        var again = request
        again.url = response.url
        do {
            // The same rules apply as to the registry's redirect, because the user did not name this host.
            again.reach = try context.transport.policy(for: home.origin).reach(of: response.url, from: home.origin)
            guard let token = try await thirdPartyToken(from: thirdParty) else { return response }
            again.headers["Authorization"] = "Bearer " + token.reveal()
        } catch {
            return response
        }
        await response.discard()
        return try await transmit(again, thirdParty)
    }

    private func thirdPartyToken(from thirdParty: RegistryEndpoint) async throws(ContentFailure) -> Secret? {
        let services = thirdParty.challenges.filter { $0.kind == .bearer }
        return try await firstAnswer(to: services) { challenge throws(ContentFailure) in
            let asked = try tokenRequest(answering: challenge, at: thirdParty, login: nil, scopes: challenge.scopes)
            return try await context.tokens.token(for: asked, use: .question)
        }
    }

    /// Some registries answer anonymous requests for private content with 403 or 404; gcr.io once answered 401 without a
    /// challenge. If there was no ping yet, the challenge of a ping tells whether a login could help.
    func mayHideSomething(
        _ response: WireResponse, from call: Call, at endpoint: RegistryEndpoint
    ) async throws(ContentFailure) -> Bool {
        guard endpoint.evidence != .ping, [401, 403, 404].contains(response.status), call.body.isRepeatable,
            Challenge.answerable(in: response.headers.all("WWW-Authenticate")).isEmpty
        else { return false }
        let pinged = try await pinged()
        guard pinged.origin == endpoint.origin else { return false }
        learn { $0.notePing(pinged) }
        return !pinged.challenges.isEmpty
    }

    /// Amazon answers 403 to an expired login, and its public registry answers 400, without a challenge, to an expired
    /// token. A 403 for a token means that the token was accepted.
    static func isRefusal(_ response: WireResponse, of authorization: Authorization?, to call: Call) -> Bool {
        switch (response.status, authorization?.kind) {
        case (401, _), (403, .login): true
        case (400, .token): [.get, .head, .post].contains(call.method)
        default: false
        }
    }

    func sendAgain(
        _ call: Call, as request: WireRequest, after response: WireResponse, refusing refused: Authorization?,
        at endpoint: RegistryEndpoint
    ) async throws(ContentFailure) -> WireResponse {
        // gcr.io has answered 401 without a challenge. Then the ping's challenge applies.
        let offered = Challenge.answerable(in: response.headers.all("WWW-Authenticate"))
        let challenges = offered.isEmpty ? expectedChallenges(for: call, at: endpoint) : offered
        guard !challenges.isEmpty else { return response }
        learn { $0.note(challenges, ofDeletion: call.method == .delete) }
        let authorization = try await self.authorization(
            for: call, answering: challenges, at: endpoint, refused: refused,
            // The registry may name its scopes differently.
            scopes: { call.scopes.union($0.scopes) })
        guard let authorization, authorization.header != refused?.header else { return response }
        guard call.body.isRepeatable else {
            let question = "\(request.method.rawValue) \(request.url)"
            throw ContentFailure(
                .unauthorized, "\(question): the token was refused while the body was sent", retry: .later, status: 401)
        }
        await response.discard()
        var request = request
        request.headers["Authorization"] = authorization.header.reveal()
        context.secrets.note(request.headers["Authorization"])
        return try await transmit(request, endpoint)
    }
}
