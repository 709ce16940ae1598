// SPDX-License-Identifier: Apache-2.0

package import Content

/// Looks whether everything that images reach is at the target, byte for byte where it is read; changes nothing.
///
/// A manifest counts if its bytes have its digest. A blob counts if the target says that it has one of that size or, with an inspector,
/// if its bytes were read and are right. Everything is looked at once, however many images share it.
package struct Audit: Sendable {
    package var settings: TransferSettings
    package var clock: any TransferClock
    /// Looks into layers; nil: blobs are asked for, not read.
    package var inspector: (any ImageInspector)?
    package var stores: RunStores
    /// Shows how stores are asked.
    package var meter = TransferMeter()
    /// The executor that calls `reported`, which may block it. nil: the default executor.
    package var teller: (any TaskExecutor)?
    /// Told of each report as soon as it is ready. It may take its time, as an observer of a copy may.
    package var reported: @Sendable (ItemAudit) async -> Void = { _ in }
    /// Told when a store is paused, and for how long.
    package var paused: @Sendable (StoreID, Duration) async -> Void

    package init(
        settings: TransferSettings, clock: any TransferClock = SystemTransferClock(), inspector: (any ImageInspector)?,
        paused: @escaping @Sendable (StoreID, Duration) async -> Void = { _, _ in },
        stores: RunStores
    ) {
        self.settings = settings
        self.clock = clock
        self.inspector = inspector
        self.paused = paused
        self.stores = stores
    }

    /// Looks at all items, some at once.
    ///
    /// - Returns: what was found of each item, in the order of the items; nil for those that were not looked at, or only begun,
    ///   when the task was cancelled.
    package func execute(_ items: [AuditItem]) async -> [AuditReport?] {
        await execute(items, into: ResultSink(auditsOf: items.count))
    }

    /// Looks at all items as `execute(_:)` does, and returns what the sink has made of the reports.
    @discardableResult
    package func execute<Value>(_ items: [AuditItem], into results: ResultSink<ItemAudit, Value>) async -> Value {
        let plan = AuditPlan(items, settings: settings, inspector: inspector)
        let performer = AuditPerformer(
            stores: stores, clock: clock,
            referrers: ReferrerFinder(artifactTypes: settings.referrers.artifactTypes), inspector: inspector)
        let driver = PlanDriver(plan, clock: clock) { [paused, reported] event in
            switch event {
            case .found(let finding):
                results.take(finding)
                await reported(finding)
            case .retrying: break
            case .paused(let store, let length, _): await paused(store, length)
            }
        }
        let named = items.lazy.flatMap { [$0.source?.store, $0.target.store].compactMap(\.self) }
        _ = await driver.run(
            performer, asking: named, connections: settings.requests.connectionsPerStore, seenBy: meter,
            telling: teller)
        return results.value
    }
}
