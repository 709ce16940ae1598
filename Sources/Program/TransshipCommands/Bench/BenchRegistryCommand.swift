// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Benchmarking
import Content
import Distribution
import OCI
import RegistryTransport
import Reporting

struct BenchRegistryCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry",
        abstract: "Measure how fast a registry is: speed, latency, errors, CPU time.",
        discussion: """
            Loads the registry phase by phase, and says of each how many operations and
            bytes a second it does, and how long operations take. An operation is what its
            phase says, with all its requests. The phases:
              blob-put       upload of a large blob, whole: POST, PUT
              blob-pieces    upload of a large blob in pieces: POST, PATCH..., PUT
              blob-get       download of a large blob
              blob-ranges    download of a part of a large blob
              small-put      upload of a small blob
              small-get      download of a small blob
              manifest-put   a new manifest, by digest
              manifest-get   a manifest, by digest
              manifest-head  the digest of a tag, by HEAD
              absent         HEAD of a blob that is not there
              mount          a blob of one repository in another, without its bytes
              tags           the list of 100 tags
              referrers      the list of 10 referrers

            What the registry does not offer is left out, and told.

            Without --rate each connection begins its next operation when the one before has
            ended (a closed loop): that finds the highest speed, as far as this program can
            go; with --pid it says where it used more CPU time than the registry. With --rate operations are
            due at fixed times, and their latency counts from these, whether a connection
            was free or not: that finds how long users wait at this rate. Choose phases
            with --phase then; a rate that is right for one is wrong for another.

            Everything happens in repositories of its own, below --prefix and a random name.
            At the end it is deleted where the registry allows that; what is left is told.
            A registry that can be reached from the whole internet is refused without
            --yes-i-may.

            EXAMPLES
              The registry that `transship registry serve` started, with its CPU time:
                transship bench registry http://127.0.0.1:5000 --pid 4711
              How long users wait for a manifest while 200 a second are asked for:
                transship bench registry registry.internal --phase manifest-get --rate 200/s
              Before and after a change:
                transship bench registry http://127.0.0.1:5000 --report before.json
                transship bench registry http://127.0.0.1:5000 --report after.json
                transship bench compare before.json after.json

            ENVIRONMENT
              DOCKER_CONFIG  folder of the config.json that holds credentials (default:
              ~/.docker)

            EXIT CODES
              0 measured; 1 some operations failed; 2 usage, or a registry that must not be
              loaded; 3 nothing could be measured; 5 credentials refused; 129, 130 and 143 on
              SIGHUP, SIGINT and SIGTERM, with what was measured until then.
            """)

    @Argument(help: ArgumentHelp("The registry: HOST[:PORT], or its URL.", valueName: "url")) var address: BenchAddress
    @Option(name: .customLong("phase"), help: ArgumentHelp("Measure this phase. Repeatable.", valueName: "phase"))
    var phases: [RegistryPhase] = []
    @Option(help: "Connections, each with one operation under way.") var connections = 8
    @Option(
        help: ArgumentHelp(
            "Open loop: operations that are due each second, minute or hour, as 200/s.", valueName: "n/s"))
    var rate: LoadRate?
    @Option(help: "Seconds of each repetition of a phase, at most.") var seconds = 3
    @Option(help: ArgumentHelp("Bytes of blobs in each repetition of a phase, at most.", valueName: "size"))
    var bytes = ByteSize(512 << 20)
    @Option(help: "How often each phase is measured.") var repetitions = 3
    @Option(help: ArgumentHelp("Bytes of a large blob.", valueName: "size")) var blobSize = ByteSize(32 << 20)
    @Option(help: ArgumentHelp("Bytes of a piece and of a range.", valueName: "size")) var pieceSize = ByteSize(8 << 20)
    @Option(help: ArgumentHelp("Bytes of a small blob.", valueName: "size")) var smallSize = ByteSize(4 << 10)
    @Option(help: ArgumentHelp("Repositories below which everything happens.", valueName: "repository"))
    var prefix = "transship-bench"
    @Option(
        help: ArgumentHelp("Process of the registry on this machine: tell its CPU time and memory.", valueName: "pid"))
    var pid: Int?
    @Flag(help: "Leave everything in the registry.") var keep = false
    @Flag(help: "Load a registry of the internet: I may do so.") var yesIMay = false
    @Option(help: "Form of the result on standard output: text or json.") var format: BatchReporter.Output = .text
    @Option(
        help: ArgumentHelp("Write the whole measurement here. Repeatable.", valueName: "file.json|file.html"))
    var report: [String] = []
    @OptionGroup var telling: TellingOptions
    @OptionGroup(title: "Registry options") var registry: RegistryOptions

    var noticeStyle: NoticeStyle { telling.style }

    func validate() throws {
        try connections.checkConcurrency("--connections")
        guard (1...3600).contains(seconds) else { throw ValidationError("--seconds must be 1 to 3600, not \(seconds)") }
        guard (1...100).contains(repetitions) else {
            throw ValidationError("--repetitions must be 1 to 100, not \(repetitions)")
        }
        for (option, size) in [("--blob-size", blobSize), ("--piece-size", pieceSize), ("--small-size", smallSize)]
        where !BenchPayload.sizes.contains(size.bytes) {
            throw ValidationError("\(option) must be 64 to 16GiB, not \(size)")
        }
        guard bytes.bytes > 0 else { throw ValidationError("--bytes must be above 0") }
        let settings = settings
        for phase in settings.phases {
            guard let size = settings.operationSize(of: phase), size > settings.bytes else { continue }
            throw ValidationError(
                "--bytes \(bytes) is less than the \(ByteSize(size)) that one operation of \(phase.rawValue) moves; "
                    + "--blob-size, --piece-size and --small-size make it smaller")
        }
    }

    func outputs(in environment: CommandEnvironment) throws -> [OutputFile] {
        try OutputFile.reports("--report", report)
    }

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let root = try prefix.benchRoot()
        try await address.checkPermission(isGiven: yesIMay)
        if let pid { try ProcessMeter.check(pid) }
        let tally = WireTally()
        var choices = registry.choices
        address.apply(to: &choices)
        let connections = try Connections(
            choices, context, connections: self.connections, tally: tally, isMeasuring: true)
        return try await connections.closing {
            let store = connections.targetStore(address.host)
            try await store.reach()
            let run = BenchRun(
                store: store, address: address, root: root, settings: settings, process: pid, keeps: keep, tally: tally)
            let measured = await run.measure(context)
            return try tell(measured, status: interruption.status ?? Self.status(of: measured), context)
        }
    }

    private var settings: RegistryBenchSettings {
        var settings = RegistryBenchSettings()
        if !phases.isEmpty { settings.phases = RegistryPhase.allCases.filter(phases.contains) }
        settings.connections = connections
        if let rate { settings.pace = .open(perSecond: rate.perSecond) }
        settings.duration = .seconds(seconds)
        (settings.bytes, settings.repetitions) = (bytes.bytes, repetitions)
        (settings.blobSize, settings.pieceSize, settings.smallSize) = (blobSize.bytes, pieceSize.bytes, smallSize.bytes)
        settings.isVerbose = registry.verbose
        return settings
    }

    private static func status(of report: RegistryBenchReport) -> ExitStatus {
        if report.isWhole { return .success }
        if report.isRefused { return .credentials }
        return report.phases.contains { $0.operations > 0 } ? .someFailed : .allFailed
    }

    /// In the form of text, the table says what is left. With JSON, a message says it, also if other messages are off.
    private func tell(_ leftovers: Leftovers?, _ console: Console) {
        guard let leftovers else { return }
        if leftovers.isEmpty { return console.note(leftovers.sentence(at: "\(address.host)")) }
        if format == .json { console.announce(Notice(leftovers.sentence(at: "\(address.host)"))) }
    }

    private func tell(
        _ measured: RegistryBenchReport, status: ExitStatus, _ context: CommandContext
    ) throws -> ExitStatus {
        var measured = measured
        measured.arguments = context.arguments
        let text = format == .json ? measured.json.text : RegistryBenchTable(measured).text
        if !text.isEmpty { context.console.output(text) }
        if let hint = measured.phases.lazy.compactMap({ $0.problem?.hint }).first {
            context.console.note("hint: \(hint)")
        }
        tell(measured.leftovers, context.console)
        var status = status
        for path in report {
            status = context.keeping(status) {
                let text = try ReportForm(path) == .json ? measured.json.text + "\n" : RegistryBenchPage(measured).html
                try FileBytes.write(text, to: path)
            }
        }
        return status
    }
}
