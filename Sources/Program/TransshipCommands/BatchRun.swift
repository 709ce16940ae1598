// SPDX-License-Identifier: Apache-2.0

import BatchList
import CBuild
import Files
import ItemLists
import LayerVerification
import OCI
import Planning
import Reporting
import RunJournal
import TransferEngine

/// One run of `batch`: copies the items, reports how they ended, and writes the files that the user asked for.
struct BatchRun {
    /// The options.
    let command: BatchCommand
    let work: BatchWork
    let record: RunRecord
    /// The part of the list that this machine does; nil: all of it.
    let shard: Shard?
    let connections: Connections
    let context: CommandContext
    let interruption: Interruption

    func execute() async throws -> ExitStatus {
        let stopper = Stopper()
        let inspector = command.verification.inspector(within: command.pace.memory.bytes)
        let reporter = BatchReporter(
            items: work.items, names: work.names, output: command.format, console: context.console,
            inspector: inspector, clock: { [clock = record.clock] in Quantity.seconds(clock.now) }
        ) { [failsFast = command.failFast] in
            if failsFast { stopper.stop() }
        }
        let observer = SeveralObservers([reporter] + record.observers)
        var result = BatchResult(count: work.names.count)
        for report in work.failureReports {
            result.add(report)
            observer.receive(.itemFinished(report))
        }
        let results = ResultSink(result) { $0.add($1) }
        let journal = try command.journaling.open(context)
        noteContinuation(journal)
        let (elapsed, meter) = await copy(
            into: results, reporter: reporter, observer: observer, journal: journal, inspector: inspector,
            stopper: stopper)
        reporter.endRetries()
        result = results.value
        var status = interruption.status ?? result.exitStatus(of: work.items)
        if let failure = journal?.failure {
            context.console.note("error: \(failure.displayable); the next run will ask again for what this one sent")
            status = status.failing
        }
        status = context.keeping(status) { try write(failures: result.unarrived) }
        let sent = SentBytes(meter, arrived: result.tally.counts.bytesSent)
        context.console.tell(result.tally.notice(after: elapsed, sent))
        if let inspector { context.console.note(inspector.tally.summary(unchangedItems: result.tally.unchanged)) }
        for path in command.reporting.report.map(shard.naming) {
            status = context.keeping(status) { try record.write(to: path, after: elapsed, status: status) }
        }
        return status
    }

    /// - Returns: how long the run took, and what measured its bytes.
    private func copy(
        into results: ResultSink<ItemReport, BatchResult>, reporter: BatchReporter, observer: SeveralObservers,
        journal: RunJournal?,
        inspector: LayerInspector?, stopper: Stopper
    ) async -> (elapsed: Duration, meter: TransferMeter) {
        let clock = record.clock
        let tracker = ProgressTracker(ProgressModel(items: work.items, names: work.names)) {
            Quantity.seconds(clock.now)
        }
        for report in work.failureReports { tracker.receive(.itemFinished(report)) }
        let style = command.progress.style
        let isFollowed = style != .none || record.isWatched
        let observer = isFollowed ? SeveralObservers([observer, tracker]) : observer
        var run = TransferRun(
            items: work.runnable, settings: command.settings, clock: clock,
            observer: journaling(observer, in: journal), inspector: inspector, journal: journal,
            stores: connections.stores)
        run.eventExecutor = OutputThread()
        run.executors = connections.executors(for: work.runnable)
        run.earlier = journal?.takeEarlierRuns(in: work.runnable.targetStores) ?? EarlierRuns()
        // Reading a long list and its journal leaves free memory that the run's other threads do not use.
        if work.items.count > 10_000 { transship_give_back_free_memory() }
        var display = ProgressDisplay(style, tracker, context, meter: run.meter)
        display.ticked = { reporter.tellRetries() }
        await record.show(tracker, run.meter)
        await display.during {
            await record.sampling(run.meter) { [run] in await stopper.running { await run.execute(into: results) } }
        }
        return (clock.now, run.meter)
    }

    private func journaling(_ observer: any TransferObserver, in journal: RunJournal?) -> any TransferObserver {
        guard let journal else { return observer }
        return JournalingObserver(
            journal, names: { [names = work.names] in (names[$0].source, names[$0].target) }, next: observer)
    }

    /// Items that arrived before are still checked, because they may have been changed since.
    private func noteContinuation(_ journal: RunJournal?) {
        guard let journal else { return }
        let known = journal.countArrived(work.names.lazy.map { ($0.source, $0.target) })
        guard known > 0 else { return }
        context.console.note("\(known) of \(Quantity.count(work.names.count, "item")) arrived in an earlier run")
    }

    /// Writes the list also if nothing failed: an old list of failures must not outlive its run.
    private func write(failures unarrived: [(item: ItemID, failure: TransferFailure?)]) throws {
        guard let path = command.failures.map(shard.naming) else { return }
        try FileBytes.write(to: path, access: .ownerOnly) { add throws(FileProblem) in
            for open in unarrived { try add("\(FailureLine(work.names[open.item], open.failure))\n") }
        }
        command.choosing.noteFailures(unarrived.count, context.console)
    }
}
