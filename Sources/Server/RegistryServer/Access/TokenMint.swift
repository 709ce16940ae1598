// SPDX-License-Identifier: Apache-2.0

import Crypto
import OCI

/// Creates and reads tokens. A token consists of claims in JSON and an HMAC. Only this process knows the key, so a
/// restart makes all tokens invalid.
struct TokenMint: Sendable {
    private let key = SymmetricKey(size: .bits256)

    /// The content of a token.
    struct Claims: Hashable, Sendable {
        enum Use: String, Sendable {
            case access
            /// Can only be used to get other tokens.
            case refresh
        }

        var use: Use
        /// nil: a request without a user.
        var user: String?
        /// The time since 1970.
        var expiry: Duration
        var scopes: [AccessScope]
    }

    func token(_ claims: Claims) -> String {
        let text = JSON.object([
            "use": .string(claims.use.rawValue), "sub": JSON(claims.user),
            "exp": JSON(claims.expiry.components.seconds),
            // Makes tokens of the same second different (RFC 7519 §4.1.7).
            "jti": .string(String(UInt64.random(in: 0...UInt64.max), radix: 16)),
            "access": .array(claims.scopes.map { .string($0.text) }),
        ]).text
        let payload = Array(text.utf8)
        let seal = HMAC<SHA256>.authenticationCode(for: payload, using: key)
        return Base64.encodeForURL(payload) + "." + Base64.encodeForURL(Array(seal))
    }

    /// - Returns: nil if this process did not create the token, or if the token has expired at `now`.
    func claims(_ token: String, now: Duration) -> Claims? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let payload = Self.decode(parts[0]), let seal = Self.decode(parts[1]),
            HMAC<SHA256>.isValidAuthenticationCode(seal, authenticating: payload, using: key),
            let document = try? JSON(payload), let use = document["use"]?.string.flatMap(Claims.Use.init),
            let expiry = document["exp"]?.integer, .seconds(expiry) > now
        else { return nil }
        return Claims(
            use: use, user: document["sub"]?.string, expiry: .seconds(expiry),
            scopes: document["access"]?.array?.compactMap { $0.string.flatMap { AccessScope($0) } } ?? [])
    }

    /// The reverse of `Base64.encodeForURL`.
    private static func decode(_ text: Substring) -> [UInt8]? {
        let standard = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        return Base64.decode(standard + String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4))
    }
}
