// SPDX-License-Identifier: Apache-2.0

package import Content
package import TransferEngine

/// How content is removed from a registry, and for how long.
package struct RemovalPace: Sendable {
    /// The registry.
    let store: StoreID
    /// The most requests at once.
    let connections: Int
    /// The longest time for deleting manifests, and again for deleting blobs. Pauses of the registry count.
    private(set) var limit: Duration
    let clock: any TransferClock
    /// Called when the registry is paused.
    package let paused: PauseHandler
    /// The executors that send requests, in round-robin order. Empty: the default executor.
    package var executors: [any TaskExecutor] = []

    package init(
        _ store: StoreID, connections: Int, limit: Duration, clock: any TransferClock = SystemTransferClock(),
        paused: @escaping PauseHandler = { _, _, _ in }
    ) {
        self.store = store
        self.connections = connections
        self.limit = limit
        self.clock = clock
        self.paused = paused
    }

    package func limited(to limit: Duration) -> RemovalPace {
        var pace = self
        pace.limit = min(limit, self.limit)
        return pace
    }

    /// How a registry is asked: nobody waits for it longer than `limit`.
    package var settings: RequestSettings {
        var settings = RequestSettings()
        settings.connectionsPerStore = connections
        (settings.retry.longestPause, settings.retry.longestWait) = (limit, limit)
        settings.retry.longestOutage = limit
        return settings
    }

    /// When the time for deletions that begin now is over.
    package var deadline: Duration { clock.now + limit }

    /// Deletes what it can until then.
    @discardableResult
    package func delete<Item: Hashable & Sendable>(
        _ items: [Item], until deadline: Duration,
        by delete: @escaping @Sendable (Item) async throws(ContentFailure) -> Void
    ) async -> [Item: Result<Void, ContentFailure>] {
        var writes = StoreWrites(to: store, settings: settings, clock: clock, paused: paused, send: delete)
        writes.executors = executors
        return await writes.answers(to: items, until: deadline)
    }
}
