// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization

/// A run that moves nothing. The machine of a copy decides; the manifests that it wants are read, each where the run would read it, and
/// what it wants to write is counted.
///
/// A target is asked by HEAD for each item's tag, for indexes and for every blob. Where a run would assume that the target has nothing
/// and not ask for the tag, the plan asks, and does not count the request.
package struct DryRun: Sendable {
    package var items: [TransferItem]
    package var settings: TransferSettings
    /// The sources' manifests, where somebody has read them all: then none is pulled a second time.
    package var survey: Survey?
    package var clock: any TransferClock
    /// Shows how stores are asked.
    package var meter = TransferMeter()
    /// Told when nothing is asked of a store for a while.
    package var paused: @Sendable (StoreID, Duration) -> Void = { _, _ in }
    /// Told whenever an item has ended.
    package var itemEnded: @Sendable () -> Void
    package var stores: RunStores

    package init(
        items: [TransferItem], settings: TransferSettings, survey: Survey? = nil,
        clock: any TransferClock = SystemTransferClock(), itemEnded: @escaping @Sendable () -> Void = {},
        stores: RunStores
    ) {
        self.items = items
        self.settings = settings
        self.survey = survey
        self.clock = clock
        self.itemEnded = itemEnded
        self.stores = stores
    }

    /// What a run would do, and what it would cost.
    package struct Result: Sendable {
        /// How each item would end, in the order of the items; nil where the plan was stopped before.
        package var outcomes: [ItemOutcome?] = []
        package var costs: [StoreID: Cost] = [:]
        /// What targets take more if they do not mount, for those that were found empty, so that nothing tells whether they mount.
        /// Their `costs` are those of targets that mount.
        package var unproven: [StoreID: UnmountedCost] = [:]
        /// How long each source took to answer, tries included.
        package var answerTimes: [StoreID: AnswerTime] = [:]
    }

    /// What one store would be asked for.
    package struct Cost: Hashable, Sendable {
        /// First tries only.
        package var requests = 0
        /// GETs of manifests, which registries with a pull quota count.
        package var pulls = 0
        package var bytesRead: Int64 = 0
        package var bytesWritten: Int64 = 0
        /// Mounted from another repository of the store.
        package var bytesMounted: Int64 = 0
        /// In the repository before.
        package var bytesPresent: Int64 = 0

        package init(requests: Int = 0) { self.requests = requests }
    }

    /// After a cancellation the rest of the items has no outcome.
    package func execute() async -> Result {
        let outcomes = Mutex<[ItemOutcome?]>(Array(repeating: nil, count: items.count))
        let performer = DryPerformer(
            items: items, survey: survey?.sources, settings: settings, stores: stores, clock: clock)
        let driver = PlanDriver(machine, clock: clock) { [paused, itemEnded] event in
            if case .paused(let store, let pause, _) = event { paused(store, pause.length) }
            guard case .itemFinished(let report) = event else { return }
            outcomes.withLock { $0[report.item] = report.outcome }
            itemEnded()
        }
        _ = await driver.run(
            performer, asking: items.lazy.flatMap(\.stores), connections: settings.requests.connectionsPerStore,
            seenBy: meter)
        var result = performer.result
        result.outcomes = outcomes.withLock { $0 }
        return result
    }

    private var machine: TransferMachine {
        var settings = settings
        settings.looksAtEveryTarget = true
        let mounting = items.targetStores.filter { stores.target($0).mountsBlobs }
        var machine = TransferMachine(
            items: items, settings: settings, mounts: Dictionary(uniqueKeysWithValues: mounting.map { ($0, true) }),
            madeDigests: survey?.sources.madeDigests ?? [:])
        guard survey != nil else { return machine }
        // A copy asks differently where the source counts pulls.
        for source in Set(items.lazy.map(\.source.store)) where stores.source(source).pullAllowance() != nil {
            machine.note(PullAllowance(remaining: .max, limit: nil, window: .zero), of: source)
        }
        return machine
    }
}
