// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// Finds the manifests of repositories that have no tag and that no tagged index contains, directly or through nested
/// indexes.
///
/// The caller knows the manifests and tags from the repositories' lists. Only indexes are read.
package struct UntaggedManifests: Sendable {
    /// A manifest that a repository's list shows.
    package struct Listed: Sendable {
        package var digest: Digest
        package var hasTag: Bool
        /// It may be an index: its type says so, or the list gives no type.
        package var mayBeIndex: Bool

        package init(digest: Digest, hasTag: Bool, mayBeIndex: Bool) {
            self.digest = digest
            self.hasTag = hasTag
            self.mayBeIndex = mayBeIndex
        }
    }

    /// The content of a repository's list.
    package struct Repository: Sendable {
        package var place: RepositoryPlace
        package var manifests: [Listed]

        package init(place: RepositoryPlace, manifests: [Listed]) {
            self.place = place
            self.manifests = manifests
        }
    }

    package var settings: RequestSettings
    package var clock: any TransferClock
    package var bounds = GraphBounds()
    package var sources: @Sendable (StoreID) -> any ContentSource
    /// Called for each retry and each pause.
    package var troubled: @Sendable (RequestTrouble) -> Void

    package init(
        settings: RequestSettings, clock: any TransferClock = SystemTransferClock(),
        troubled: @escaping @Sendable (RequestTrouble) -> Void = { _ in },
        sources: @escaping @Sendable (StoreID) -> any ContentSource
    ) {
        self.settings = settings
        self.clock = clock
        self.troubled = troubled
        self.sources = sources
    }

    /// - Returns: for each repository the digests, in the order of its list, or why they are not known; nil if the task was
    ///   cancelled before the end.
    package func find(in repositories: [Repository]) async -> [Result<[Digest], TransferFailure>]? {
        let questioner = Questioner<UntaggedPlan.Question, ManifestContent>(sources: sources) {
            [sources] question throws(ContentFailure) in
            try await sources(question.place.store).manifest(.digest(question.digest), in: question.place.repository)
        }
        let plan = UntaggedPlan(repositories, settings: settings, bounds: bounds)
        return await PlanDriver(plan, clock: clock) { [troubled] event in
            if case .trouble(let trouble) = event { troubled(trouble) }
        }.run(
            questioner, asking: repositories.lazy.map(\.place.store), connections: settings.connectionsPerStore,
            seenBy: TransferMeter()
        ).result
    }
}
