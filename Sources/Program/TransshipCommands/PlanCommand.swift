// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BatchList
import Content
import Files
import ItemLists
import OCI
import Planning
import RegistryTransport
import Reporting
import TransferEngine

struct PlanCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Say what a batch would cost, without moving a byte: bytes, requests, pull quota, time.",
        discussion: """
            Reads the lists as batch does, lets batch decide what to do, and counts. What
            batch would read is read: the manifests of what is to be copied, and what the
            targets have already, each blob by a HEAD. With --shards and --pinned it is
            every manifest at its source. Reading a manifest counts as a pull where pulls
            are counted, here as in the run itself. A registry that has something is asked
            to mount it where it is, which tells how batch will have to ask it.

            EXAMPLES
              What is to be done, and how long it may take at 20 MiB/s:
                transship plan images.txt --to registry.example/mirror --rate 20MiB
              How eight machines would share the work:
                transship plan images.txt --to registry.example/mirror --shards 8
              One list for all machines, in which no tag can move any more:
                transship plan images.txt --to registry.example/mirror --pinned pinned.txt
                transship batch pinned.txt --shard 0/8
              One list for each machine, so that none of them has to plan:
                transship plan images.txt --to registry.example/mirror --shards 8 --split lists
                transship batch lists/shard-0-of-8.txt

            EXIT CODES
              0 every item can be copied; 1 some items cannot be read, or their target cannot
              be asked, or keeps its own; 2 usage or unreadable input; 3 no item can be read;
              4 stopped by a pull quota; 5 a source's registry refused the credentials for
              each of its items; 129, 130 and 143 on SIGHUP, SIGINT and SIGTERM.
            """)

    @OptionGroup var lists: ListOptions
    @OptionGroup var choosing: PlatformOptions
    @OptionGroup var referring: ReferrerOption
    @Option(
        help: ArgumentHelp("Bytes a second to and from one registry, for the estimate of time.", valueName: "size"))
    var rate = ByteSize(100 << 20)
    @Option(help: ArgumentHelp("Show how this many machines would share the work.", valueName: "n")) var shards: Int?
    @Option(help: ArgumentHelp("Write the list here with every tag pinned to its digest.", valueName: "file"))
    var pinned: String?
    @Option(
        help: ArgumentHelp(
            "Write here what could not be planned, as a list, each line with its reason.", valueName: "file"))
    var failures: String?
    @Option(
        help: ArgumentHelp(
            "Write a pinned list for each of --shards into this folder, made if needed.", valueName: "folder"))
    var split: String?
    @Option(name: OutputForm.names, help: "Form of the result on standard output: text or json.")
    var format: BatchReporter.Output = .text
    @OptionGroup var earlierRuns: EarlierRunsOptions
    @OptionGroup var progress: ProgressOptions
    @OptionGroup(title: "Pace and memory") var pace: PaceOptions
    @OptionGroup(title: "Registry options") var registry: RegistryOptions

    var noticeStyle: NoticeStyle { progress.noticeStyle }

    func outputs(in environment: CommandEnvironment) -> [OutputFile] {
        let outputs: [OutputFile?] = [
            pinned.map { .file("--pinned", $0) }, failures.map { .file("--failures", $0) },
            split.map { .folder("--split", $0) },
        ]
        return outputs.compactMap(\.self)
    }

    func validate() throws {
        guard rate.bytes > 0 else { throw ValidationError("--rate must be above 0") }
        guard (1...Shard.most).contains(shards ?? 1) else {
            throw ValidationError("--shards must be 1 to \(Shard.most), not \(shards ?? 0)")
        }
        guard split == nil || shards != nil else { throw ValidationError("--split needs --shards") }
    }

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let lists = try self.lists.read()
        let platforms = try choosing.choice()
        let tally = WireTally()
        let connections = try Connections(
            registry.choices, context, pace: pace, tally: tally)
        return try await connections.closing {
            var settings = pace.settings
            settings.referrers = referring.referrers
            settings.keepsReferrerTags = true
            let asking = RunContext(settings: settings, connections: connections, console: context.console)
            let listed = try await lists.items(in: asking)
            listed.warnIfEmpty(context.console)
            let items = Array(listed.transferItems(platforms))
            let clock = SystemTransferClock()
            let tracker = ProgressTracker(progressModel(of: items.count)) { Quantity.seconds(clock.now) }
            let meter = TransferMeter()
            let display = ProgressDisplay(progress.style, tracker, context, meter: meter, tally: tally)
            var survey: Survey?
            if readsAllSources {
                survey = await display.during { await asking.survey(items, tracker: tracker, meter: meter) }
                if let status = interruption.status { return status }
                tracker.sourcesRead()
            } else {
                let text = "planning: asking both sides about \(Quantity.count(items.count, "item"))"
                context.console.tell(Notice(.info, "planning", text, fields: ["items": JSON(items.count)]))
            }
            var dryRun = DryRun(
                items: items, settings: settings, survey: survey, itemEnded: { tracker.end() },
                stores: connections.stores)
            dryRun.earlier = try earlierRuns.read(for: items.targetStores, context)
            dryRun.meter = meter
            dryRun.paused = context.console.tellPause(to: tracker)
            let run = await display.during { [dryRun] in await dryRun.execute() }
            if let status = interruption.status { return status }
            var result = PlanResult(of: listed, items: items, survey: survey, dryRun: run, shards: shards)
            result.allowances = connections.allowances(of: items.map(\.source.store))
            if format == .json { result.listDigest = lists.plain.digest(platforms) }
            return try report(result, context.console)
        }
    }

    /// Dividing the work needs all sources' contents, and a pinned list names every source, whatever the targets have.
    private var readsAllSources: Bool { shards != nil || pinned != nil }

    private func progressModel(of items: Int) -> ProgressModel {
        readsAllSources
            ? ProgressModel(readingFirst: items, verb: "planning", noun: "item")
            : ProgressModel(counting: items, verb: "planning", noun: "item")
    }

    private func report(_ result: PlanResult, _ console: Console) throws -> ExitStatus {
        var hints = ToldHints()
        for (name, failure) in result.failures + result.unknown {
            console.tell(.failed(name, failure))
            if let hint = hints.line(failure.cause.hint) { console.note(hint) }
        }
        if pinned ?? split != nil, let platforms = result.platforms, !platforms.wantsSingleImage {
            console.note("the pinned list names whole indexes: copy it with the same --platform")
        }
        if let pinned { try FileBytes.write(result.pinnedList(), to: pinned) }
        if let failures {
            let lines = (result.failures + result.unknown).map { "\(FailureLine($0.name, $0.failure))\n" }
            try FileBytes.write(lines.joined(), to: failures, access: .ownerOnly)
            choosing.noteFailures(lines.count, console)
        }
        if let split, let shards {
            for shard in 0..<shards {
                try FileBytes.write(
                    result.pinnedList(of: shard), to: "\(split)/shard-\(shard)-of-\(shards).txt")
            }
        }
        let rate = min(rate.bytes, pace.limitRate?.bytes ?? .max)
        let view = PlanView(result, rate: Double(rate), connections: min(pace.connectionsPerRegistry, 16))
        console.output(format == .json ? view.json.text : view.text)
        console.tell(view.summary)
        return result.status
    }
}
