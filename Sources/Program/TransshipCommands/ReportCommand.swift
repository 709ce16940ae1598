// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BatchList
import Files
import OCI
import Reporting

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct ReportCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Work with the reports of runs.",
        discussion: """
            EXAMPLES
              transship report merge shard-*.json -o all.html

            EXIT CODES
              As of its subcommands.
            """,
        subcommands: [ReportMergeCommand.self])

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        throw CommandFailure.usage(["report does nothing by itself"], hint: "transship report merge --help")
    }
}

struct ReportMergeCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Put the reports of a list's shards together and say what is missing.",
        discussion: """
            Reads reports that batch --report wrote as JSON. Names shards without a report,
            items that are in no report (as when a tag moved between two shards' plans),
            items that two have done, and what failed. Prints the whole in one line.

            EXAMPLES
              Eight shards, one page:
                transship report merge shard-*.json -o all.html
              A list of everything that did not arrive, for another run:
                transship report merge shard-*.json --failures rest.txt
                transship batch rest.txt

            EXIT CODES
              As one run with all the items: 0 everything arrived; 1 some items failed, were
              kept or are missing, or a shard has no report; 2 usage or unreadable input; 3
              every item failed or is missing; 4 stopped by a pull quota; 5 a registry refused
              the credentials for each of its items.
            """)

    @Argument(help: ArgumentHelp("Reports, JSON.", valueName: "report.json")) var reports: [String]
    @Option(
        name: [.customShort("o"), .customLong("out")],
        help: ArgumentHelp("Write the merged report here. Repeatable.", valueName: "file.json|file.html"))
    var out: [String] = []
    @Option(help: ArgumentHelp("Write what did not arrive here, as the list for another run.", valueName: "file"))
    var failures: String?
    @OptionGroup var telling: TellingOptions

    var noticeStyle: NoticeStyle { telling.style }

    func outputs(in environment: CommandEnvironment) throws -> [OutputFile] {
        try OutputFile.reports("--out", out) + (failures.map { [.file("--failures", $0)] } ?? [])
    }

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        var merge = ReportMerge(try reports.map { ($0, try Self.read($0)) })
        merge.report.arguments = context.arguments
        merge.report.seconds = Self.seconds(from: merge.report.started, to: merge.report.ended) ?? merge.report.seconds
        for problem in merge.problems { context.console.note("warning: \(problem)") }
        for name in merge.doubled.prefix(20) {
            context.console.note("warning: done twice: \(name.source.displayable) -> \(name.target.displayable)")
        }
        if merge.doubled.count > 20 {
            context.console.note("warning: done twice: \(merge.doubled.count - 20) more")
        }
        explain(merge.report, context.console)
        for path in out { try ReportForm.write(merge.report, to: path, problems: merge.problems) }
        if let failures { try FileBytes.write(Self.list(merge.report), to: failures, access: .ownerOnly) }
        context.console.output(merge.report.summary)
        return merge.status
    }

    /// The time from the first start to the last end, whether or not the runs followed each other.
    private static func seconds(from start: String, to end: String) -> Double? {
        guard let start = date(start), let end = date(end) else { return nil }
        return end.timeIntervalSince(start)
    }

    /// Older reports have whole seconds.
    private static func date(_ text: String) -> Date? {
        (try? Date(text, strategy: Date.ISO8601FormatStyle.precise)) ?? (try? Date(text, strategy: .iso8601))
    }

    private static func read(_ path: String) throws -> RunReport {
        let bytes = try FileBytes.read(path)
        do throws(ReportError) { return try RunReport(reading: bytes) } catch {
            throw CommandFailure.usage(
                ["\(path.displayable) is not a report: \(error)"], hint: "batch --report FILE.json writes one")
        }
    }

    private func explain(_ report: RunReport, _ console: Console) {
        let open = report.items.filter { !$0.hasArrived }
        for item in open.prefix(100) {
            console.note(
                "\(item.status.rawValue): \(item.name.source.displayable) -> \(item.name.target.displayable): "
                    + item.reason.displayable)
        }
        if open.count > 100 { console.note("and \(open.count - 100) more that did not arrive") }
    }

    /// The list of what did not arrive. Items that were kept are left out, as in a run's own list, because another run
    /// would keep them, too.
    private static func list(_ report: RunReport) -> String {
        report.items.filter { !$0.hasArrived && $0.status != .kept }.map { item in
            let line = FailureLine(
                source: item.name.source, target: item.name.target, kind: item.failure?.kind ?? "cancelled",
                message: item.failure?.message ?? item.reason)
            return "\(line)\n"
        }.joined()
    }
}

extension RunReport.Item {
    /// Why it did not arrive.
    fileprivate var reason: String {
        if let failure { return "\(failure.kind): \(failure.message)" }
        guard status == .kept else { return "the run ended before this item" }
        return "the target has \(digest?.text ?? "something else")" + (sourceDigest.map { ", the source \($0)" } ?? "")
    }
}
