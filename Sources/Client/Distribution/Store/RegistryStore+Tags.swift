// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// The meaning of a tag is known only if two statements agree, because a manifest with one damaged byte is as consistent as
// the right one. The statements are the body's digest, the header `Docker-Content-Digest` (distribution-spec, "Pulling
// manifests"), and the registry's answer by digest.

extension RegistryStore {
    /// The manifest that a tag names, confirmed.
    ///
    /// Takes one request if the answer confirms itself, and two if the registry names no digest.
    ///
    /// - Throws: kind `.corrupt` if the registry's answers keep contradicting each other.
    func manifest(
        of tag: Tag, in repository: Repository, policy: ReadPolicy
    ) async throws(ContentFailure) -> ManifestContent {
        var evidence = TagEvidence()
        var policy = policy
        while evidence.answers.count < TagEvidence.mostAnswers {
            let reply = try await fetch(.tag(tag), in: repository, policy: policy)
            let answer = TagEvidence.Answer(reply, trustsHeader: session.known(\.namesDigestsRight))
            if let content = try await confirmed(answer, evidence.add(answer), in: repository) { return content }
            policy = .reload
        }
        throw evidence.failure(asking: "GET \(session.host)/\(repository):\(tag)")
    }

    private func confirmed(
        _ answer: TagEvidence.Answer, _ judgement: TagEvidence.Judgement, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent? {
        switch judgement {
        case .confirmed: return answer.content
        case .askWhetherKnown:
            let isKnown = try await knows(answer.content.digest, in: repository, policy: .normal)
            return isKnown ? answer.content : nil
        case .askAgain: return nil
        case .askByDigest(let named, let isSteady):
            if isSteady, try await knows(answer.content.digest, in: repository, policy: .reload) {
                // The registry sends the same bytes with the same wrong digest every time, and also has them under their
                // own digest.
                session.learn { $0.noteWrongDigests() }
                session.notice("its Docker-Content-Digest headers are wrong; going by the bytes")
                return answer.content
            }
            do throws(ContentFailure) { return try await manifest(named, in: repository, policy: .reload) } catch {
                guard [.notFound, .corrupt, .invalid].contains(error.kind) else { throw error }
                return nil
            }
        }
    }
}

/// The combined evidence of several answers for one tag. Pure.
struct TagEvidence {
    struct Answer: Sendable {
        let content: ManifestContent
        /// The digest in the header, of any algorithm; nil if there is none, or it is ignored.
        let named: Digest?
        /// Whether the header matches the body.
        let agrees: Bool

        init(content: ManifestContent, named: Digest?, agrees: Bool) {
            self.content = content
            self.named = named
            self.agrees = agrees
        }
    }

    enum Judgement: Equatable {
        case confirmed
        /// The registry has to be asked whether it knows the body's digest.
        case askWhetherKnown
        case askAgain
        /// The header has named this digest twice. `isSteady`: for the same body.
        case askByDigest(Digest, isSteady: Bool)
    }

    static let mostAnswers = 4

    private(set) var answers: [Answer] = []

    mutating func add(_ answer: Answer) -> Judgement {
        defer { answers.append(answer) }
        if answer.agrees { return .confirmed }
        guard let named = answer.named else {
            // Two answers over two connections count as two statements.
            let isRepeated = answers.contains { $0.content.digest == answer.content.digest }
            return isRepeated ? .confirmed : .askWhetherKnown
        }
        let same = answers.filter { $0.named == named }
        guard !same.isEmpty else { return .askAgain }
        return .askByDigest(named, isSteady: same.contains { $0.content.digest == answer.content.digest })
    }

    func failure(asking question: String) -> ContentFailure {
        let told = answers.map { answer in
            "\(answer.content.digest.short)" + (answer.named.map { " called \($0.short)" } ?? "")
        }
        var failure = ContentFailure(
            .corrupt,
            "\(question): \(answers.count) answers contradict themselves: got \(told.joined(separator: ", "))",
            hint: "something between here and the registry changes its answers")
        failure.received = answers.last?.content.digest
        return failure
    }
}

extension TagEvidence.Answer {
    init(_ reply: Reply, trustsHeader: Bool) {
        let own = ContentHash.digest(of: reply.body)
        let named = trustsHeader ? reply.digest : nil
        let agrees = named.map { $0 == own || $0 == ContentHash.digest(of: reply.body, $0.algorithm) } ?? false
        // The digest of a signed schema 1 manifest does not cover its signatures. This program cannot compute it.
        let isUnknownForm = reply.mediaType == .dockerSchema1Signed
        self.init(
            content: ManifestContent(bytes: reply.body, mediaType: reply.mediaType, digest: own), named: named,
            agrees: agrees || isUnknownForm)
    }
}
