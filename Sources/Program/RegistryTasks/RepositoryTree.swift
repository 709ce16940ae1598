// SPDX-License-Identifier: Apache-2.0

package import Content
package import Distribution
package import OCI
import TransferEngine

/// A repository and what it holds.
package struct ListedRepository: Sendable {
    package var place: NamedRepository
    package var content: RepositoryListing

    package init(place: NamedRepository, content: RepositoryListing) {
        self.place = place
        self.content = content
    }
}

/// A repository with all those below it, or a whole registry.
///
/// Google's registries list what is below a repository. For other registries the catalog is used. Without a catalog the
/// tree is the repository alone.
package struct RepositoryTree: Sendable {
    private let path: Repository?
    private let store: RegistryStore
    private let lists: RepositoryLists
    private var registry: RegistryHost { store.host }

    /// The repositories that were listed, and those that could not be listed.
    package struct Walk: Sendable {
        package internal(set) var repositories: [ListedRepository] = []
        package internal(set) var failures: [(name: String, failure: ContentFailure)] = []
        /// What the user should know about repositories that could not be seen; nil if there is nothing to say.
        package internal(set) var note: String?
    }

    /// - Parameters:
    ///   - path: nil for the whole registry.
    ///   - store: is asked for the list of `path` and for the catalog.
    ///   - lists: is asked for all other lists.
    package init(below path: Repository?, of store: RegistryStore, by lists: RepositoryLists) {
        self.path = path
        self.store = store
        self.lists = lists
    }

    /// Lists everything.
    ///
    /// - Throws: if neither the root nor anything below it can be listed.
    package func walk() async throws -> Walk {
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

    // MARK: - Google's registries

    private func descend(from root: Repository, _ listing: RepositoryListing) async throws -> Walk {
        try await list([root], known: [root: listing], below: Self.children)
    }

    private static func children(of parent: Repository, _ listing: RepositoryListing) -> [Repository] {
        listing.children.compactMap { try? Repository("\(parent.path)/\($0)") }
    }

    // MARK: - Other registries

    /// The repositories below a path in the catalog; nil if the registry shows no catalog.
    ///
    /// - Returns: also the failure, if a registry that may have a catalog did not return all of it.
    private func repositoriesBelow(
        _ path: Repository
    ) async throws -> (repositories: [Repository]?, failure: ContentFailure?) {
        // Docker Hub has no catalog, and refuses requests for it.
        guard !registry.isDockerHub else { return (nil, nil) }
        do throws(ContentFailure) {
            return (try await store.repositories().filter { $0.path.hasPrefix(path.path + "/") }, nil)
        } catch {
            if error.kind == .cancelled { throw error }
            let hasNone = [.notFound, .unsupported, .denied, .unauthorized].contains(error.kind)
            return (nil, hasNone ? nil : error)
        }
    }

    private func list(
        _ repositories: [Repository], known: [Repository: RepositoryListing],
        below: @escaping @Sendable (Repository, RepositoryListing) -> [Repository] = { _, _ in [] }
    ) async throws -> Walk {
        let found = try await lists.find(repositories, known: known, below: below)
        var walk = Walk()
        for entry in found {
            switch entry.listing {
            case .success(let listing): walk.repositories.append(listed(entry.repository, listing))
            case .failure(let failure): walk.failures.append(("\(registry.name)/\(entry.repository)", failure))
            }
        }
        return walk
    }

    private func listed(_ repository: Repository, _ listing: RepositoryListing) -> ListedRepository {
        ListedRepository(place: NamedRepository(registry: registry, repository: repository), content: listing)
    }
}
