// SPDX-License-Identifier: Apache-2.0

import RegistryAuth

/// A login for a registry. It cannot be printed: its description and its mirror say `<redacted>`.
///
/// ```swift
/// let login = Credential.password(secret, user: "ci-bot")
/// ```
public struct Credential: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    let login: RegistryAuth.Credential
    /// nil: it does not expire.
    let lifetime: Duration?

    /// A user's name and password.
    ///
    /// - Parameters:
    ///   - password: the password, or an access token that the registry takes in its place.
    ///   - user: the user's name.
    ///   - lifetime: after which the provider is asked again; nil for a password that lasts.
    public static func password(_ password: String, user: String, lifetime: Duration? = nil) -> Credential {
        Credential(login: .basic(user: user, password: Secret(password)), lifetime: lifetime)
    }

    /// An OAuth 2 refresh token, which is exchanged at the registry's token service.
    ///
    /// - Parameters:
    ///   - token: the refresh token.
    ///   - user: for services that want the user's name with it.
    ///   - lifetime: after which the provider is asked again; nil for a token that lasts.
    public static func identityToken(_ token: String, user: String? = nil, lifetime: Duration? = nil) -> Credential {
        Credential(login: .identityToken(Secret(token), user: user), lifetime: lifetime)
    }

    /// A bearer token that is sent to the registry as it is.
    ///
    /// - Parameters:
    ///   - token: the bearer token.
    ///   - lifetime: after which the provider is asked again; nil for a token that lasts.
    public static func bearerToken(_ token: String, lifetime: Duration? = nil) -> Credential {
        Credential(login: .registryToken(Secret(token)), lifetime: lifetime)
    }

    /// Always `<redacted>`.
    public var description: String { "<redacted>" }

    /// Shows nothing of the secret.
    public var customMirror: Mirror { Mirror(reflecting: description) }
}
