// SPDX-License-Identifier: Apache-2.0

import Content
package import Files
@_spi(Lists) import OCI
import Synchronization
package import TransferEngine

/// Follows a run, for the report at its end.
package final class ReportCollector: ImmediateObserver {
    private struct State {
        var reports: PackedReports
        var registries: [StoreID: RunReport.Registry] = [:]
        /// The items in the order in which they ended. An item that is tried again after an audit ends twice.
        var ended = Segmented<UInt32>()
        var endings: [RunReport.Status: Int] = [:]
        var referrersLeft = 0
        /// The audit results of the latest items, and of all items.
        var audits: [ItemID: AuditStatus] = [:]
        var auditEndings: [AuditStatus: Int] = [:]
        /// What the meters measured that are no longer followed.
        var traffic: [StoreID: TransferMeter.Traffic] = [:]
        var meter: TransferMeter?
        /// When the pause of a registry ends.
        var pausedUntil: [StoreID: Double] = [:]

        /// The registries, with all bytes that were sent to them, and the time for which they were paused so far.
        func registries(at time: Double) -> [RunReport.Registry] {
            var (measured, traffic) = (registries, traffic)
            for (store, more) in meter?.traffic ?? [:] { traffic[store, default: .init()].add(more) }
            for (store, traffic) in traffic {
                var row = measured[store] ?? RunReport.Registry(name: store.name)
                let sent = SentBytes(traffic, arrived: row.bytesSent)
                (row.bytesSent, row.bytesUnderWay, row.bytesUnfinished) = (sent.all, sent.underWay, sent.unfinished)
                measured[store] = row
            }
            for (store, end) in pausedUntil { measured[store]?.secondsPaused -= max(0, end - time) }
            return measured.values.sorted { $0.name < $1.name }
        }

        func item(_ report: ItemReport, _ name: ItemName) -> RunReport.Item {
            var item = RunReport.Item(report, name)
            item.audit = audits[report.item]
            return item
        }
    }

    /// The items that ended after a moment of the run.
    package struct Changes: Sendable {
        package var items: [(place: Int, item: RunReport.Item)] = []
        /// The position from which to ask for the next changes.
        package var position = 0
        /// The number of items by outcome since the run began, both copied and audited ones.
        package var endings: [RunReport.Status: Int] = [:]
        package var audits: [AuditStatus: Int] = [:]

        package init() {}
    }

    private let items: DerivedList<TransferItem>
    /// The names of all items, in the order of the list.
    package let names: DerivedList<ItemName>
    private let state: Mutex<State>
    private let clock: @Sendable () -> Double
    /// Stores the rows that are not in memory.
    private let shelf: RowShelf?

    /// - Parameters:
    ///   - items: all that will be reported on, each with its name.
    ///   - path: the path of the report that will be written. If there are many rows, they are kept meanwhile beside
    ///     it, in a file without a name. nil: all rows are in memory, about 60 bytes each.
    ///   - clock: seconds since any moment.
    package init(
        items: some RandomAccessCollection<TransferItem> & Sendable,
        names: some RandomAccessCollection<ItemName> & Sendable, reportedTo path: String? = nil,
        clock: (@Sendable () -> Double)? = nil
    ) {
        self.items = DerivedList(items)
        self.names = DerivedList(names)
        let start = ContinuousClock.now
        self.clock = clock ?? { Quantity.seconds(ContinuousClock.now - start) }
        shelf = path.map(RowShelf.init)
        state = Mutex(State(reports: PackedReports(count: items.count, shelf: shelf)))
    }

    /// Why the report is not complete: rows that were kept in a file could not be read again. nil: it is complete.
    package var problem: FileProblem? { shelf?.problem }

    package func receive(_ event: TransferEvent) {
        switch event {
        case .blobPlaced(let outcome, _, let bytes, let store, _): change(store) { $0.count(outcome, bytes: bytes) }
        case .manifestStored(_, _, _, let store, _, _): change(store) { $0.manifestsStored += 1 }
        case .retrying(let failure, _, let item): change(place(of: failure, in: item)) { $0.retries += 1 }
        case .paused(let store, let pause, _):
            change(store) { registry in
                if pause.isNew { registry.pauses += 1 }
                registry.secondsPaused += Quantity.seconds(pause.added)
            }
            state.withLock { $0.pausedUntil[store] = clock() + Quantity.seconds(pause.length) }
        case .referrersLeft(let count, _): state.withLock { $0.referrersLeft.add(saturating: count) }
        case .itemFinished(let report): finished(report)
        default: break
        }
    }

    /// Items and registries as they are now. The collector does not know the rest of a report.
    package var report: RunReport {
        let state = state.withLock { $0 }
        var report = RunReport()
        report.items = DerivedList(count: items.count) { [names] item in
            state.reports[item].map { state.item($0, names[item]) } ?? RunReport.Item(.unfinished, names[item])
        }
        report.registries = registries
        report.referrersLeft = state.referrersLeft
        return report
    }

    package var registries: [RunReport.Registry] { state.withLock { $0 }.registries(at: clock()) }

    /// Counts the bytes that a meter measures, for blobs that arrive and for those that do not. The meter before is not
    /// followed any more; what it measured stays.
    package func follow(_ meter: TransferMeter) {
        state.withLock { state in
            for (store, more) in state.meter?.traffic ?? [:] { state.traffic[store, default: .init()].add(more) }
            state.meter = meter
        }
    }

    /// - Parameter position: the position of earlier changes; 0 for all changes.
    package func changes(since position: Int) -> Changes {
        state.withLock { state in
            let new = (min(position, state.ended.count)..<state.ended.count).compactMap { place in
                state.reports[ItemID(state.ended[place])]
            }
            var changes = Changes()
            changes.items = new.map { ($0.item, state.item($0, names[$0.item])) }
            (changes.position, changes.endings, changes.audits) = (state.ended.count, state.endings, state.auditEndings)
            return changes
        }
    }

    /// An item was audited. It counts as an unchanged or failed copy.
    package func receive(auditOf item: ItemID, _ report: AuditReport) {
        finished(ItemReport(auditOf: item, report), audit: report.status)
    }

    private func finished(_ report: ItemReport, audit: AuditStatus? = nil) {
        let status = report.outcome.status
        state.withLock { state in
            state.reports.note(report)
            state.ended.append(UInt32(truncatingIfNeeded: report.item))
            // A run without an audit does not look into an empty table for each item.
            if audit != nil || !state.audits.isEmpty { state.audits[report.item] = audit }
            if let audit { state.auditEndings[audit, default: 0] += 1 } else { state.endings[status, default: 0] += 1 }
        }
        switch report.outcome {
        case .failed(let failure):
            guard failure.cause.kind != .cancelled else { return }
            change(place(of: failure, in: report.item)) { $0.failures += 1 }
        case .kept: break
        case .copied, .unchanged:
            let item = items[report.item]
            change(item.source.store) { $0.itemsRead += 1 }
            change(item.target.store) { $0.itemsWritten += 1 }
        }
    }

    private func place(of failure: TransferFailure, in item: ItemID) -> StoreID {
        failure.side == .source ? items[item].source.store : items[item].target.store
    }

    private func change(_ store: StoreID, _ change: (inout RunReport.Registry) -> Void) {
        state.withLock { change(&$0.registries[store, default: RunReport.Registry(name: store.name)]) }
    }
}

