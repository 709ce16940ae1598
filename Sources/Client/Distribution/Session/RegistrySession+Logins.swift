// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport
import Waiting

extension RegistrySession {
    func credential(for repository: Repository?) async throws(ContentFailure) -> CredentialAnswer {
        try await login(for: repository, insteadOf: nil)
    }

    /// The login for a repository.
    ///
    /// - Parameter refused: a login that the registry refused. If the registry had accepted it before, its source is asked
    ///   for a new login, once for all refused requests.
    func login(
        for repository: Repository?, insteadOf refused: CredentialAnswer?
    ) async throws(ContentFailure) -> CredentialAnswer {
        let answer = try await lookUp(nil, insteadOf: refused)
        guard answer.extent == .repository, let repository else { return answer }
        return try await lookUp(repository, insteadOf: refused)
    }

    /// The registry, or its token service, accepted this login.
    func prove(_ credential: Credential) { learn { $0.logins.prove(credential) } }

    private func lookUp(
        _ repository: Repository?, insteadOf refused: CredentialAnswer?
    ) async throws(ContentFailure) -> CredentialAnswer {
        let now = context.clock.monotonic()
        let refusedLogin = refused?.credential
        return try await credentials.value(
            for: repository,
            unless: { $0.isStale(at: now) || (refusedLogin != nil && $0.credential == refusedLogin) }
        ) { [self] () async throws(ContentFailure) in
            guard let refused, let refusedLogin else { return try await ask(repository, insteadOf: nil) }
            guard learn({ $0.logins.begin(refusedLogin, at: now) }) else { return refused }
            return try await ask(repository, insteadOf: refusedLogin)
        }
    }

    private func ask(
        _ repository: Repository?, insteadOf refused: Credential?
    ) async throws(ContentFailure) -> CredentialAnswer {
        do throws(CredentialError) {
            let source = context.credentials
            let answer =
                if let refused {
                    try await source.credential(for: host, repository: repository, insteadOf: refused)
                } else {
                    try await source.credential(for: host, repository: repository)
                }
            trace(answer, repository)
            return answer
        } catch {
            // The description was escaped when it was created. It is not shortened, because its end says the most.
            throw ContentFailure(.unauthorized, "no credentials for \(host): \(error.description)")
        }
    }

    private func trace(_ answer: CredentialAnswer, _ repository: Repository?) {
        guard let trace = context.options.trace else { return }
        let place = repository.map { "\(host)/\($0)" } ?? "\(host)"
        trace("credentials for \(place): \(answer.source ?? "none")")
    }
}
