// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// Decides which indexes are read to find out what tagged indexes contain: answers in, questions out. Pure.
struct UntaggedPlan: Inquiry {
    /// An index of one of the repositories.
    struct Question: StoreRequest {
        let place: RepositoryPlace
        let digest: Digest
        /// The repository's position.
        let repository: Int
        /// The tagged index that this index was first reached from. What is reached counts for that one.
        let root: Digest
        let depth: Int

        var lanes: RequestStores { RequestStores(reading: place.store) }
        var priority: RequestPriority { .discover }
        var isPull: Bool { true }
    }

    /// What is known of a repository.
    private struct Known {
        var failure: TransferFailure?
        /// Everything that tagged indexes contain.
        var held: Set<Digest> = []
        var asked: Set<Digest> = []
        /// The number of descriptors that each tagged index reaches. It is limited because graphs may be hostile.
        var reached: [Digest: Int] = [:]
    }

    typealias Request = Question
    typealias Finding = Never
    typealias Value = ManifestContent
    typealias Event = InquiryEvent<Never>
    typealias Answer = Result<ManifestContent, TransferFailure>

    var admits = true
    var requests: RequestMachine<Question>
    var events: [InquiryEvent<Never>] = []
    private let repositories: [UntaggedManifests.Repository]
    private let bounds: GraphBounds
    private var known: [Known]

    init(_ repositories: [UntaggedManifests.Repository], settings: RequestSettings, bounds: GraphBounds) {
        self.repositories = repositories
        self.bounds = bounds
        known = Array(repeating: Known(), count: repositories.count)
        requests = RequestMachine(settings: settings)
        for (position, repository) in repositories.enumerated() {
            for manifest in repository.manifests where manifest.hasTag && manifest.mayBeIndex {
                ask(manifest.digest, of: position, below: manifest.digest, depth: 1)
            }
        }
    }

    private mutating func ask(_ digest: Digest, of position: Int, below root: Digest, depth: Int) {
        guard known[position].asked.insert(digest).inserted else { return }
        let place = repositories[position].place
        requests.append(
            Question(place: place, digest: digest, repository: position, root: root, depth: depth), for: position)
    }

    mutating func take(_ answer: Answer, to question: Question) {
        let position = question.repository
        guard known[position].failure == nil else { return }
        do throws(TransferFailure) {
            let content = try answer.get()
            let index = try asking(.source) { () throws(ContentFailure) in try ParsedManifest(content) }
            let reached = known[position].reached[question.root, default: 0] + index.descriptorCount
            known[position].reached[question.root] = reached
            if let failure = bounds.failure(depth: question.depth, reached: reached) {
                throw TransferFailure(failure, side: .source)
            }
            for child in index.children {
                known[position].held.insert(child.digest)
                guard child.mediaType.manifestKind == .index else { continue }
                ask(child.digest, of: position, below: question.root, depth: question.depth + 1)
            }
        } catch {
            known[position].failure = error
        }
    }

    /// nil if the run was stopped.
    var result: [Result<[Digest], TransferFailure>]? {
        guard !requests.isStopping else { return nil }
        return zip(repositories, known).map { repository, known in
            if let failure = known.failure { return .failure(failure) }
            return .success(
                repository.manifests.filter { !$0.hasTag && !known.held.contains($0.digest) }.map(\.digest))
        }
    }
}
