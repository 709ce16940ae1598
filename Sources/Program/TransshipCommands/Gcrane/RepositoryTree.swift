// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI

/// A repository and what it holds.
struct ListedRepository: Sendable {
    var place: RepositoryPlace
    var content: RepositoryListing
}

/// A repository with all those below it, or a whole registry.
///
/// Google's registries list what is below a repository; elsewhere the registry's catalog is asked, and where there is
/// none, the tree is the repository alone.
struct RepositoryTree: Sendable {
    let registry: RegistryHost
    /// nil for the whole registry.
    let path: Repository?
    let store: RegistryStore

    /// What is there, and what could not be listed.
    struct Walk: Sendable {
        var repositories: [ListedRepository] = []
        var failures: [(name: String, failure: ContentFailure)] = []
        /// What the user should know of how far this looked.
        var note: String?
    }

    private static let listsAtOnce = 8

    init(_ place: RepositoryPlace, _ connections: Connections) {
        self.init(registry: place.registry, path: place.repository, connections)
    }

    init(registry: RegistryHost, path: Repository?, _ connections: Connections) {
        self.registry = registry
        self.path = path
        store = connections.store(registry)
    }

    /// Lists everything.
    ///
    /// - Throws: where neither the root nor anything below it can be listed.
    func walk() async throws -> Walk {
        guard let path else { return try await list(store.repositories(), known: [:]) }
        let root: RepositoryListing?
        var rootFailure: ContentFailure?
        do throws(ContentFailure) { root = try await store.listing(of: path) } catch {
            guard error.kind == .notFound else { throw error }
            (root, rootFailure) = (nil, error)
        }
        if let root, root.isExtended { return try await descend(from: path, root) }
        let (below, failure) = try await repositoriesBelow(path)
        if let rootFailure, below?.isEmpty != false { throw failure ?? rootFailure }
        var walk = try await list(
            (root == nil ? [] : [path]) + (below ?? []), known: root.map { [path: $0] } ?? [:])
        if let failure {
            walk.failures.append(("the repositories below \(registry.name)/\(path)", failure))
        } else if below == nil {
            walk.note = "\(registry) shows no catalog: repositories below \(path), if there are any, are not seen"
        }
        return walk
    }

    // MARK: - Google's way

    /// Level by level, because a level tells the next one.
    private func descend(from root: Repository, _ listing: RepositoryListing) async throws -> Walk {
        var walk = Walk(repositories: [listed(root, listing)])
        var level = children(of: root, listing)
        while !level.isEmpty {
            let found = try await list(level, known: [:])
            walk.repositories += found.repositories
            walk.failures += found.failures
            level = found.repositories.flatMap { children(of: $0.place.repository, $0.content) }
        }
        return walk
    }

    private func children(of parent: Repository, _ listing: RepositoryListing) -> [Repository] {
        listing.children.compactMap { try? Repository("\(parent.path)/\($0)") }
    }

    // MARK: - Everybody else's

    /// Repositories the catalog shows below a path; nil where there is no catalog to see.
    ///
    /// - Returns: also why a registry that may have a catalog did not show it whole.
    private func repositoriesBelow(
        _ path: Repository
    ) async throws -> (repositories: [Repository]?, failure: ContentFailure?) {
        // Docker Hub has none, and says so by refusing.
        guard !registry.isDockerHub else { return (nil, nil) }
        do throws(ContentFailure) {
            return (try await store.repositories().filter { $0.path.hasPrefix(path.path + "/") }, nil)
        } catch {
            if error.kind == .cancelled { throw error }
            let hasNone = [.notFound, .unsupported, .denied, .unauthorized].contains(error.kind)
            return (nil, hasNone ? nil : error)
        }
    }

    private func list(_ repositories: [Repository], known: [Repository: RepositoryListing]) async throws -> Walk {
        let results = try await repositories.concurrentMap(limit: Self.listsAtOnce) { repository in
            if let listing = known[repository] { return Result<RepositoryListing, ContentFailure>.success(listing) }
            do throws(ContentFailure) { return .success(try await store.listing(of: repository)) } catch {
                if error.kind == .cancelled { throw error }
                return .failure(error)
            }
        }
        var walk = Walk()
        for (repository, result) in zip(repositories, results) {
            switch result {
            case .success(let listing): walk.repositories.append(listed(repository, listing))
            case .failure(let failure): walk.failures.append(("\(registry.name)/\(repository)", failure))
            }
        }
        return walk
    }

    private func listed(_ repository: Repository, _ listing: RepositoryListing) -> ListedRepository {
        ListedRepository(place: RepositoryPlace(registry: registry, repository: repository), content: listing)
    }
}
