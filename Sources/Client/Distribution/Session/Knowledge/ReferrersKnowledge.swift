// SPDX-License-Identifier: Apache-2.0

import OCI

/// Where a registry turned out not to have the referrers API.
///
/// A 404 about one repository says nothing about the others: it may not exist yet. The registry as a whole is
/// written off only after an answer that can mean nothing else.
struct ReferrersKnowledge: Sendable {
    private var isUnknownEverywhere = false
    private var repositories: Set<Repository> = []
    /// Repositories of which lists were answered.
    private var listed: Set<Repository> = []
    /// Of a repository, a manifest that was taken without a word that it is listed.
    private var unnamed: [Repository: Digest] = [:]
    /// Repositories whose lists have what was taken without that word.
    private var listing: Set<Repository> = []

    /// So many repositories are remembered; beyond, one is asked again.
    static let mostRepositories = 10_000

    func mayKnow(_ repository: Repository) -> Bool { !isUnknownEverywhere && !repositories.contains(repository) }

    /// The registry answered as one does that has no such path.
    mutating func note(_ answer: Answer, in repository: Repository) {
        switch answer {
        case .noSuchPath: isUnknownEverywhere = true
        case .nothingHere: if repositories.count < Self.mostRepositories { repositories.insert(repository) }
        case .unclear: break
        }
    }

    // MARK: - Whether what was stored is listed

    /// Some registries answer the question for a list, with one that stays empty (sigstore-js#1187). They do not name the subject of
    /// a manifest that they take (distribution-spec, "Pushing Manifests with Subject").
    func leavesOut(in repository: Repository) -> Bool { listed.contains(repository) && unnamed[repository] != nil }

    /// The registry took a manifest that has a subject.
    ///
    /// - Parameter isNamed: its answer named the subject, which means that the manifest is listed.
    mutating func note(_ manifest: Digest, isNamed: Bool, in repository: Repository) {
        if isNamed {
            unnamed[repository] = nil
        } else if !listing.contains(repository), unnamed.count < Self.mostRepositories {
            unnamed[repository] = manifest
        }
    }

    /// The registry answered with a list.
    mutating func note(listOf digests: Set<String>, in repository: Repository) {
        guard listed.count < Self.mostRepositories else { return }
        listed.insert(repository)
        guard let manifest = unnamed[repository], digests.contains(manifest.text) else { return }
        listing.insert(repository)
        unnamed[repository] = nil
    }

    // MARK: - Answers

    /// What an answer that brings no list says of the API.
    enum Answer: Equatable {
        /// Of all repositories.
        case noSuchPath
        /// Of this repository, in this run.
        case nothingHere
        /// Only that there is no list this time.
        case unclear
    }
}
