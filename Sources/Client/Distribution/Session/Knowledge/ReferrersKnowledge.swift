// SPDX-License-Identifier: Apache-2.0

import OCI

/// What is known about a registry's referrers API.
///
/// A 404 about one repository says nothing about the others: it may not exist yet. Only an unambiguous answer means that
/// the whole registry lacks the API.
struct ReferrersKnowledge: Sendable {
    private var isUnknownEverywhere = false
    private var repositories: Set<Repository> = []
    /// Repositories for which lists were returned.
    private var listed: Set<Repository> = []
    /// For each repository, a manifest that was accepted without confirmation that it is listed.
    private var unnamed: [Repository: Digest] = [:]
    /// Repositories whose lists contain manifests that were accepted without confirmation.
    private var listing: Set<Repository> = []

    /// The number of repositories that are remembered. Others are asked again.
    static let mostRepositories = 10_000

    func mayKnow(_ repository: Repository) -> Bool { !isUnknownEverywhere && !repositories.contains(repository) }

    /// Notes an answer without a list.
    mutating func note(_ answer: Answer, in repository: Repository) {
        switch answer {
        case .noSuchPath: isUnknownEverywhere = true
        case .nothingHere: if repositories.count < Self.mostRepositories { repositories.insert(repository) }
        case .unclear: break
        }
    }

    // MARK: - Whether what was stored is listed

    /// Whether the registry returns lists but does not list what is pushed. Some registries return a list that stays empty
    /// (sigstore-js#1187). They do not confirm the subject of a manifest that they accept (distribution-spec, "Pushing
    /// Manifests with Subject").
    func leavesOut(in repository: Repository) -> Bool { listed.contains(repository) && unnamed[repository] != nil }

    /// The registry accepted a manifest with a subject.
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
        /// No repository has the API.
        case noSuchPath
        /// This repository has no such list in this run.
        case nothingHere
        /// The answer says only that there is no list this time.
        case unclear
    }
}
