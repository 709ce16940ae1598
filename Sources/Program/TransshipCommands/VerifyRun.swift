// SPDX-License-Identifier: Apache-2.0

import Content
import LayerVerification
import RegistryTransport
import Reporting
import TransferEngine

/// Looks at images, copies what those lack that are not whole, and looks at these again.
struct VerifyRun {
    let subjects: AuditSubjects
    let settings: TransferSettings
    let inspection: VerificationLevel
    /// Bytes that the whole process may use.
    let memory: Int64
    /// Looking ends with the first image that is not whole.
    let failsFast: Bool
    let output: BatchReporter.Output
    let progress: ProgressStyle
    let connections: Connections
    let tally: WireTally
    let context: CommandContext
    let record: RunRecord

    /// Knows of each image what was said of it last.
    private var results: ReportCollector { record.collector }

    /// Looks at all images.
    func audit() async -> AuditReporter {
        await audit(Array(subjects.items.indices), isAgain: false)
    }

    /// Copies what some images lack, and looks again at those that arrived: a registry may keep damaged bytes under the digest
    /// of those that it is sent.
    func repair(_ found: AuditReporter, _ interruption: Interruption) async {
        let damaged = Set(found.damaged)
        var arrived: [ItemID] = []
        let unsound = found.unsound.map(\.item)
        for (existing, items) in [
            (ExistingContent.ignored, unsound.filter(damaged.contains)),
            (.proven, unsound.filter { !damaged.contains($0) }),
        ] where !items.isEmpty && interruption.status == nil {
            arrived += await copy(items, existing)
        }
        guard !arrived.isEmpty, interruption.status == nil else { return }
        let again = await audit(arrived.sorted(), isAgain: true)
        guard !again.damaged.isEmpty else { return }
        context.console.note(
            "hint: what is still damaged has arrived, and its registry keeps the bytes that it had under the digest: delete the "
                + "image there, let its garbage collection run, and repair again")
    }

    // MARK: - Looking

    private func audit(_ items: [ItemID], isAgain: Bool) async -> AuditReporter {
        let inspector = inspection.inspector(within: memory)
        let (clock, stopper, console) = (SystemTransferClock(), Stopper(), context.console)
        let names = items.map { subjects.names[$0] }
        let audited = items.map { subjects.items[$0] }
        let reporter = AuditReporter(names: names, output: output, console: console) {
            if failsFast, !isAgain { stopper.stop() }
        }
        let verb = isAgain ? "verifying again" : "verifying"
        let tracker = ProgressTracker(ProgressModel(counting: items.count, verb: verb, noun: "image")) {
            Quantity.seconds(clock.now)
        }
        var audit = Audit(
            settings: settings, clock: clock, inspector: inspector,
            paused: { store, pause in
                console.tellPause(of: store, for: pause)
                tracker.pause(store, pause)
            }, stores: connections.stores)
        audit.meter = TransferMeter()
        audit.teller = OutputThread()
        await record.show(tracker, audit.meter)
        await ProgressDisplay(progress, tracker, context, meter: audit.meter, tally: tally).during { [audit] in
            await stopper.running {
                await audit.execute(audited) { item, report in
                    reporter.receive(item, report)
                    // Of what is whole now more is known: it was copied.
                    if !isAgain || !report.isComplete { results.receive(auditOf: items[item], report) }
                    tracker.end(failure: ProgressFacts.Failure(report, of: names[item]))
                }
            }
        }
        console.tell(reporter.notice(after: clock.now))
        if let inspector { console.note(inspector.tally.summary) }
        return reporter
    }

    // MARK: - Copying

    /// - Returns: the items that arrived.
    private func copy(_ items: [ItemID], _ existing: ExistingContent) async -> [ItemID] {
        let (copies, names) = (items.map { subjects.copies[$0] }, items.map { subjects.names[$0] })
        context.console.note("repairing \(Quantity.count(items.count, "image"))")
        var settings = settings
        settings.existing = existing
        let clock = SystemTransferClock()
        let reporter = BatchReporter(names: names, output: output, console: context.console)
        let tracker = ProgressTracker(ProgressModel(items: copies, names: names, verb: "repairing", noun: "image")) {
            Quantity.seconds(clock.now)
        }
        var run = TransferRun(
            items: copies, settings: settings, clock: clock,
            observer: SeveralObservers([reporter, tracker, RenumberedObserver(items: items, next: results)]),
            stores: connections.stores)
        run.teller = OutputThread()
        run.executors = connections.executors(for: copies)
        await record.show(tracker, run.meter)
        await ProgressDisplay(progress, tracker, context, meter: run.meter, tally: tally).during { [run] in
            await Stopper().running { await run.execute() }
        }
        context.console.tell(reporter.tally.notice(after: clock.now))
        let unarrived = Set(reporter.unarrived.map(\.item))
        return items.indices.filter { !unarrived.contains($0) }.map { items[$0] }
    }
}

/// Tells how items of a list ended, by their places in the whole list.
private struct RenumberedObserver: TransferObserver {
    let items: [ItemID]
    let next: any TransferObserver

    func receive(_ event: TransferEvent) async {
        guard case .itemFinished(var report) = event else { return }
        report.item = items[report.item]
        await next.receive(.itemFinished(report))
    }
}
