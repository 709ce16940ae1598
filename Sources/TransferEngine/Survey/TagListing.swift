package import Content
package import OCI

/// Lists the tags of many repositories, each once, many at the same time.
package struct TagListing: Sendable {
    package var settings: TransferSettings
    package var clock: any TransferClock
    package var stores: @Sendable (StoreID, TransferSide) -> any ContentTarget
    /// Told when a store asks for a pause.
    package var paused: @Sendable (StoreID, Duration) -> Void

    package init(
        settings: TransferSettings, clock: any TransferClock = SystemTransferClock(),
        paused: @escaping @Sendable (StoreID, Duration) -> Void = { _, _ in },
        stores: @escaping @Sendable (StoreID, TransferSide) -> any ContentTarget
    ) {
        self.settings = settings
        self.clock = clock
        self.paused = paused
        self.stores = stores
    }

    /// The tags of each repository, or why they are not known. After a cancellation some are missing.
    package func tags(of places: [SourcePlace]) async -> [SourcePlace: Result<[Tag], TransferFailure>] {
        let lanes = RequestLanes(settings: settings, clock: clock, paused: paused)
        return await lanes.answers(to: places) {
            RequestLane(store: $0.store, side: .source)
        } perform: { [stores] place async throws(ContentFailure) in
            try await stores(place.store, .source).tags(in: place.repository)
        }
    }
}

extension SourcePlace {
    package init(_ store: StoreID, _ repository: Repository) { self.init(store: store, repository: repository) }
}
