// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BatchList
import Content
import Files
import LayerVerification
import OCI
import RegistryTransport
import Reporting
import TransferEngine

struct VerifyCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove that everything images consist of is at the target; changes nothing.",
        discussion: """
            Takes the lists of `batch`, or one image, or a source and a target. What names
            a file is a list, - is standard input, everything else is an image; with --to,
            all are lists. An image alone is looked at where it is, without a comparison.

            The target must have the source's digest at its tag, every manifest below it
            with the right bytes, and every blob with the right size. Blobs are asked for
            and not read, unless --verify gzip or diffid is given: then all of them are
            read, once each, against their digests, and layers are looked into. Layers
            that are by convention not distributed may be missing.

            Standard output gets one line per image, tab-separated: a word, source or -,
            target, the target's digest or -, number of blobs. What is wrong goes to
            standard error, a line each. The words:
              whole       the target has what the source has, with all it consists of
              moved       the target has what the source had: its tag is another by now
              different   the target has something that the source does not have
              incomplete  the right manifest is there, and not everything below it
              absent      the target has nothing under this name
              failed      one side did not answer, so that nothing is known

            EXAMPLES
              After a batch:
                transship verify images.txt --to registry.example/mirror
              One copy:
                transship verify redis:buster registry.example/mirror/redis:buster
              Read everything of an image and look into its layers:
                transship verify registry.example/mirror/redis:buster --verify diffid

            ENVIRONMENT
              DOCKER_CONFIG  folder of the config.json that holds credentials (default:
              ~/.docker)

            EXIT CODES
              0 everything is whole; 1 some images are not; 2 usage or unreadable input,
              nothing tried; 3 no image is whole; 4 stopped by a pull quota; 5 credentials
              refused for every image; 130 and 143 on SIGINT and SIGTERM.
            """)

    @Argument(help: ArgumentHelp("Lists of items, or an image, or a source and a target.", valueName: "list-or-image"))
    var subjects: [String]

    @OptionGroup var target: TargetOptions
    @Option(help: "Images under way at once.") var jobs = 32
    @Option(help: "Requests at once to one registry.") var connectionsPerRegistry = 16
    @Option(
        help: ArgumentHelp(
            "Of a source's index, the first child for this platform must be at the target, os/arch[/variant].",
            valueName: "platform"))
    var platform: String?
    @Flag(
        help: ArgumentHelp(
            "What refers to an image at its source, signatures and attestations, must be at the target, too, whole."))
    var referrers = false
    @Flag(
        help: ArgumentHelp(
            "Afterwards, copy what images need that are not whole: every manifest and blob of theirs is asked for, and what is "
                + "missing or cannot be read is sent."))
    var repair = false
    @Flag(help: "Stop at the first image that is not whole.") var failFast = false
    @Option(
        help: ArgumentHelp("Write what is not whole here, as the list for a batch.", valueName: "file"))
    var failures: String?
    @Option(name: OutputForm.names, help: "Form of the lines on standard output: text or json.")
    var format: BatchReporter.Output = .text
    @OptionGroup var progress: ProgressOptions
    @OptionGroup var verification: VerificationOptions
    @OptionGroup var reporting: ReportOptions
    @OptionGroup(title: "Registry options") var registry: RegistryOptions

    var noticeStyle: NoticeStyle { progress.telling.style }

    func validate() throws {
        try jobs.checkConcurrency("--jobs")
        try connectionsPerRegistry.checkConcurrency("--connections-per-registry")
    }

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let named = try NamedSubjects(subjects, target)
        let platform = try platform.wantedPlatform()
        try reporting.check()
        let tally = WireTally()
        let connections = try Connections(
            registry.choices, context, connections: connectionsPerRegistry, tally: tally)
        return try await connections.closing {
            let subjects = try await named.resolved(platform, connections, settings, context.console)
            if repair { try subjects.checkRepairable() }
            let record = RunRecord(
                ReportCollector(items: subjects.copies, names: subjects.names), context, part: nil, tally: tally)
            let reporter = await audit(subjects, record.collector, connections, tally, context)
            let audited = (interruption.status ?? reporter.exitStatus, reporter.unsound)
            guard repair, interruption.status == nil, !reporter.unsound.isEmpty else {
                return end(audited.0, audited.1, subjects, record, context)
            }
            let repaired = await mend(subjects, reporter.unsound.map(\.item), record.collector, connections, context)
            return end(interruption.status ?? repaired.0, repaired.1, subjects, record, context)
        }
    }

    private func audit(
        _ subjects: AuditSubjects, _ collector: ReportCollector, _ connections: Connections, _ tally: WireTally,
        _ context: CommandContext
    ) async -> AuditReporter {
        let inspector = verification.verify.inspector()
        let (clock, stopper, console) = (SystemTransferClock(), Stopper(), context.console)
        let reporter = AuditReporter(items: subjects.items, names: subjects.names, output: format, console: console) {
            if failFast { stopper.stop() }
        }
        let meter = TransferMeter()
        let tracker = ProgressTracker(
            ProgressModel(counting: subjects.items.count, verb: "verifying", noun: "image")
        ) { Quantity.seconds(clock.now) }
        var audit = Audit(
            settings: settings, clock: clock, inspector: inspector,
            paused: { store, pause in
                console.tellPause(of: store, for: pause)
                tracker.pause(store, pause)
            }, stores: connections.stores)
        audit.meter = meter
        audit.teller = OutputThread()
        let names = subjects.names
        await ProgressDisplay(progress.style, tracker, context, meter: meter, tally: tally).during { [audit] in
            await stopper.running {
                await audit.execute(subjects.items) { item, report in
                    reporter.receive(item, report)
                    collector.receive(.itemFinished(ItemReport(auditOf: item, report)))
                    let problem = report.findings.problems.first
                    tracker.end(failure: problem.map { "\(names[item].target): \($0.cause.message)" })
                }
            }
        }
        console.note(reporter.summary(after: clock.now))
        if let inspector { console.note(inspector.tally.summary) }
        return reporter
    }

    /// Copies what some images lack.
    ///
    /// - Returns: how that ended, and what is still not whole.
    private func mend(
        _ subjects: AuditSubjects, _ items: [Int], _ collector: ReportCollector, _ connections: Connections,
        _ context: CommandContext
    ) async -> (ExitStatus, [(item: Int, failure: TransferFailure?)]) {
        let (copies, names) = (items.map { subjects.copies[$0] }, items.map { subjects.names[$0] })
        context.console.note("repairing \(Quantity.count(items.count, "image"))")
        var settings = settings
        settings.existing = .proven
        let (clock, stopper) = (SystemTransferClock(), Stopper())
        let reporter = BatchReporter(items: copies, names: names, output: format, console: context.console)
        let tracker = ProgressTracker(ProgressModel(items: copies, names: names, verb: "repairing", noun: "image")) {
            Quantity.seconds(clock.now)
        }
        let run = TransferRun(
            items: copies, settings: settings, clock: clock,
            observer: SeveralObservers([reporter, tracker, RenumberedObserver(items: items, next: collector)]),
            stores: connections.stores)
        await ProgressDisplay(progress.style, tracker, context, meter: run.meter).during {
            await stopper.running { await run.execute() }
        }
        context.console.note(reporter.tally.summary(after: clock.now))
        return (reporter.tally.exitStatus, reporter.unarrived.map { (items[$0.item], $0.failure) })
    }

    private func end(
        _ status: ExitStatus, _ unsound: [(item: Int, failure: TransferFailure?)], _ subjects: AuditSubjects,
        _ record: RunRecord, _ context: CommandContext
    ) -> ExitStatus {
        var status = context.keeping(status) {
            guard let failures else { return }
            let lines = unsound.map { FailureLine(subjects.names[$0.item], $0.failure) }
            try FileBytes.write(lines.map { "\($0)\n" }.joined(), to: failures, access: .ownerOnly)
        }
        for path in reporting.report {
            status = context.keeping(status) { try record.write(to: path, after: record.elapsed, status: status) }
        }
        return status
    }

    private var settings: TransferSettings {
        var settings = TransferSettings()
        settings.jobs = jobs
        settings.requests.connectionsPerStore = connectionsPerRegistry
        settings.copiesReferrers = referrers
        return settings
    }
}

