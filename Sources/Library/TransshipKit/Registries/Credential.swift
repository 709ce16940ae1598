// SPDX-License-Identifier: Apache-2.0

import RegistryAuth

/// A login for a registry. It cannot be printed: its description and its mirror are `<redacted>`.
///
/// ```swift
/// let login = Credential.password(secret, user: "ci-bot")
/// ```
public struct Credential: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    let login: RegistryAuth.Credential
    /// nil: the credential does not expire.
    let lifetime: Duration?

    /// A user name and a password.
    ///
    /// - Parameters:
    ///   - password: the password, or an access token that the registry accepts as a password.
    ///   - user: the user name.
    ///   - lifetime: the time after which the provider is asked again; nil for a password that does not expire.
    public static func password(_ password: String, user: String, lifetime: Duration? = nil) -> Credential {
        Credential(login: .basic(user: user, password: Secret(password)), lifetime: lifetime)
    }

    /// An OAuth 2 refresh token, which the registry's token service exchanges for access tokens.
    ///
    /// - Parameters:
    ///   - token: the refresh token.
    ///   - user: the user name, for services that require it.
    ///   - lifetime: the time after which the provider is asked again; nil for a token that does not expire.
    public static func identityToken(_ token: String, user: String? = nil, lifetime: Duration? = nil) -> Credential {
        Credential(login: .identityToken(Secret(token), user: user), lifetime: lifetime)
    }

    /// A bearer token that is sent to the registry as it is.
    ///
    /// - Parameters:
    ///   - token: the bearer token.
    ///   - lifetime: the time after which the provider is asked again; nil for a token that does not expire.
    public static func bearerToken(_ token: String, lifetime: Duration? = nil) -> Credential {
        Credential(login: .registryToken(Secret(token)), lifetime: lifetime)
    }

    /// Always `<redacted>`.
    public var description: String { "<redacted>" }

    /// A mirror that does not contain the secret.
    public var customMirror: Mirror { Mirror(reflecting: description) }
}
