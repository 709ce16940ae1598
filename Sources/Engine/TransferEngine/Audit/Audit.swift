// SPDX-License-Identifier: Apache-2.0

package import Content

/// Checks that everything that images reach is at the target, and compares every byte that it reads. Changes nothing.
///
/// A manifest counts if its bytes have its digest. A blob counts if the target says that it has one of that size or, with an inspector,
/// if its bytes were read and are right. Content that several images share is checked once.
package struct Audit: Sendable {
    package var settings: TransferSettings
    package var clock: any TransferClock
    /// Inspects layers. nil: blobs are requested by HEAD and not read.
    package var inspector: (any ImageInspector)?
    package var stores: RunStores
    /// Shows how stores are asked, and measures the bytes of blobs that are read.
    package var meter = TransferMeter()
    /// The executor that calls `reported`, which may block it. nil: the default executor.
    package var eventExecutor: (any TaskExecutor)?
    /// Called with each report as soon as it is ready. It may be slow, like the observer of a copy.
    package var reported: @Sendable (ItemAudit) async -> Void = { _ in }
    /// Called when a store is paused.
    package var paused: @Sendable (StoreID, StorePause, PauseReason) async -> Void

    package init(
        settings: TransferSettings, clock: any TransferClock = SystemTransferClock(), inspector: (any ImageInspector)?,
        paused: @escaping @Sendable (StoreID, StorePause, PauseReason) async -> Void = { _, _, _ in },
        stores: RunStores
    ) {
        self.settings = settings
        self.clock = clock
        self.inspector = inspector
        self.paused = paused
        self.stores = stores
    }

    /// Checks all items, several at once.
    ///
    /// - Returns: the report of each item, in the order of the items; nil for items that had not ended when the task was
    ///   cancelled.
    package func execute(_ items: [AuditItem]) async -> [AuditReport?] {
        await execute(items, into: ResultSink(auditsOf: items.count))
    }

    /// Checks all items as `execute(_:)` does, and returns the sink's value.
    @discardableResult
    package func execute<Value>(_ items: [AuditItem], into results: ResultSink<ItemAudit, Value>) async -> Value {
        let plan = AuditPlan(items, settings: settings, inspector: inspector)
        let performer = AuditPerformer(
            stores: stores, clock: clock,
            referrers: ReferrerFinder(artifactTypes: settings.referrers.artifactTypes), inspector: inspector,
            meter: meter)
        let driver = PlanDriver(plan, clock: clock) { [paused, reported] event in
            switch event {
            case .found(let finding):
                results.take(finding)
                await reported(finding)
            case .trouble(.paused(let store, let pause, let reason)): await paused(store, pause, reason)
            case .trouble(.retrying): break
            }
        }
        let named = items.lazy.flatMap { [$0.source?.store, $0.target.store].compactMap(\.self) }
        _ = await driver.run(
            performer, asking: named, connections: settings.requests.connectionsPerStore, seenBy: meter,
            events: eventExecutor)
        return results.value
    }
}
