// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Benchmarking
import ImageFixtures
import OCI
import Reporting

struct BenchCopyCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Measure copies of made-up images from one registry to another.",
        discussion: """
            Makes the images of a workload from seeds, stores them at the source, and copies
            them to the target as batch does, --repetitions times. Without addresses it
            starts registries of its own, a new target for each copy; with two, everything
            happens below --prefix and a random name, and is deleted at the end where the
            registry allows that. Afterwards every tag must name the right digest at the
            target. The workloads:
              tiny       1000 images of 3 layers of 4 to 16 KiB
              fleet      200 images: 10 stacks of 5 layers of 8 to 20 MiB
              multiarch  40 indexes of 6 platforms, with attestations and referrers
              big        3 images of 4 layers of 128 MiB
              huge       1 image of one layer of 1.5 GiB
              shapes     one image of every kind (some registries refuse foreign layers)
              sha512     one image whose digests are SHA-512

            Each image of fleet has 2 small layers of its own, too. The scale multiplies the
            number of images in tiny and multiarch, sizes in big and huge, and both in
            fleet.

            The last row of the first table is the least that any program needs. A tool that
            is measured instead is run once for each image, with the image's names in the
            places of {source} and {target}; how many requests it sends is not seen.

            EXAMPLES
              Registries on this machine, and what the time goes into:
                transship bench copy --workload tiny --profile
              The same with another program, eight at a time:
                transship bench copy --workload tiny --tool 'gcrane cp {source} {target}' --jobs 8
              Between two registries of yours:
                transship bench copy old.internal new.internal --workload fleet --scale 0.1

            ENVIRONMENT
              DOCKER_CONFIG  folder of the config.json that holds credentials (default:
              ~/.docker)

            EXIT CODES
              0 measured; 1 some images did not arrive; 2 usage, or registries that must not
              be loaded; 3 no image arrived; 129, 130 and 143 on SIGHUP, SIGINT and SIGTERM.
            """)

    @Argument(help: ArgumentHelp("Source and target: HOST[:PORT], or their URLs.", valueName: "source target"))
    var addresses: [BenchAddress] = []
    @Option(help: ArgumentHelp("The images to copy.", valueName: "workload")) var workload: Workload = .fleet
    @Option(help: "Multiplies sizes or numbers of images, or both.") var scale = 0.1
    @Option(help: "How often the workload is copied.") var repetitions = 3
    @Option(help: "Images under way at once; processes at once with --tool.") var jobs = 32
    @Option(help: "Requests at once to one registry, for reading and for writing each, at most.")
    var connectionsPerRegistry = 64
    @Flag(help: "Copy signatures, attestations and whatever else refers to an image, too.") var referrers = false
    @Flag(help: "Say what the time of each copy went into.") var profile = false
    @Option(help: ArgumentHelp("Measure this program instead, with {source} and {target}.", valueName: "command"))
    var tool: String?
    @Option(help: ArgumentHelp("Repositories below which everything happens.", valueName: "repository"))
    var prefix = "transship-bench"
    @Flag(help: "Leave everything in the registries.") var keep = false
    @Flag(help: "Load registries of the internet: I may do so.") var yesIMay = false
    @Option(help: "Form of the result on standard output: text or json.") var format: BatchReporter.Output = .text
    @Option(help: ArgumentHelp("Write the whole measurement here. Repeatable.", valueName: "file.json"))
    var report: [String] = []
    @OptionGroup var telling: TellingOptions
    @OptionGroup(title: "Registry options") var registry: RegistryOptions

    var noticeStyle: NoticeStyle { telling.style }

    func validate() throws {
        try jobs.checkConcurrency("--jobs")
        try connectionsPerRegistry.checkConcurrency("--connections-per-registry")
        guard [0, 2].contains(addresses.count) else {
            throw ValidationError("give a source and a target, or no address, not \(addresses.count)")
        }
        guard scale > 0, scale <= 100 else { throw ValidationError("--scale must be above 0, and 100 at most") }
        guard (1...100).contains(repetitions) else {
            throw ValidationError("--repetitions must be 1 to 100, not \(repetitions)")
        }
        guard tool.map({ $0.contains("{source}") && $0.contains("{target}") }) ?? true else {
            throw ValidationError("--tool needs {source} and {target} in it")
        }
        guard tool == nil || !(profile || referrers) else {
            throw ValidationError("--profile and --referrers are for this program's copies, not for those of --tool")
        }
    }

    func outputs(in environment: CommandEnvironment) throws -> [OutputFile] {
        for path in report where try ReportForm(path) != .json {
            throw CommandFailure.usage(
                ["--report writes a measurement of copies as JSON"], hint: "end its name in .json")
        }
        return report.map { .file("--report", $0) }
    }

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        guard let images = workload.seededImages(scale: scale) else {
            throw CommandFailure.usage(["--workload \(workload.rawValue) is made from files of a checkout"])
        }
        let root = try prefix.benchRoot()
        for address in addresses { try await address.checkPermission(isGiven: yesIMay) }
        var run = CopyBenchRun(images: images, root: root, context: context, choices: choices)
        (run.jobs, run.connections) = (jobs, connectionsPerRegistry)
        (run.copiesReferrers, run.keeps) = (referrers, keep)
        run.tool = try tool.map { try CopyTool($0, context) }
        var measured: CopyBenchReport
        do { measured = try await run.measure(addresses, repetitions: repetitions) } catch {
            // If a signal stopped the measurement, this is not a failure of a registry.
            guard let status = interruption.status else { throw error }
            return status
        }
        (measured.workload, measured.scale, measured.tool) = (workload.rawValue, scale, tool)
        measured.machine = ProcessMeter.machine
        return try tell(measured, status: interruption.status ?? Self.status(of: measured), context)
    }

    private var choices: RegistryChoices {
        var choices = registry.choices
        for address in addresses { address.apply(to: &choices) }
        return choices
    }

    private static func status(of report: CopyBenchReport) -> ExitStatus {
        if report.isWhole { return .success }
        return report.samples.contains { $0.failed < report.least.items } ? .someFailed : .allFailed
    }

    private func tell(
        _ measured: CopyBenchReport, status: ExitStatus, _ context: CommandContext
    ) throws -> ExitStatus {
        if !measured.samples.isEmpty {
            context.console.output(
                format == .json ? measured.json.text : CopyBenchTable(measured).text(profiles: profile))
        }
        var status = status
        for path in report {
            status = context.keeping(status) { try FileBytes.write(measured.json.text + "\n", to: path) }
        }
        return status
    }
}

extension Workload: ExpressibleByArgument {
    package static var allValueStrings: [String] { allCases.filter { $0 != .guide }.map(\.rawValue) }
}
