// SPDX-License-Identifier: Apache-2.0

package import Content
package import Distribution
package import OCI
package import TransferEngine

/// Requests the lists of many repositories of one registry.
package struct RepositoryLists: Sendable {
    package typealias Entry = RepositoryListings<RepositoryListing>.Entry

    private let store: RegistryStore
    private let settings: RequestSettings
    private let troubled: @Sendable (RequestTrouble) -> Void

    /// - Parameters:
    ///   - store: a store that does not retry requests itself.
    ///   - troubled: called for each retry and each pause.
    package init(
        from store: RegistryStore, settings: RequestSettings, troubled: @escaping @Sendable (RequestTrouble) -> Void
    ) {
        self.store = store
        self.settings = settings
        self.troubled = troubled
    }

    /// - Parameters:
    ///   - known: lists that have been read already.
    ///   - below: the repositories that a list leads to.
    /// - Returns: the repositories in their order, each once, then those that their lists lead to.
    /// - Throws: only if the task was cancelled.
    package func find(
        _ repositories: [Repository], known: [Repository: RepositoryListing] = [:],
        below: @escaping @Sendable (Repository, RepositoryListing) -> [Repository] = { _, _ in [] }
    ) async throws(ContentFailure) -> [Entry] {
        let listings = RepositoryListings(settings: settings, troubled: troubled, below: below) {
            [store] repository throws(ContentFailure) in try await store.listing(of: repository)
        }
        guard let found = await listings.find(repositories, at: StoreID(store.host), known: known) else {
            throw .cancelled
        }
        return found
    }
}
