// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A password or a token. It cannot be printed.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: [UInt8]

    package init(_ value: String) { self.value = Array(value.utf8) }

    /// A password may have any encoding. The registry gets the stored bytes.
    package init(bytes: [UInt8]) { value = bytes }

    /// The secret itself, for the wire.
    package func reveal() -> String { String(decoding: value, as: UTF8.self) }

    /// `user:password` in base64, as in the Basic scheme and in login files.
    package func encoded(after user: String) -> String { Base64.encode(Array("\(user):".utf8) + value) }

    package var isEmpty: Bool { value.isEmpty }
    package var description: String { "<redacted>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(reflecting: description) }
}

/// A long-lived secret for a registry.
package enum Credential: Hashable, Sendable {
    case basic(user: String, password: Secret)
    /// An OAuth2 refresh token, exchanged at the token service. Some services want the user's name with it. The password
    /// beside it is for registries without such a service.
    case identityToken(Secret, user: String?, password: Secret? = nil)
    /// A bearer token that is sent as it is. The user and the password are only passed to programs that ask for them.
    case registryToken(Secret, user: String? = nil, password: Secret? = nil)

    /// `user:password` for the Basic scheme; nil if there is no password to send.
    package var basicValue: Secret? {
        switch self {
        case .basic(let user, let password), .identityToken(_, let user?, let password?):
            password.isEmpty ? nil : Secret("Basic " + password.encoded(after: user))
        case .identityToken, .registryToken: nil
        }
    }
}

/// A source of credentials.
///
/// A run asks once for each host or, if the answer says that they differ, once for each repository of a host.
package protocol CredentialSource: Sendable {
    func credential(for host: RegistryHost, repository: Repository?) async throws(CredentialError) -> CredentialAnswer

    /// Looks up a replacement for a login that worked before and is refused now, without using stored answers. Returns the
    /// same login if there is no other.
    func credential(
        for host: RegistryHost, repository: Repository?, insteadOf refused: Credential
    ) async throws(CredentialError) -> CredentialAnswer
}

extension CredentialSource {
    /// The default for a source that stores no answers.
    package func credential(
        for host: RegistryHost, repository: Repository?, insteadOf refused: Credential
    ) async throws(CredentialError) -> CredentialAnswer {
        try await credential(for: host, repository: repository)
    }
}

package struct CredentialAnswer: Sendable, Hashable {
    /// The repositories that an answer is valid for.
    package enum Extent: Sendable, Hashable {
        case host
        case repository
    }

    /// nil: use no credentials.
    package var credential: Credential?
    package var extent: Extent
    /// Where the credential was found, in words for the user; nil if there is none.
    package var source: String?
    /// When to ask the source again. nil: the credential does not expire.
    package var staleAfter: ContinuousClock.Instant?
    /// A hint for the user if the registry refuses.
    package var hint: String?

    package init(
        _ credential: Credential?, for extent: Extent = .host, source: String? = nil,
        staleAfter: ContinuousClock.Instant? = nil, hint: String? = nil
    ) {
        self.credential = credential
        self.extent = extent
        self.source = source
        self.staleAfter = staleAfter
        self.hint = hint
    }

    package func isStale(at now: ContinuousClock.Instant) -> Bool { staleAfter.map { $0 <= now } ?? false }

    package static let anonymous = CredentialAnswer(nil)
}

/// Why a source could not answer. "No credentials" is an answer, not an error.
package struct CredentialError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// A source without credentials.
package struct NoCredentials: CredentialSource {
    package init() {}

    package func credential(
        for host: RegistryHost, repository: Repository?
    ) async throws(CredentialError) -> CredentialAnswer { .anonymous }
}
