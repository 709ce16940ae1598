// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BatchList
import Content
import ItemLists
import LiveView
import OCI
import Planning
import RegistryTransport
import Reporting
import TransferEngine

struct BatchCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch",
        abstract: "Copy every item of one or more lists, sharing layers, connections and tokens over the whole run.",
        discussion: """
            A list is text, one item a line: SRC or SRC DST, separated by blanks. `#`
            begins a comment at the line's start or after a blank. Without DST the target
            is the place given by --to followed by SRC. With one bad line nothing is
            copied. One item that fails does not stop the others.

            SRC may choose among a repository's tags: repo:* or repo:1.2? (a glob over the
            whole tag), repo:{semver>=1.20 <2} (also ^1.4, ~1.4, =, !=, ||; pre-releases only
            where named), repo:~regex (found anywhere unless anchored; no look-around). DST
            is then a repository.

            Standard output gets one line per finished item, tab-separated:
            copied|unchanged|kept|failed, source, target, digest or -, bytes sent. Everything
            else goes to standard error.

            EXAMPLES
              Copy a list to one place; ubuntu:18.04 becomes
              registry.example/mirror/ubuntu:18.04:
                transship batch images.txt --to registry.example/mirror
              From standard input, leaving out the sources' hosts:
                grep -v '^quay.io' all.txt | transship batch - --to registry.example/mirror --map repository
              Try again what failed, once the cause is repaired:
                transship batch images.txt --to registry.example/mirror --failures failed.txt
                transship batch failed.txt
              Watch it in a browser, or with Prometheus, while it goes on:
                transship batch images.txt --to registry.example/mirror --listen 127.0.0.1:9000

              On eight machines, and the whole afterwards:
                transship batch images.txt --to registry.example/mirror --shard 0/8 --report shard-0.json
                transship report merge shard-*.json

            Every shard reads the sources' manifests and divides the list for itself: images
            over the same layers stay together, bytes are balanced, and all shards together
            send at most a tenth more than one run would. Shards that read the same divide
            alike; where tags may move meanwhile, let all of them work on one pinned list
            (transship plan --pinned), or merge their reports, which names what is missing.

            ENVIRONMENT
              DOCKER_CONFIG  folder of the config.json that holds credentials (default:
              ~/.docker)
              JOB_COMPLETION_INDEX  the shard, from 0, with --shards (Kubernetes)
              CLOUD_RUN_TASK_INDEX, CLOUD_RUN_TASK_COUNT  the shard and their number

            EXIT CODES
              0 everything done; 1 some items failed or were kept; 2 usage or unreadable input, nothing
              tried; 3 every item failed; 4 stopped by a pull quota; 5 a registry refused the
              credentials for each of its items; 129, 130 and 143 on SIGHUP, SIGINT and
              SIGTERM. What cannot be written (standard output, a list, a report, the journal)
              is told, the copy goes on, and the exit code is 1 where it would be 0.
            """)

    @OptionGroup var lists: ListOptions
    @OptionGroup var choosing: PlatformOptions
    @Flag(
        help:
            "Leave tags alone that exist at the target. Those that name something else are kept, and the exit code is 1."
    ) var noClobber = false
    @OptionGroup var mending: MendingOptions
    @OptionGroup var referring: ReferrerOption

    @Flag(
        help: ArgumentHelp(
            "Put the source's signatures in the place of others that the target has under cosign's tags. "
                + "Without it those are kept, and named."))
    var overwriteSignatures = false
    @Flag(help: "Stop at the first item that fails.") var failFast = false
    @Option(name: OutputForm.names, help: "Form of the lines on standard output: text or json.")
    var format: BatchReporter.Output = .text
    @OptionGroup var progress: ProgressOptions
    @Option(help: ArgumentHelp("Write what did not arrive here, as the list for the next run.", valueName: "file"))
    var failures: String?
    @OptionGroup(title: "Pace and memory") var pace: PaceOptions
    @OptionGroup var journaling: JournalOptions
    @OptionGroup var verification: VerificationOptions
    @OptionGroup var reporting: ReportOptions
    @Option(
        help: ArgumentHelp(
            "The output of plan --format json for this list. The report compares it with the run.",
            valueName: "file.json"))
    var plan: String?
    @OptionGroup var listening: ListenOptions
    @OptionGroup(title: "Options for several machines") var sharding: ShardOptions
    @OptionGroup(title: "Registry options") var registry: RegistryOptions

    var noticeStyle: NoticeStyle { progress.noticeStyle }

    func validate() throws {
        if noClobber, mending.force { throw ValidationError("--no-clobber and --force contradict each other") }
    }

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let platforms = try choosing.choice()
        let shard = try sharding.wanted(context.environment)
        if plan != nil, shard != nil { throw CommandFailure.usage(["--plan is of a whole list, not of a shard"]) }
        let plan = try plan.map(RunPlan.read)
        let request = Request(platforms: platforms, shard: shard, plan: plan)
        return try await listening.serving("batch", context) { live in
            try await run(request, watchedBy: live, context: context, interruption: interruption)
        }
    }

    /// The values of the options, read and checked before any request is sent.
    private struct Request {
        let platforms: PlatformChoice?
        let shard: Shard?
        let plan: RunPlan?
    }

    private func run(
        _ request: Request, watchedBy live: LiveServer?, context: CommandContext, interruption: Interruption
    ) async throws -> ExitStatus {
        let isRecorded = !reporting.report.isEmpty || live != nil
        let tally = isRecorded ? WireTally() : nil
        let connections = try Connections(registry.choices, context, pace: pace, tally: tally)
        return try await connections.closing {
            let asking = RunContext(settings: settings, connections: connections, console: context.console)
            let lists = try lists.read()
            if let planned = request.plan?.list, planned != lists.plain.digest(request.platforms) {
                throw CommandFailure.usage(
                    ["\((plan ?? "").displayable) is the plan of another list, or of other platforms or targets"],
                    hint: "plan LIST --format json, with the same --to, --map and --platform, prints one of this list")
            }
            live?.announce(context)
            let listed = try await lists.items(in: asking)
            let sharded: ShardedItems? =
                if let shard = request.shard {
                    await listed.part(of: shard, platforms: request.platforms, in: asking)
                } else {
                    nil
                }
            // The items of a shard are not known before everything was read.
            if sharded != nil, let status = interruption.status {
                context.console.note("stopped while planning: nothing was copied")
                return status
            }
            listed.warnIfEmpty(context.console)
            let work = (sharded?.listed ?? listed).work(
                request.platforms, reportedTo: reporting.place.map(request.shard.naming))
            let record = RunRecord(
                work.collector, context, items: isRecorded ? work.items : nil, part: sharded?.part,
                plan: request.plan, tally: tally, live: live)
            let run = BatchRun(
                command: self, work: work, record: record, shard: request.shard, connections: connections,
                context: context, interruption: interruption)
            return try await run.execute()
        }
    }

    var settings: TransferSettings {
        var settings = pace.settings
        settings.existing = mending.existing
        settings.keepsExistingTags = noClobber
        settings.comparesKeptTags = noClobber
        settings.referrers = referring.referrers
        settings.replacesSignatures = overwriteSignatures
        settings.keepsReferrerTags = true
        return settings
    }

    /// The copy continues even if its results cannot be written.
    var lostResults: Console.LostResults { .goOn }

    func outputs(in environment: CommandEnvironment) throws -> [OutputFile] {
        let shard = try sharding.wanted(environment)
        let lists: [OutputFile?] = [
            failures.map { .file("--failures", shard.naming($0)) },
            journaling.path.map { .file("--journal", $0) },
        ]
        return lists.compactMap(\.self) + (try reporting.outputs(of: shard))
    }
}

extension BatchReporter.Output: ExpressibleByArgument {}