extension ReportCollector.Changes {
    /// The number of items for each outcome, including outcomes that no item had.
    ///
    /// - Parameter isAudit: audits have their own words for what they find. Repaired items count as copies.
    package func outcomes(ofAudit isAudit: Bool) -> [(word: String, count: Int)] {
        let copies = [RunReport.Status.copied, .unchanged, .kept, .failed, .unfinished].map {
            (word: $0.rawValue, count: endings[$0] ?? 0)
        }
        guard isAudit else { return copies }
        let found = AuditStatus.allCases.map { status in
            let copies = copies.first { $0.word == status.rawValue }?.count ?? 0
            return (word: status.rawValue, count: (audits[status] ?? 0) + copies)
        }
        return found + copies.filter { copy in !found.contains { $0.word == copy.word } }
    }
}

/// Passes each event to several observers, in order.
package struct SeveralObservers: ImmediateObserver {
    private let observers: [any ImmediateObserver]

    package init(_ observers: [any ImmediateObserver]) {
        self.observers = observers.flatMap { ($0 as? SeveralObservers)?.observers ?? [$0] }
    }

    package func receive(_ event: TransferEvent) {
        for observer in observers { observer.receive(event) }
    }
}

extension RunReport.Registry {
    fileprivate mutating func count(_ outcome: BlobOutcome, bytes: Int64) {
        switch outcome {
        case .sent:
            blobsSent += 1
            bytesSent.add(saturating: bytes)
        case .mounted:
            blobsMounted += 1
            bytesMounted.add(saturating: bytes)
        case .present:
            blobsPresent += 1
            bytesPresent.add(saturating: bytes)
        }
    }
}

extension ItemOutcome {
    fileprivate var status: RunReport.Status {
        switch self {
        case .copied: .copied
        case .unchanged: .unchanged
        case .kept: .kept
        case .failed(let failure): failure.cause.kind == .cancelled ? .unfinished : .failed
        }
    }
}

extension RunReport.Item {
    fileprivate init(_ report: ItemReport, _ name: ItemName) {
        let status = report.outcome.status
        switch report.outcome {
        case .copied(let digest), .unchanged(let digest):
            self.init(status, name.arrived(as: digest))
            self.digest = digest
        case .kept(let digest, let offered):
            self.init(status, name.arrived(as: digest))
            (self.digest, sourceDigest) = (digest, offered)
        case .failed(let failure):
            self.init(status, name)
            self.failure = RunReport.Failure(
                kind: failure.cause.kind.rawValue, message: failure.cause.message, side: failure.side.rawValue,
                hint: failure.cause.hint)
            self.failure?.isPullQuota = failure.cause.isPullQuota
        }
        sourceDigest = sourceDigest ?? report.chosenFrom
        mediaType = report.mediaType?.essence
        (blobsSent, blobsMounted, blobsPresent) = (report.counts.sent, report.counts.mounted, report.counts.present)
        (bytesSent, bytesMounted) = (report.counts.bytesSent, report.counts.bytesMounted)
        attempts = report.attempts
        seconds = Quantity.seconds(report.duration)
    }
}
