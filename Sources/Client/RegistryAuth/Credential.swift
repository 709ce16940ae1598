// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A password, a token: cannot be printed.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: [UInt8]

    package init(_ value: String) { self.value = Array(value.utf8) }

    /// A password may be in any encoding: a registry gets the bytes that it was stored with.
    package init(bytes: [UInt8]) { value = bytes }

    /// The secret itself, for the wire.
    package func reveal() -> String { String(decoding: value, as: UTF8.self) }

    /// `user:password` in base64, as the Basic scheme and login files have it.
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
    /// A bearer token that is sent as it is. Of the user and the password beside it only programs that ask for them hear.
    case registryToken(Secret, user: String? = nil, password: Secret? = nil)

    /// `user:password` as the Basic scheme wants it; nil where there is no password to send.
    package var basicValue: Secret? {
        switch self {
        case .basic(let user, let password), .identityToken(_, let user?, let password?):
            password.isEmpty ? nil : Secret("Basic " + password.encoded(after: user))
        case .identityToken, .registryToken: nil
        }
    }
}

/// Where credentials are looked up.
///
/// A run asks once for each host, or once for each repository of a host where the answer says that they differ.
package protocol CredentialSource: Sendable {
    func credential(for host: RegistryHost, repository: Repository?) async throws(CredentialError) -> CredentialAnswer

    /// What to use in the place of a login that was taken before and is refused now: looked up anew, whatever is
    /// remembered. The same again where there is no other.
    func credential(
        for host: RegistryHost, repository: Repository?, insteadOf refused: Credential
    ) async throws(CredentialError) -> CredentialAnswer
}

extension CredentialSource {
    /// A source that remembers nothing has only one way to answer.
    package func credential(
        for host: RegistryHost, repository: Repository?, insteadOf refused: Credential
    ) async throws(CredentialError) -> CredentialAnswer {
        try await credential(for: host, repository: repository)
    }
}

package struct CredentialAnswer: Sendable, Hashable {
    /// What the answer holds for.
    package enum Extent: Sendable, Hashable {
        case host
        case repository
    }

    /// nil: go without.
    package var credential: Credential?
    package var extent: Extent
    /// Where the credential was found, in words for the user; nil where there is none.
    package var source: String?
    /// When to ask the source again. nil: the credential does not expire.
    package var staleAfter: ContinuousClock.Instant?
    /// What the user could do, should the registry refuse.
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

/// Why no answer about credentials could be had. That there are none is an answer.
package struct CredentialError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// No credentials for anybody.
package struct Anonymous: CredentialSource {
    package init() {}

    package func credential(
        for host: RegistryHost, repository: Repository?
    ) async throws(CredentialError) -> CredentialAnswer { .anonymous }
}
