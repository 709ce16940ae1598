import ArgumentParser
import FileTree
import OCI
import Reporting
import Scanning

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
            Kubernetes and Cloud Run manifests, well-known custom resources, Compose,
            kustomize, Helm values and rendered charts, GitHub, GitLab, CircleCI and Cloud
            Build pipelines, devcontainer.json, Skaffold, ko and Jib.

            Text output is grep's: FILE:LINE:matched line. References that depend on a
            variable without a value are found, too; --format json names the variable.
            Everything else goes to standard error.

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

            EXIT CODES
              0 scanned; 1 with --strict, where a file could not be read or parsed; 2 usage,
              a path that does not exist, a cluster that does not answer; 130 and 143 on
              SIGINT and SIGTERM.
            """)

    @Argument(
        help: ArgumentHelp("Files and folders; - is standard input. Default: the current folder.", valueName: "path"))
    var paths: [String] = []

    @Option(help: "Form of the output: text, list (for batch), json (JSON lines), sarif.")
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
    @Flag(help: "Also texts that look like references anywhere in YAML and JSON; in JSON output they say \"guess\".")
    var fuzzy = false
    @Flag(help: "Search what .gitignore files leave out, too.") var noIgnore = false
    @Flag(help: "Exit with 1 where a file could not be read or parsed.") var strict = false
    @Flag(help: "Ask kubectl for the workloads of all namespaces.") var cluster = false
    @Option(help: ArgumentHelp("With --cluster: the context for kubectl.", valueName: "name")) var context: String?
    @Flag(
        help:
            "With --format list: add the digest that the cluster's pods run, where their status shows that they run this."
    ) var pin = false

    func validate() throws {
        guard context == nil || cluster else { throw ValidationError("--context needs --cluster") }
        guard !pin || format == .list else { throw ValidationError("--pin needs --format list") }
        guard paths.count(where: { $0 == "-" }) <= 1 else {
            throw ValidationError("standard input can be read only once: - was given twice")
        }
    }

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let run = ScanRun(
            roots: try await roots(context), scanner: FileScanner(options: try options()),
            honoursIgnoreFiles: !noIgnore,
            workers: max(1, ProcessInfo.processInfo.activeProcessorCount))
        let filter = RegistryFilter(excluding: exclude, includingOnly: includeOnly)
        var output = ScanOutput(format: format, groupedBy: group, pinsRunning: pin, version: Version.number) {
            context.console.output(bytes: $0)
        }
        var problems = 0
        await run.execute { report in
            for problem in report.problems {
                context.console.note("warning: " + problem)
                problems += 1
            }
            output.add(report.findings.filter { filter.keeps($0.finding) })
        }
        if let status = interruption.status { return status }
        output.finish()
        if format == .list, output.unresolvedCount > 0 {
            context.console.note(
                "\(output.unresolvedCount) references depend on variables without a value and are not listed; --format json names them"
            )
        }
        for reference in output.unpinned {
            context.console.note(
                "warning: \(reference.displayable) has no digest: no pod's status shows that it runs what its spec asks for"
            )
        }
        return strict && problems > 0 ? .someFailed : .success
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
            roots.append(try await ClusterDump(context: self.context, environment: context.environment).root())
        }
        return roots
    }

    private func options() throws -> ScanOptions {
        var options = ScanOptions()
        options.findsGuesses = fuzzy
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
