// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// Lists the tags of many repositories, each once, many at the same time.
package struct TagListing: Sendable {
    private struct Question: Hashable, StoreRequest {
        var place: RepositoryPlace
        var lanes: RequestStores { RequestStores(reading: place.store) }
        var priority: RequestPriority { .begin }
    }

    package var settings: RequestSettings
    package var clock: any TransferClock
    package var sources: @Sendable (StoreID) -> any ContentSource
    /// Called when a store is paused, with the length of the pause.
    package var paused: PauseHandler

    package init(
        settings: RequestSettings, clock: any TransferClock = SystemTransferClock(),
        paused: @escaping PauseHandler = { _, _, _ in },
        sources: @escaping @Sendable (StoreID) -> any ContentSource
    ) {
        self.settings = settings
        self.clock = clock
        self.paused = paused
        self.sources = sources
    }

    /// The tags of each repository, or why they are not known. After a cancellation some are missing.
    package func tags(of places: [RepositoryPlace]) async -> [RepositoryPlace: Result<[Tag], TransferFailure>] {
        let answers = await QuestionList(places.map(Question.init), settings: settings)
            .answers(clock: clock, meter: TransferMeter(), paused: paused, sources: sources) {
                [sources] question throws(ContentFailure) in
                try await sources(question.place.store).tags(in: question.place.repository)
            }
        return Dictionary(uniqueKeysWithValues: answers.map { ($0.key.place, $0.value) })
    }
}

extension RepositoryPlace {
    package init(_ store: StoreID, _ repository: Repository) { self.init(store: store, repository: repository) }
}
