// SPDX-License-Identifier: Apache-2.0

import OCI

/// Where a registry turned out not to have the referrers API.
///
/// A 404 about one repository says nothing about the others: it may not exist yet. The registry as a whole is
/// written off only after an answer that can mean nothing else.
struct ReferrersKnowledge: Sendable {
    private var isUnknownEverywhere = false
    private var repositories: Set<Repository> = []

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
