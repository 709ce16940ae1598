// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BatchList
import Files
import ItemLists
import LayerVerification
import LiveView
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
            and not read, unless --verify unpack or diffid is given: then all of them are
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
              nothing tried; 3 no image is whole; 4 stopped by a pull quota; 5 a registry
              refused the credentials for each of its images; 129, 130 and 143 on SIGHUP,
              SIGINT and SIGTERM.
            """)

    @Argument(help: ArgumentHelp("Lists of items, or an image, or a source and a target.", valueName: "list-or-image"))
    var subjects: [String]

    @OptionGroup var target: TargetOptions
    @OptionGroup var choosing: PlatformOptions
    @OptionGroup var referring: ReferrerOption
    @Flag(
        help: ArgumentHelp(
            "Afterwards, mend images that are not whole: ask for each of their manifests and blobs, and send what is missing or "
                + "cannot be read; of images with damaged bytes, send everything. Then verify them again."
        ))
    var repair = false
    @Flag(help: "Stop at the first image that is not whole.") var failFast = false
    @Option(
        help: ArgumentHelp("Write what is not whole here, as the list for a batch.", valueName: "file"))
    var failures: String?
    @Option(name: OutputForm.names, help: "Form of the lines on standard output: text or json.")
    var format: BatchReporter.Output = .text
    @OptionGroup var progress: ProgressOptions
    @OptionGroup(title: "Pace and memory") var pace: PaceOptions
    @OptionGroup var verification: VerificationOptions
    @OptionGroup var reporting: ReportOptions
    @OptionGroup var listening: ListenOptions
    @OptionGroup(title: "Registry options") var registry: RegistryOptions

    var noticeStyle: NoticeStyle { progress.noticeStyle }
    var lostResults: Console.LostResults { repair ? .goOn : .endCommand }

    func outputs(in environment: CommandEnvironment) throws -> [OutputFile] {
        [failures.map { .file("--failures", $0) }].compactMap(\.self) + (try reporting.outputs())
    }

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let named = try NamedSubjects(subjects, target)
        let platforms = try choosing.choice()
        return try await listening.serving("verify", context) { live in
            try await run(named, platforms, watchedBy: live, context: context, interruption: interruption)
        }
    }

    private func run(
        _ named: NamedSubjects, _ platforms: PlatformChoice?, watchedBy live: LiveServer?, context: CommandContext,
        interruption: Interruption
    ) async throws -> ExitStatus {
        let tally = WireTally()
        let connections = try Connections(
            registry.choices, context, pace: pace, tally: tally)
        return try await connections.closing {
            let subjects: AuditSubjects
            do {
                subjects = try await named.auditSubjects(
                    platforms,
                    in: RunContext(settings: settings, connections: connections, console: context.console))
            } catch {
                if let status = interruption.status { return status }
                throw error
            }
            guard !subjects.items.isEmpty else {
                throw CommandFailure("the lists contain no images, so nothing was verified")
            }
            if repair { try subjects.checkRepairable() }
            live?.announce(context)
            let record = RunRecord(
                ReportCollector(items: subjects.copies, names: subjects.names, reportedTo: reporting.place), context,
                part: nil, tally: tally, live: live)
            let run = VerifyRun(
                subjects: subjects, settings: settings, inspection: verification.verify, memory: pace.memory.bytes,
                failsFast: failFast, output: format,
                progress: progress.style, connections: connections, tally: tally, context: context,
                record: record)
            let found = await run.audit()
            var last = found.itemReports
            if repair, interruption.status == nil, !found.unsound.isEmpty {
                last = await run.repair(found, unless: interruption)
            }
            let result = BatchResult(last)
            let unarrived = result.unarrived.map { FailureLine(subjects.names[$0.item], $0.failure) }
            let status = interruption.status ?? result.exitStatus(of: subjects.copies)
            return end(record, with: status, unarrived: unarrived, context)
        }
    }

    private func end(
        _ record: RunRecord, with status: ExitStatus, unarrived lines: [FailureLine], _ context: CommandContext
    ) -> ExitStatus {
        var status = context.keeping(status) {
            guard let failures else { return }
            try FileBytes.write(lines.map { "\($0)\n" }.joined(), to: failures, access: .ownerOnly)
            choosing.noteFailures(lines.count, context.console)
        }
        for path in reporting.report {
            status = context.keeping(status) { try record.write(to: path, after: record.elapsed, status: status) }
        }
        return status
    }

    private var settings: TransferSettings {
        var settings = pace.settings
        settings.referrers = referring.referrers
        // Repairs copy referrers' tags as batch does.
        settings.keepsReferrerTags = true
        return settings
    }
}