/// Tells events of some items of a list by their places in the whole list.
private struct RenumberedObserver: TransferObserver {
    let items: [ItemID]
    let next: any TransferObserver

    func receive(_ event: TransferEvent) async {
        guard case .itemFinished(var report) = event else { return }
        report.item = items[report.item]
        await next.receive(.itemFinished(report))
    }
}

extension NamedSubjects {
    fileprivate func resolved(
        _ platform: Platform?, _ connections: Connections, _ settings: TransferSettings, _ console: Console
    ) async throws -> AuditSubjects {
        var subjects = AuditSubjects()
        switch self {
        case .images(let source, let target): subjects.add(source, target, platform)
        case .lists(let lists):
            let listed = try await lists.items(connections, settings, console)
            guard listed.failed.isEmpty else { throw Self.unexpanded(listed) }
            for item in listed.items { subjects.add(item.source, item.target, platform) }
        }
        return subjects
    }

    /// Without the tags that a line means, nobody can say whether they are there.
    private static func unexpanded(_ listed: ListedItems) -> CommandFailure {
        var failure = CommandFailure("")
        let names = listed.names.dropFirst(listed.items.count)
        failure.messages = zip(names, listed.failed).map { "\($0.source.displayable): \($1.failure)" }
        for hint in listed.failed.compactMap(\.failure.cause.hint) where !failure.hints.contains(hint) {
            failure.hints.append(hint)
        }
        return failure
    }
}

/// The images to look at.
private struct AuditSubjects {
    var items: [AuditItem] = []
    var names: [ItemName] = []

    /// The copies that would make them whole; of an image that has no source, of itself.
    var copies: [TransferItem] {
        items.map { TransferItem(source: $0.source ?? $0.target, target: $0.target, platform: $0.platform) }
    }

    func checkRepairable() throws {
        guard items.contains(where: { $0.source == nil }) else { return }
        throw CommandFailure.usage(
            ["--repair needs a source to copy from"], hint: "give a source and a target, or a list")
    }

    mutating func add(_ source: Reference?, _ target: Reference, _ platform: Platform?) {
        var end = target.endpoint
        // The digest is that of the source, of which only a child arrives.
        if platform != nil, source != nil { end.digest = nil }
        items.append(AuditItem(source: source?.endpoint, target: end, platform: platform))
        names.append(ItemName(source: source?.asTyped ?? "-", target: target.asTyped))
    }
}
