// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization

/// A run that moves nothing. The machine of a copy makes the decisions. The manifests that it requests are read where the
/// run would read them; its writes are counted and not sent.
///
/// A target is asked by HEAD for each item's tag, for indexes and for every blob. If a run would assume that the target has
/// nothing and would not ask for the tag, the dry run asks, and does not count the request.
package struct DryRun: Sendable {
    package var items: [TransferItem]
    package var settings: TransferSettings
    /// The sources' manifests, if a survey has read them. Then none is pulled a second time.
    package var survey: Survey?
    package var earlier = EarlierRuns()
    package var clock: any TransferClock
    /// Shows how stores are asked.
    package var meter = TransferMeter()
    /// Called when a store is paused, with the length of the pause.
    package var paused: PauseHandler = { _, _, _ in }
    /// Called whenever an item has ended.
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

    /// What a run would do, and its cost.
    package struct Result: Sendable {
        /// How each item would end, in the order of the items; nil for items that had not ended when the dry run was
        /// stopped.
        package var outcomes: [ItemOutcome?] = []
        package var costs: [StoreID: Cost] = [:]
        /// The additional cost of targets that were found empty, if they do not mount: an empty target cannot show whether
        /// it mounts. Their `costs` are those of targets that mount.
        package var unproven: [StoreID: UnmountedCost] = [:]
        /// How long each source took to answer, tries included.
        package var answerTimes: [StoreID: AnswerTime] = [:]
    }

    /// What the run would request from one store.
    package struct Cost: Hashable, Sendable {
        /// First tries only.
        package var requests = 0
        /// GETs of manifests, which registries with a pull quota count.
        package var pulls = 0
        package var bytesRead: Int64 = 0
        package var bytesWritten: Int64 = 0
        /// Bytes of blobs that would be mounted from another repository of the store.
        package var bytesMounted: Int64 = 0
        /// Bytes of blobs that the repository already has.
        package var bytesPresent: Int64 = 0

        package init(requests: Int = 0) { self.requests = requests }
    }

    /// After a cancellation the rest of the items has no outcome.
    package func execute() async -> Result {
        let outcomes = Mutex<[ItemOutcome?]>(Array(repeating: nil, count: items.count))
        let performer = DryPerformer(
            items: items, survey: survey?.sources, settings: settings, mounts: known.mounts, stores: stores,
            clock: clock)
        let driver = PlanDriver(machine, clock: clock) { [paused, itemEnded] event in
            if case .paused(let store, let pause, let reason) = event { paused(store, pause, reason) }
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

    private var known: EarlierRuns { earlier.corrected(by: stores, for: items.targetStores) }

    private var machine: TransferMachine {
        var settings = settings
        settings.looksAtEveryTarget = true
        var machine = TransferMachine(
            items: items, settings: settings, earlier: known,
            madeDigests: survey?.sources.madeDigests ?? [:])
        guard survey != nil else { return machine }
        // A copy sends other requests if the source counts pulls.
        for source in Set(items.lazy.map(\.source.store)) where stores.source(source).pullAllowance() != nil {
            machine.note(PullAllowance(remaining: .max, limit: nil, window: .zero), of: source)
        }
        return machine
    }
}
