// SPDX-License-Identifier: Apache-2.0

import Content
import ItemLists
import LayerVerification
import RegistryTransport
import Reporting
import TransferEngine

/// Checks images, copies what incomplete images lack, and checks these again.
struct VerifyRun {
    let subjects: AuditSubjects
    let settings: TransferSettings
    let inspection: VerificationLevel
    /// Bytes that the whole process may use.
    let memory: Int64
    /// The check ends with the first image that is not whole.
    let failsFast: Bool
    let output: BatchReporter.Output
    let progress: ProgressStyle
    let connections: Connections
    let tally: WireTally
    let context: CommandContext
    let record: RunRecord

    /// Records what is found and repaired.
    private var collector: ReportCollector { record.collector }

    /// Checks all images.
    func audit() async -> AuditResult {
        await audit(Array(subjects.items.indices), isAgain: false)
    }

    /// Copies what some images lack, and checks again those that arrived: a registry may keep damaged bytes under a
    /// digest even if it gets the right bytes for it.
    ///
    /// - Returns: the last result of each image, found or copied.
    func repair(_ found: AuditResult, unless interruption: Interruption) async -> [ItemReport?] {
        var (last, arrived): ([ItemReport?], [ItemID]) = (found.itemReports, [])
        let plan = RepairPlan(for: found) { subjects.unlisted[$0] != nil }
        for round in plan.rounds where interruption.status == nil {
            for report in await copy(round.items, round.existing) {
                last[report.item] = report
                if case .failed = report.outcome { continue }
                arrived.append(report.item)
            }
        }
        guard !arrived.isEmpty, interruption.status == nil else { return last }
        arrived.sort()
        let again = await audit(arrived, isAgain: true)
        for (item, report) in zip(arrived, again.reports) {
            // An image that is whole now keeps the report of its copy, which says more.
            if let report, !report.isComplete { last[item] = ItemReport(auditOf: item, report) }
        }
        guard !again.damaged.isEmpty else { return last }
        context.console.note(
            "hint: what is still damaged has arrived, and its registry keeps the bytes that it had under the digest: delete the "
                + "image there, let its garbage collection run, and repair again")
        return last
    }

    // MARK: - Looking

    private func audit(_ items: [ItemID], isAgain: Bool) async -> AuditResult {
        let inspector = inspection.inspector(within: memory)
        let (clock, stopper, console) = (SystemTransferClock(), Stopper(), context.console)
        let names = items.map { subjects.names[$0] }
        let audited = items.prefix { subjects.unlisted[$0] == nil }.map { subjects.items[$0] }
        let reporter = AuditReporter(names: names, output: output, console: console) {
            if failsFast, !isAgain { stopper.stop() }
        }
        let verb = isAgain ? "verifying again" : "verifying"
        let tracker = ProgressTracker(ProgressModel(counting: items.count, verb: verb, noun: "image")) {
            Quantity.seconds(clock.now)
        }
        let tell = console.tellPause(to: tracker)
        var audit = Audit(
            settings: settings, clock: clock, inspector: inspector,
            paused: { [collector] store, pause, reason in
                tell(store, pause, reason)
                collector.receive(.paused(store, for: pause, because: reason))
            }, stores: connections.stores)
        audit.meter = TransferMeter()
        audit.eventExecutor = OutputThread()
        audit.reported = { [collector] found in
            let (item, report) = (found.item, found.report)
            reporter.receive(item, report)
            // An image that is whole now keeps the report of its copy, which says more.
            if !isAgain || !report.isComplete { collector.receive(auditOf: items[item], report) }
            tracker.end(failure: ProgressFacts.Failure(report, of: names[item]))
        }
        let results = ResultSink(auditsOf: audited.count)
        await record.show(tracker, audit.meter)
        let unlisted = items.enumerated().compactMap { position, item in
            subjects.unlisted[item].map { ItemAudit(item: position, report: AuditReport(failure: $0)) }
        }
        await ProgressDisplay(progress, tracker, context, meter: audit.meter, tally: tally).during { [audit] in
            for found in unlisted { await audit.reported(found) }
            await stopper.running { await audit.execute(audited, into: results) }
        }
        let result = AuditResult(results.value + unlisted.map(\.report))
        console.tell(result.notice(after: clock.now))
        if let inspector { console.note(inspector.tally.summary()) }
        return result
    }

    // MARK: - Copying

    /// - Returns: the reports of the items that ended, with their positions in the whole list.
    private func copy(_ items: [ItemID], _ existing: ExistingContent) async -> [ItemReport] {
        let (copies, names) = (items.map { subjects.copies[$0] }, items.map { subjects.names[$0] })
        context.console.note("repairing \(Quantity.count(items.count, "image"))")
        var settings = settings
        settings.existing = existing
        let clock = SystemTransferClock()
        let reporter = BatchReporter(
            items: copies, names: names, output: output, console: context.console,
            clock: { Quantity.seconds(clock.now) })
        let tracker = ProgressTracker(ProgressModel(items: copies, names: names, verb: "repairing", noun: "image")) {
            Quantity.seconds(clock.now)
        }
        var run = TransferRun(
            items: copies, settings: settings, clock: clock,
            observer: SeveralObservers([reporter, tracker, RenumberedObserver(items: items, next: collector)]),
            stores: connections.stores)
        run.eventExecutor = OutputThread()
        run.executors = connections.executors(for: copies)
        let results = ResultSink(reportsOf: items.count)
        await record.show(tracker, run.meter)
        var display = ProgressDisplay(progress, tracker, context, meter: run.meter, tally: tally)
        display.ticked = { reporter.tellRetries() }
        await display.during { [run] in
            await Stopper().running { await run.execute(into: results) }
        }
        reporter.endRetries()
        let tally = BatchResult(results.value).tally
        context.console.tell(tally.notice(after: clock.now, SentBytes(run.meter, arrived: tally.counts.bytesSent)))
        return results.value.compactMap(\.self).map { report in
            var report = report
            report.item = items[report.item]
            return report
        }
    }
}

/// Passes on what a report says of a run over some items of a list, with their positions in the whole list.
private struct RenumberedObserver: ImmediateObserver {
    let items: [ItemID]
    let next: any ImmediateObserver

    func receive(_ event: TransferEvent) {
        switch event {
        case .itemFinished(var report):
            report.item = items[report.item]
            next.receive(.itemFinished(report))
        case .retrying(let failure, let delay, let item):
            next.receive(.retrying(failure, after: delay, item: items[item]))
        case .blobPlaced, .paused: next.receive(event)
        default: break
        }
    }
}
