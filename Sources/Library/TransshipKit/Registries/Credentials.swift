// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryAuth

/// Gives logins for registries: what you write to use a secret store, a cloud's tokens, a test's users.
///
/// Called from many tasks. A run asks once for each registry, however many requests wait for the answer, and again when a
/// credential's lifetime is over or the registry refuses it.
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
    /// - Parameter registry: the host as references name it, with its port where one was written. Docker Hub is `docker.io`.
    /// - Returns: nil to go without a login.
    /// - Throws: anything. The images that need this registry fail with ``TransshipError/Kind/unauthorized``, and the error's
    ///   description is part of the message: it must not contain a secret.
    func credential(for registry: String) async throws -> Credential?

    /// The login to use in the place of one that the registry took before and refuses now.
    ///
    /// By default the same as ``credential(for:)``, which is right for a provider that remembers nothing.
    func credential(for registry: String, insteadOf refused: Credential) async throws -> Credential?
}

extension CredentialProvider {
    /// Asks ``credential(for:)`` again.
    public func credential(for registry: String, insteadOf refused: Credential) async throws -> Credential? {
        try await credential(for: registry)
    }
}

/// Where logins for registries come from.
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
    /// - Parameter logins: by the registry's host, with its port where references have one. Docker Hub is `docker.io`.
    public static func fixed(_ logins: [String: Credential]) -> Credentials { .provider(FixedLogins(logins: logins)) }

    /// Logins from code of yours.
    public static func provider(_ provider: any CredentialProvider) -> Credentials {
        Credentials(source: .provider(provider))
    }

    /// The logins of this machine, as the program `transship` finds them: Docker's and Podman's login files, the credential
    /// helpers that they name, Google's default credentials, and the helper of the registry's cloud.
    ///
    /// Helpers are programs, which are run with limits on their time and output.
    ///
    /// - Parameter variables: the environment: `HOME`, `DOCKER_CONFIG`, `PATH` and what helpers want. The library never reads
    ///   the process's own.
    public static func ofThisMachine(variables: [String: String]) -> Credentials {
        Credentials(source: .machine(variables: variables))
    }
}

private struct FixedLogins: CredentialProvider {
    let logins: [String: Credential]

    func credential(for registry: String) -> Credential? { logins[registry] }
}

/// A provider as the registry client asks it.
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
