// SPDX-License-Identifier: Apache-2.0

package import Content
import OCI

/// One execution of a copy: a list of items, their stores, and everything that the items share.
package struct TransferRun: Sendable {
    package var items: DerivedList<TransferItem>
    package var settings: TransferSettings
    package var stores: RunStores
    package var clock: any TransferClock
    /// Receives the events of the run; nil: no observer.
    package var observer: (any TransferObserver)?
    package var meter: TransferMeter
    /// Inspects layers. nil: only their size and digest are verified.
    package var inspector: (any ImageInspector)?
    /// Keeps uploads for the next run. nil: uploads end with this run.
    package var journal: (any UploadJournal)?
    package var earlier = EarlierRuns()
    /// The executors that run requests, in round-robin order. Empty: the default executor.
    package var executors: [any TaskExecutor] = []
    /// The executor that calls the observer, which may block it. nil: the default executor.
    package var eventExecutor: (any TaskExecutor)?

    package init(
        items: some RandomAccessCollection<TransferItem> & Sendable, settings: TransferSettings,
        clock: any TransferClock = SystemTransferClock(),
        observer: (any TransferObserver)? = nil, meter: TransferMeter = TransferMeter(),
        inspector: (any ImageInspector)? = nil,
        journal: (any UploadJournal)? = nil,
        stores: RunStores
    ) {
        self.items = DerivedList(items)
        self.settings = settings
        self.stores = stores
        self.clock = clock
        self.observer = observer
        self.meter = meter
        self.inspector = inspector
        self.journal = journal
    }

    /// Runs until every item has ended. An item that fails is a result, not an error.
    ///
    /// Cancelling the task stops the run: open uploads are ended, items that were under way end as failed with `.cancelled`, and items
    /// that had not begun do not end at all.
    ///
    /// - Returns: how each item ended, in the order of the items; nil for those that had not begun.
    package func execute() async -> [ItemReport?] {
        await execute(into: ResultSink(reportsOf: items.count))
    }

    /// Runs as `execute()` does, and returns the sink's value.
    @discardableResult
    package func execute<Value>(into results: ResultSink<ItemReport, Value>) async -> Value {
        let machine = TransferMachine(items: items, settings: settings, earlier: known)
        let inspection = inspector.map { RunInspection(inspector: $0) }
        let mover = BlobMover(
            stores: stores, clock: clock, meter: meter, ledger: UploadLedger(journal), pieces: settings.pieces,
            splits: SplitGate(settings.ranges), pacer: BytePacer(settings.bytesPerSecond, clock: clock),
            inspection: inspection)
        let performer = CopyPerformer(
            stores: stores, mover: mover,
            referrers: ReferrerFinder(
                replacesSignatures: settings.replacesSignatures, artifactTypes: settings.referrers.artifactTypes,
                sendsAll: settings.existing == .ignored),
            settings: settings, inspection: inspection)
        await preparingSources {
            let driver = PlanDriver(machine, clock: clock) { [observer] event in
                if case .itemFinished(let report) = event { results.take(report) }
                await observer?.receive(event)
            }
            let ended = await driver.run(
                performer, asking: items.lazy.flatMap(\.stores), connections: settings.requests.connectionsPerStore,
                seenBy: meter, on: executors, events: eventExecutor)
            await mover.finish(ending: ended.openSessions)
        }
        return results.value
    }

    private var known: EarlierRuns { earlier.corrected(by: stores, for: items.targetStores) }
}
