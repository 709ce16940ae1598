// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryAuth

/// Provides logins for registries. Implement this protocol to use a secret store, a cloud's tokens, or a test's users.
///
/// It is called from many tasks. A run asks once for each registry, even if many requests wait for the answer. It asks
/// again when a credential's lifetime is over or the registry refuses it.
///
/// ```swift
/// struct VaultCredentials: CredentialProvider {
///     let vault: Vault
///
///     func credential(for registry: String) async throws -> Credential? {
///         guard let secret = try await vault.read("registries/\(registry)") else { return nil }
///         return .password(secret.password, user: secret.user, lifetime: .seconds(3600))
///     }
/// }
/// ```
public protocol CredentialProvider: Sendable {
    /// The login for a registry.
    ///
    /// - Parameter registry: the host as in references, with its port if one was written. Docker Hub is `docker.io`.
    /// - Returns: nil to use no login.
    /// - Throws: any error. The images that need this registry fail with ``TransshipError/Kind/unauthorized``, and the
    ///   error's description is part of the message, so it must not contain a secret.
    func credential(for registry: String) async throws -> Credential?

    /// The login to use in place of one that the registry accepted before and refuses now.
    ///
    /// The default implementation calls ``credential(for:)``, which is right for a provider that does not cache.
    func credential(for registry: String, insteadOf refused: Credential) async throws -> Credential?
}

extension CredentialProvider {
    /// Calls ``credential(for:)`` again.
    public func credential(for registry: String, insteadOf refused: Credential) async throws -> Credential? {
        try await credential(for: registry)
    }
}

/// The source of logins for registries.
///
/// ```swift
/// let transship = try Transship(
///     credentials: .ofThisMachine(variables: ProcessInfo.processInfo.environment))
/// ```
public struct Credentials: Sendable {
    enum Source {
        case provider(any CredentialProvider)
        case machine(variables: [String: String])
    }

    let source: Source

    /// No login for any registry.
    public static var none: Credentials { .fixed([:]) }

    /// The same logins for the whole run.
    ///
    /// - Parameter logins: logins by the registry's host, with its port if references have one. Docker Hub is `docker.io`.
    public static func fixed(_ logins: [String: Credential]) -> Credentials { .provider(FixedLogins(logins: logins)) }

    /// Logins from your own code.
    public static func provider(_ provider: any CredentialProvider) -> Credentials {
        Credentials(source: .provider(provider))
    }

    /// The logins of this machine, as in the program `transship`: Docker's and Podman's login files, the credential helpers
    /// that they name, Google's default credentials, and the helper of the registry's cloud.
    ///
    /// Helpers are external programs. They run with limits on their time and output.
    ///
    /// - Parameter variables: the environment variables: `HOME`, `DOCKER_CONFIG`, `PATH` and those that helpers need. The
    ///   library never reads the environment of the process itself.
    public static func ofThisMachine(variables: [String: String]) -> Credentials {
        Credentials(source: .machine(variables: variables))
    }
}

private struct FixedLogins: CredentialProvider {
    let logins: [String: Credential]

    func credential(for registry: String) -> Credential? { logins[registry] }
}

/// Adapts a provider to the registry client.
struct ProvidedCredentials: CredentialSource {
    let provider: any CredentialProvider

    func credential(
        for host: RegistryHost, repository: Repository?
    ) async throws(CredentialError) -> CredentialAnswer {
        try await answer { try await provider.credential(for: host.publicName) }
    }

    func credential(
        for host: RegistryHost, repository: Repository?, insteadOf refused: RegistryAuth.Credential
    ) async throws(CredentialError) -> CredentialAnswer {
        let refused = Credential(login: refused, lifetime: nil)
        return try await answer { try await provider.credential(for: host.publicName, insteadOf: refused) }
    }

    private func answer(_ ask: () async throws -> Credential?) async throws(CredentialError) -> CredentialAnswer {
        let credential: Credential?
        do { credential = try await ask() } catch { throw CredentialError("\(error)".displayable) }
        guard let credential else { return .anonymous }
        return CredentialAnswer(
            credential.login, source: "the credential provider",
            staleAfter: credential.lifetime.map { ContinuousClock.now + $0 })
    }
}
