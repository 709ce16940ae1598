// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
import RegistryAuth
import RegistryTransport
import Waiting

// Mounts from repositories that may exist. Whatever the answer is, the blob can still be sent.

extension RegistryStore {
    package func admit(
        _ descriptor: Descriptor, to repository: Repository, guessing origin: Repository
    ) async throws(ContentFailure) -> BlobAdmission {
        guard origin.isWireSafe, session.known({ $0.guesses.mayAsk(origin) }) else {
            return .session(try await openSession(descriptor, in: repository), mountRefused: false)
        }
        let takesToken = try await asksForTokens(in: repository)
        if takesToken, let admission = try await firstGuess(descriptor, to: repository, from: origin) {
            return admission
        }
        return try await guess(descriptor, to: repository, from: origin, takesToken: takesToken)
    }

    /// The first guess shows whether the token service grants the scope. The others wait for that, and are made at the same
    /// time afterwards.
    ///
    /// - Returns: nil if another blob made the first guess.
    private func firstGuess(
        _ descriptor: Descriptor, to repository: Repository, from origin: Repository
    ) async throws(ContentFailure) -> BlobAdmission? {
        guard !session.known(\.guesses.isTried) else { return nil }
        return try await session.guessing.alone(session.host) { () async throws(ContentFailure) in
            guard !session.known(\.guesses.isTried) else { return nil }
            return try await guess(descriptor, to: repository, from: origin, takesToken: true)
        }
    }

    private func asksForTokens(in repository: Repository) async throws(ContentFailure) -> Bool {
        let endpoint = try await session.currentEndpoint()
        return session.known { $0.challenges(for: repository, at: endpoint) }.contains { $0.kind == .bearer }
    }

    private func guess(
        _ descriptor: Descriptor, to repository: Repository, from origin: Repository, takesToken: Bool
    ) async throws(ContentFailure) -> BlobAdmission {
        guard session.known({ $0.guesses.mayAsk(origin) }) else {
            return .session(try await openSession(descriptor, in: repository), mountRefused: false)
        }
        let query = "?mount=\(descriptor.digest)&from=\(origin)"
        let scopes = ScopeSet(.push(repository), .pull(origin))
        let call = try sessionCall(for: descriptor, in: repository, query: query, scopes: scopes)
        guard let reply = try await answer(to: call) else {
            return .session(try await openSession(descriptor, in: repository), mountRefused: false)
        }
        session.learn { $0.guesses.noteAnswer(origin, isRight: reply.status == 201, takesToken: takesToken) }
        if reply.status == 201 { return .present }
        return .session(try await uploadSession(reply, of: call, repository), mountRefused: false)
    }

    /// - Returns: nil if the registry, or its token service, rejects the guess.
    private func answer(to call: Call) async throws(ContentFailure) -> Reply? {
        let reply: Reply
        do throws(ContentFailure) { reply = try await self.reply(to: call) } catch {
            guard ![.cancelled, .rateLimited].contains(error.kind) else { throw error }
            session.learn { $0.guesses.noteRefusal(isFinal: [400, 401, 403, 404].contains(error.status)) }
            return nil
        }
        if [201, 202].contains(reply.status) { return reply }
        if reply.status == 429 { throw await session.failure(reply, of: call) }
        session.learn { $0.guesses.noteRefusal(isFinal: (400...499).contains(reply.status) && reply.status != 408) }
        return nil
    }
}
