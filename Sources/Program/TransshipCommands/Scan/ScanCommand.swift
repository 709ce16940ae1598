// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FileScans
import FileTree
import OCI
import Reporting
import Scanning
import TransferEngine

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct ScanCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Find image references in files, folders, standard input or a cluster.",
        discussion: """
            Reads Dockerfiles (stages, ARG defaults, COPY --from, RUN --mount=from=, # syntax),
            Kubernetes and Cloud Run manifests, custom resources, what operators are told,
            Flux and Argo CD, Compose, kustomize, Helm values and rendered charts, Ansible;
            pipelines of GitHub, GitLab, CircleCI, Cloud Build, Azure, Bitbucket, Buildkite,
            Drone, Woodpecker, Concourse and Jenkins; shell, makefiles, .env files, systemd
            units; Terraform, Nomad, Bake, Bicep, Azure's templates, Pulumi, Dagger;
            Earthfiles, Tiltfiles, Bazel, jsonnet, CUE, testcontainers, devcontainer.json, Skaffold,
            ko, Jib, and settings of some twenty tools more. --kind and --not-kind choose
            among them; docs/reference/scan.md says what is read of each.

            Text output is grep's: FILE:LINE:matched line; of a document that is one line of
            JSON the resource. References that depend on a variable without a value are found,
            too; --format json names the variable. What the builds at hand make (Skaffold,
            Compose, Cloud Build, ko, Jib), and names that every kustomization replaces, is no
            image to pull: only --format json shows it, as "built". Everything else goes to
            standard error; the last line there counts what is not among the references.

            EXAMPLES
              The third-party images of a repository, as a list to copy:
                transship scan . --exclude docker.pkg.dev --exclude gcr.io --format list > images.txt
                transship batch images.txt --to europe-docker.pkg.dev/my-project/mirror
              A rendered chart, and what runs in a cluster, pinned to the digests that run:
                helm template my-chart | transship scan -
                transship scan --cluster --context prod --format list --pin
              Which registries a tree depends on:
                transship scan . --group registry
              Images of a custom resource of your own:
                transship scan . --rule Widget.example.com:spec.worker.image
              In a pipeline, fail where a file names an image that is not in the mirror:
                transship scan . --check --expect-registry docker.pkg.dev --format github
              Everything but what tests start:
                transship scan . --not-kind testcontainers

            EXIT CODES
              0 scanned; 1 with --strict, where a file could not be read or parsed or a
              reference is open, and with --check, where an image is elsewhere or could not be
              judged, or where there is none; 2 usage, a path that does not exist, a cluster
              that does not answer; 129, 130 and 143 on SIGHUP, SIGINT and SIGTERM.
            """)

    @Argument(
        help: ArgumentHelp("Files and folders; - is standard input. Default: the current folder.", valueName: "path"))
    var paths: [String] = []

    @Option(
        help: "Form of the output: text, list (for batch), json (JSON lines), sarif, junit, github (annotations).")
    var format: ScanOutput.Format = .text
    @Option(help: "Count instead: by image, file or registry, most first.") var group: FindingGroups.Key?
    @Option(
        help: ArgumentHelp(
            "Drop references on this registry: a host, the end of one, or either with a path. Repeatable.",
            valueName: "host"))
    var exclude: [String] = []
    @Option(help: ArgumentHelp("Keep only references on this registry. Repeatable.", valueName: "host"))
    var includeOnly: [String] = []
    @Option(
        help: ArgumentHelp(
            "A Dockerfile's ARG. Repeatable; several values of one name are several builds.", valueName: "name=value"))
    var buildArg: [String] = []
    @Option(
        help: ArgumentHelp(
            "Where a resource names an image: KIND[.GROUP]:PATH; * is any kind or key, ** any number of keys. Repeatable.",
            valueName: "rule"))
    var rule: [String] = []
    @OptionGroup var kinds: KindOptions
    @Flag(help: "Also texts that look like references anywhere in YAML and JSON; in JSON output they say \"guess\".")
    var fuzzy = false
    @Flag(help: "Search what .gitignore files leave out, too.") var noIgnore = false
    @Flag(help: "Exit with 1 where a file could not be read or parsed, or a reference is open.") var strict = false
    @Flag(help: "Exit with 1 where an image is on none of the registries expected, and print only those.")
    var check = false
    @Option(
        help: ArgumentHelp(
            "With --check: a registry that images may be on: a host, the end of one, or either with a path. Repeatable.",
            valueName: "host"))
    var expectRegistry: [String] = []
    @Flag(help: "With --check or --strict: references that depend on a variable without a value may be there.")
    var allowOpen = false
    @Flag(help: "With --check: there may be no reference at all.") var allowEmpty = false
    @Flag(help: "Ask kubectl for the workloads of all namespaces.") var cluster = false
    @Option(help: ArgumentHelp("With --cluster: the context for kubectl.", valueName: "name")) var context: String?
    @Flag(
        help:
            "With --format list: add the digest that the cluster's pods run, where their status shows that they run this."
    ) var pin = false

    @OptionGroup var progress: ProgressOptions

    var noticeStyle: NoticeStyle { progress.noticeStyle }

    func validate() throws {
        guard context == nil || cluster else { throw ValidationError("--context needs --cluster") }
        guard !pin || format == .list else { throw ValidationError("--pin needs --format list") }
        guard check != expectRegistry.isEmpty else {
            throw ValidationError("--check and --expect-registry go together")
        }
        guard !check || group == nil else { throw ValidationError("--check and --group exclude each other") }
        guard !allowEmpty || check else { throw ValidationError("--allow-empty needs --check") }
        guard paths.count(where: { $0 == "-" }) <= 1 else {
            throw ValidationError("standard input can be read only once: - was given twice")
        }
    }

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let run = ScanRun(
            roots: try await roots(context), scanner: FileScanner(options: try options()), kinds: try kinds.filter(),
            honoursIgnoreFiles: !noIgnore,
            workers: max(1, ProcessInfo.processInfo.activeProcessorCount))
        let filter = RegistryFilter(excluding: exclude, includingOnly: includeOnly)
        var output = ScanOutput(
            format: format, groupedBy: group, pinsRunning: pin, version: Version.number,
            gate: check ? ScanGate(expected: expectRegistry) : nil
        ) { context.console.output(bytes: $0) }
        var made = MadeImages()
        var guesses = 0
        await run.execute { report in
            for problem in report.problems {
                context.console.note("warning: " + problem)
                output.add(problem: problem)
            }
            report.warnings.forEach { context.console.note("warning: " + $0) }
            if let result = report.result { made.add(result, of: report.file) }
            output.addSkipped(report.skipped)
            output.withdraw(report.refuted, in: report.file)
            output.add(report.findings.filter { filter.keeps($0.finding) })
            guesses += report.guesses.count(where: filter.keeps)
        }
        if let status = interruption.status { return status }
        output.finish(made)
        tell(output, context.console)
        if guesses > 0 { context.console.note("\(guesses) more look like images: transship scan --fuzzy") }
        return status(output.tally, context.console)
    }

    private func tell(_ output: ScanOutput, _ console: Console) {
        if format == .list, output.tally.open > 0 {
            console.note(
                "not listed, because a variable in it has no value: \(Quantity.count(output.tally.open, "reference")); --format json names each"
            )
        }
        tell(unpinned: output.unpinned, console)
        if let sentence = output.tally.sentence { console.note(sentence) }
    }

    private func tell(unpinned references: [String], _ console: Console) {
        let reason = "no pod's status shows that it runs what its spec asks for"
        for reference in references.prefix(10) {
            console.note("warning: \(reference.displayable) has no digest: \(reason)")
        }
        let rest = references.count - 10
        if rest > 0 { console.note("warning: \(Quantity.count(rest, "more reference")) without a digest") }
    }

    private func status(_ tally: ScanTally, _ console: Console) -> ExitStatus {
        let open = allowOpen ? 0 : tally.open
        if check {
            if tally.references + tally.open == 0, !allowEmpty {
                console.note("no reference was found, so --check cannot pass (--allow-empty permits this)")
                return .someFailed
            }
            return tally.offences - (allowOpen ? tally.openOffences : 0) + tally.unreadable > 0 ? .someFailed : .success
        }
        return strict && tally.unreadable + open > 0 ? .someFailed : .success
    }

    // MARK: - What to scan

    private func roots(_ context: CommandContext) async throws -> [ScanRun.Root] {
        var roots: [ScanRun.Root] = []
        let paths = self.paths.isEmpty && !cluster ? ["."] : self.paths
        for path in paths {
            if path == "-" {
                roots.append(.text(try FileBytes.read("-"), name: "-"))
                continue
            }
            guard let facts = FileFacts(path: path) else {
                throw CommandFailure.usage(["cannot scan \(path.displayable): no such file or folder"])
            }
            switch facts.kind {
            case .folder: roots.append(.folder(path))
            case .file: roots.append(.file(path))
            // A pipe can be read once only.
            case .other: roots.append(.text(try FileBytes.read(path), name: path))
            }
        }
        if cluster {
            let clock = SystemTransferClock()
            let tracker = ProgressTracker(ProgressModel(counting: 0, verb: "asking the cluster", noun: "workload")) {
                Quantity.seconds(clock.now)
            }
            let dump = ClusterDump(context: self.context, environment: context.environment)
            roots.append(try await ProgressDisplay(progress.style, tracker, context).during { try await dump.root() })
        }
        return roots
    }

    private func options() throws -> ScanOptions {
        var options = ScanOptions()
        options.findsGuesses = fuzzy
        options.kinds = try kinds.filter()
        options.countsGuesses = !fuzzy && options.kinds.isEverything
        for argument in buildArg {
            guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else {
                throw CommandFailure.usage(["--build-arg \"\(argument.displayable)\" is not NAME=VALUE"])
            }
            options.arguments.add(String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
        }
        for rule in rule {
            do throws(ScanProblem) { options.rules.append(try ResourceRule(parsing: rule)) } catch {
                throw CommandFailure.usage(["--rule \"\(rule.displayable)\": \(error.message)"])
            }
        }
        return options
    }
}

extension ScanOutput.Format: ExpressibleByArgument {}
extension FindingGroups.Key: ExpressibleByArgument {}
