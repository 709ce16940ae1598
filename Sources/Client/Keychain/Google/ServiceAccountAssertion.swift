// SPDX-License-Identifier: Apache-2.0

import Crypto
import CryptoExtras
import OCI
import RegistryAuth

/// An assertion of a service account: a JSON Web Token signed with its key by RS256 (RFC 7515, RFC 7519).
///
/// It is implemented here because this one algorithm takes thirty lines, and a library for all algorithms would add X.509.
struct ServiceAccountAssertion {
    private let key: GoogleCredentials.ServiceAccountKey
    private let audience: String
    private let now: Int64

    /// Seconds. Google accepts no longer lifetime.
    private static let lifetime: Int64 = 3600

    /// - Parameters:
    ///   - audience: the URL of the token service that the assertion is for.
    ///   - now: seconds since 1970.
    init(_ key: GoogleCredentials.ServiceAccountKey, audience: String, now: Int64) {
        self.key = key
        self.audience = audience
        self.now = now
    }

    func signed() throws(CredentialError) -> Secret {
        let input = Base64.encodeForURL(header.text.utf8) + "." + Base64.encodeForURL(claims.text.utf8)
        do {
            let privateKey = try _RSA.Signing.PrivateKey(pemRepresentation: key.privateKey.reveal())
            let signature = try privateKey.signature(
                for: SHA256.hash(data: Array(input.utf8)), padding: .insecurePKCS1v1_5)
            return Secret(input + "." + Base64.encodeForURL(signature.rawRepresentation))
        } catch {
            throw CredentialError("\"private_key\" is no RSA key that can sign")
        }
    }

    private var header: JSON {
        var members: [JSON.Member] = [.init(key: "alg", value: "RS256"), .init(key: "typ", value: "JWT")]
        if let id = key.keyID { members.append(.init(key: "kid", value: .string(id))) }
        return .object(members)
    }

    private var claims: JSON {
        .object([
            "iss": .string(key.email), "scope": .string(GoogleToken.scope), "aud": .string(audience),
            "iat": JSON(now), "exp": JSON(now + Self.lifetime),
        ])
    }
}
