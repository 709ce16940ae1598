// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FileRewrites
import FileScans
import FileTree
import OCI
import Overlays
import Reporting
import Rewriting
import Scanning

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct RewriteCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewrite",
        abstract: "Point the image references of files at their copies.",
        discussion: """
            Changes the references that scan finds, and nothing but their bytes: comments,
            quotes, anchors, indentation and line ends stay. Prints a patch; --write changes
            the files. References that name a copy already stay, so a second run changes
            nothing.

            What cannot be changed safely is listed on standard error and stays: templates,
            variables without a value, names put together from several places, images that a
            kustomization replaces by the name that stands there, files outside of the paths
            given.

            For charts and bases of other people, --emit leaves the files alone and writes what
            makes the copies take effect: a kustomize component, values that override a
            chart's, hosts.toml files for containerd, registries.conf for Podman, CRI-O and
            skopeo. One file goes to standard output, several need --emit-dir. An image whose tag
            the chart fills in is overridden by its name: copy what scan finds in the output of
            helm template. What a format cannot say is listed on standard error.

            EXAMPLES
              See what would change, then change it, with a patch that takes it back:
                transship rewrite . --to europe-docker.pkg.dev/my-project/mirror
                transship rewrite . --to europe-docker.pkg.dev/my-project/mirror --write --undo back.patch
                git apply back.patch
              Only what a run has copied, held to the digests that arrived:
                transship batch images.txt --to registry.example/mirror --report run.json
                transship rewrite . --map-file run.json --pin --write
              A chart of somebody else, and a cluster that asks the mirror first:
                transship rewrite redis/ --to registry.example/mirror --emit helm-values > mirror.yaml
                helm install redis redis/ -f mirror.yaml
                transship rewrite deploy/ --to registry.example/mirror \\
                  --emit containerd-hosts --emit-dir /etc/containerd/certs.d
              In a pipeline, fail where a file names an image that is not a copy:
                transship rewrite . --to registry.example/mirror --check

            EXIT CODES
              0 done; 1 with --check, where something would change, could not be read or has
              to stay as it is, and where there is no reference; 1 where a file could not be
              written or would replace one that --emit has not made; 2 usage, a path or a
              mapping that cannot be read; 129, 130 and 143 on SIGHUP, SIGINT and SIGTERM.
            """)

    @Argument(help: ArgumentHelp("Files and folders; with --emit also -, standard input.", valueName: "path"))
    var paths: [String]
    @OptionGroup var target: TargetOptions

    @Option(
        name: [.customLong("map-file"), .customLong("mapping")],
        help: ArgumentHelp(
            "Change only what this names: a list for batch, or the report of a run; of that only what arrived.",
            valueName: "file"))
    var mapFile: String?
    @Flag(help: "With a report: write the digests that arrived, too.") var pin = false
    @Option(
        help: ArgumentHelp(
            "Leave references on this registry: a host, the end of one, or either with a path. Repeatable.",
            valueName: "host"))
    var exclude: [String] = []
    @OptionGroup var kinds: KindOptions
    @Flag(help: "Change the files instead of printing a patch.") var write = false
    @Flag(help: "Print and change nothing; exit with 1 where something would change or could not be judged.")
    var check = false
    @Flag(help: "With --check: references that depend on a variable without a value may be there.")
    var allowOpen = false
    @Flag(help: "With --check: there may be no reference at all.") var allowEmpty = false
    @Option(help: ArgumentHelp("Write the patch that takes the changes back to this file.", valueName: "file"))
    var undo: String?
    @Flag(help: "Change what .gitignore files leave out, too.") var noIgnore = false

    @Option(
        help:
            "Write an overlay or a mirror configuration instead: kustomize, helm-values, containerd-hosts, registries.conf."
    )
    var emit: OverlayFormat?
    @Option(help: ArgumentHelp("With --emit: the folder for its files. Default: standard output.", valueName: "folder"))
    var emitDir: String?

    var lostResults: Console.LostResults { write ? .goOn : .endCommand }

    func outputs(in environment: CommandEnvironment) -> [OutputFile] { undo.map { [.file("--undo", $0)] } ?? [] }

    @OptionGroup var telling: TellingOptions

    var noticeStyle: NoticeStyle { telling.style }

    func validate() throws {
        guard emit == nil || (!write && !check && undo == nil) else {
            throw ValidationError("--emit changes no files: it goes without --write, --check and --undo")
        }
        guard emitDir == nil || emit != nil else { throw ValidationError("--emit-dir needs --emit") }
        guard !write || !check else { throw ValidationError("--write and --check exclude each other") }
        guard check || !(allowOpen || allowEmpty) else {
            throw ValidationError("--allow-open and --allow-empty need --check")
        }
        guard !check || undo == nil else {
            throw ValidationError("--check changes nothing that --undo could take back")
        }
        guard !target.to.isEmpty || mapFile != nil else {
            throw ValidationError("--to or --map-file must say where the copies are")
        }
        guard !pin || mapFile != nil else { throw ValidationError("--pin needs --map-file with a report") }
        guard emit != nil || !paths.contains("-") else {
            throw ValidationError("standard input cannot be rewritten: name files or folders")
        }
    }

    private func scanOptions() throws -> ScanOptions {
        var options = ScanOptions()
        options.kinds = try kinds.filter()
        return options
    }

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let scan = ScanRun(
            roots: try roots(), scanner: FileScanner(options: try scanOptions()), kinds: try kinds.filter(),
            honoursIgnoreFiles: !noIgnore,
            workers: max(1, ProcessInfo.processInfo.activeProcessorCount))
        let mapping = try RewriteMapping(
            file: mapFile, target: target, filter: RegistryFilter(excluding: exclude), isPinned: pin)
        if let emit {
            return try await EmitRun(scan: scan, mapping: mapping, format: emit, folder: emitDir)
                .execute(context.console, interruption)
        }
        let run = RewriteRun(scan: scan, mapping: mapping, note: { context.console.note($0) })
        let outcome = await run.outcome()
        if let status = interruption.status { return status }
        if check { return judge(outcome, context.console) }
        let changes = outcome.changes
        try keepUndo(of: changes, mayReplace: false)
        guard write else {
            for change in changes { context.console.output(bytes: change.diff.text()) }
            return .success
        }
        return try write(changes, context)
    }

    private func roots() throws -> [ScanRun.Root] {
        try paths.map { path in
            if path == "-" { return .text(try FileBytes.read("-"), name: "-") }
            guard let facts = FileFacts(path: path) else {
                throw CommandFailure.usage(["cannot rewrite \(path.displayable): no such file or folder"])
            }
            switch facts.kind {
            case .folder: return .folder(path)
            case .file: return .file(path)
            case .other:
                throw CommandFailure.usage(["cannot rewrite \(path.displayable): it is not a regular file"])
            }
        }
    }

    private func judge(_ outcome: RewriteOutcome, _ console: Console) -> ExitStatus {
        let objections = outcome.objections(allowsOpen: allowOpen, allowsEmpty: allowEmpty)
        objections.forEach(console.note)
        return objections.isEmpty ? .success : .someFailed
    }

    /// The undo patch is on disk before the first file changes.
    private func keepUndo(of changes: [RewriteOutcome.Change], mayReplace: Bool) throws {
        guard let undo, !changes.isEmpty else { return }
        if !mayReplace, FileBytes.isFile(undo) {
            throw CommandFailure(
                "cannot write \(undo.displayable): it exists, and may be the only way back from an earlier change; nothing was changed",
                hint: "move it away or name another file")
        }
        try FileBytes.write(changes.flatMap { $0.diff.text(reversed: true) }, to: undo)
    }

    private func write(_ changes: [RewriteOutcome.Change], _ context: CommandContext) throws -> ExitStatus {
        var written: [RewriteOutcome.Change] = []
        for change in changes {
            do {
                try EditedFile.replace(change.path, old: change.old, with: change.rewritten.bytes)
                written.append(change)
            } catch let failure as CommandFailure {
                failure.messages.forEach { context.console.note("error: " + $0) }
            }
        }
        context.console.note("\(Quantity.count(written.count, "file")) changed")
        guard written.count < changes.count else { return .success }
        // A patch that also takes back a change that was not made would not apply.
        try keepUndo(of: written, mayReplace: true)
        return .someFailed
    }
}

extension OverlayFormat: ExpressibleByArgument {}
