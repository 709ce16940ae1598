// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryAuth
import RegistryTransport

/// Exchanges the content of a credentials file for an access token.
struct GoogleExchange {
    private let context: KeychainContext
    private let wire: GoogleWire

    init(_ context: KeychainContext) {
        self.context = context
        wire = GoogleWire(context)
    }

    func token(for credentials: GoogleCredentials) async throws(CredentialError) -> GoogleToken {
        var token: GoogleToken
        switch credentials {
        case .authorizedUser(let client, let clientSecret, let refreshToken):
            token = try await wire.postForm(
                context.googleTokenURL,
                ["grant_type": "refresh_token", "client_id": client],
                secrets: ["client_secret": clientSecret, "refresh_token": refreshToken])
        case .serviceAccount(let key):
            token = try await self.token(for: key, at: key.tokenURL ?? context.googleTokenURL)
        case .externalAccount(let account): token = try await self.token(for: account)
        case .impersonated(let base, let impersonation):
            token = try await impersonate(impersonation, with: try await self.token(for: base))
        }
        token.owner = credentials.owner
        return token
    }

    /// Exchanges a JSON Web Token, signed with the account's key, for an access token (RFC 7523).
    private func token(
        for key: GoogleCredentials.ServiceAccountKey, at url: String
    ) async throws(CredentialError) -> GoogleToken {
        let assertion = try ServiceAccountAssertion(key, audience: url, now: context.clock.calendar()).signed()
        return try await wire.postForm(
            url, ["grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"], secrets: ["assertion": assertion])
    }

    /// Exchanges the token of another provider for one of Google's (RFC 8693).
    private func token(
        for account: GoogleCredentials.ExternalAccount
    ) async throws(CredentialError) -> GoogleToken {
        let subject = try await subjectToken(account.subject)
        let basic = account.client.flatMap { Credential.basic(user: $0.id, password: $0.secret).basicValue }
        let token = try await wire.postForm(
            account.tokenURL,
            [
                "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "audience": account.audience,
                "scope": GoogleToken.scope,
                "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
                "subject_token_type": account.subjectTokenType,
            ], secrets: ["subject_token": subject], authorization: basic)
        guard let impersonation = account.impersonation else { return token }
        return try await impersonate(impersonation, with: token)
    }

    private func subjectToken(
        _ subject: GoogleCredentials.SubjectTokenPlace
    ) async throws(CredentialError) -> Secret {
        let bytes: [UInt8]
        let place: String
        switch subject.place {
        case .file(let path):
            place = path.displayable
            guard let found = try context.readFile(path) else {
                throw CredentialError("the token to exchange is not there: no file \(place)")
            }
            bytes = found
        case .url(let url, let headers):
            bytes = try await wire.get(url, headers: headers)
            place = "the answer of its URL"
        }
        let text = String(decoding: bytes, as: UTF8.self).trimmingBlanks
        guard let member = subject.member else { return Secret(text) }
        guard let token = (try? JSON(bytes))?[member]?.string, !token.isEmpty else {
            throw CredentialError("the token to exchange is not there: \(place) has no \"\(member.displayable)\"")
        }
        return Secret(token)
    }

    private func impersonate(
        _ impersonation: GoogleCredentials.Impersonation, with token: GoogleToken
    ) async throws(CredentialError) -> GoogleToken {
        let body = JSON.object([
            "delegates": .array(impersonation.delegates.map(JSON.string)),
            "scope": .array([.string(GoogleToken.scope)]),
            "lifetime": .string("\(impersonation.lifetime)s"),
        ])
        let answer = try await wire.postJSON(
            impersonation.url, body, authorization: Secret("Bearer " + token.value.reveal()))
        guard let value = answer["accessToken"]?.string, !value.isEmpty else {
            throw CredentialError("the answer of \(GoogleWire.place(impersonation.url)) holds no token")
        }
        return GoogleToken(value: Secret(value), lifetime: .seconds(impersonation.lifetime))
    }
}
