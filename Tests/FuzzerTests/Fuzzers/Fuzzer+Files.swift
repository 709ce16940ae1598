// SPDX-License-Identifier: Apache-2.0

@testable import BatchList
@testable import OCI
@testable import PullLogs
@testable import Reporting
@testable import RunJournal
@testable import TransferEngine

extension Fuzzer {
    /// Files that people, earlier runs and other programs wrote.
    static let files: [Fuzzer] = [
        Fuzzer("list", readList), text("tag-filter", readFilter), Fuzzer("journal", readJournal),
        Fuzzer("report", readReports), Fuzzer("pull-log", readLog), Fuzzer("findings", readFindings),
    ]

    // MARK: Lists

    private static let tags = ["latest", "1.2.3", "v1.10.0-rc.1", "2024-01-31", "sha256-abc.sig"].compactMap {
        try? Tag($0)
    }

    private static func readList(_ bytes: [UInt8]) throws {
        var list = BatchListParser()
        list.read(bytes, file: "list")
        for problem in list.problems { promiseShowable(problem.description + (problem.hint ?? "")) }
        for entry in list.entries {
            guard let name = entry.source.impossibleName else { continue }
            promiseShowable(name.reason + (entry.source.possible(name) ?? ""))
        }
        let rule = TargetRule(prefix: try TargetPrefix(parsing: "registry.example/mirror"))
        let repositories = list.repositoriesToList
        let there = Dictionary(repositories.map { ($0, tags) }) { first, _ in first }
        let items = try list.items(rules: [rule], tags: there)
        for item in items.items {
            let line = FailureLine(source: item.source, target: item.target, kind: "kind", message: "message")
                .description
            var again = BatchListParser()
            again.read(Array(line.utf8), file: "failures")
            let entry = again.entries.first
            promise(
                again.problems.isEmpty && entry?.source == item.source && entry?.target == item.target,
                "the line of a failure is the item again: \(line.debugDescription)")
        }
    }

    private static func readFilter(_ text: String) throws {
        do throws(TagFilterError) {
            let filter = try TagFilter(parsing: text)
            for tag in tags { _ = filter.selects(tag) }
            promiseShowable(filter.description)
        } catch { promiseShowable(error.reason + (error.hint ?? "")) }
    }

    // MARK: Journals and reports

    private static let now: Int64 = 1_700_000_000

    private static func readJournal(_ bytes: [UInt8]) {
        let text = writtenAnew(bytes)
        promise(writtenAnew(Array(text.utf8)).utf8.count == text.utf8.count, "a journal written anew says the same")
        for line in bytes.split(separator: 10) {
            guard let (record, time) = JournalRecord.read(line) else { continue }
            let again = JournalRecord.read(Array(record.line(at: time).utf8))
            promise(again?.time == time && again?.record == record, "a record is read as it is written: \(record)")
        }
    }

    private static func writtenAnew(_ bytes: [UInt8]) -> String {
        let lines = bytes.split(separator: 10)
        var (journal, text) = (JournalContents(), "")
        for line in lines { _ = journal.read(line: line, now: now) }
        journal.forEachChunk { (chunk: String) throws(Never) in text += chunk }
        journal.beginKeeping()
        for line in lines where journal.keepsItem(of: line, now: now) {
            text += String(decoding: line, as: UTF8.self) + "\n"
        }
        return text
    }

    /// Reports, each on a line.
    private static func readReports(_ bytes: [UInt8]) throws {
        var reports: [(file: String, report: RunReport)] = []
        for (position, line) in bytes.split(separator: 10).enumerated() {
            let report = try RunReport(reading: Array(line))
            guard let again = try? RunReport(reading: Array(report.jsonText.utf8)) else {
                fatalError("broken promise: what was written is read")
            }
            promise(again.jsonText == report.jsonText, "a report is read as it is written")
            reports.append(("report\(position)", report))
        }
        let merge = ReportMerge(reports)
        for problem in merge.problems { promiseShowable(problem) }
        promise(!ReportPage(merge.report, problems: merge.problems).html.contains("<fuzz"), "names are no markup")
        _ = merge.report.jsonText
    }

    // MARK: Logs

    private static func readLog(_ bytes: [UInt8]) throws {
        let tally = try counted([bytes[...]])
        let parts = try counted(bytes.pieces)
        promise(
            tally.entries == parts.entries && tally.malformed == parts.malformed && tally.rows == parts.rows,
            "the same counts in whatever pieces the bytes come")
        for problem in tally.problems { promiseShowable(problem.description) }
        let report = PullReport(tally, limits: PullLimit.table(given: []), expected: [], uses: nil)
        let text = PullText(report, unit: .hour, format: nil, zone: .utc)
        for line in text.tables { promiseShowable(line) }
        for line in PullNotes(report, zone: .utc).lines { promiseShowable(line) }
        _ = PullChart(report, zone: .utc).html(report)
    }

    private static func counted(_ pieces: [ArraySlice<UInt8>]) throws -> PullTally {
        var settings = PullSettings()
        settings.unit = .hour
        let counter = PullCounter(settings)
        counter.begin("log")
        for piece in pieces { try Array(piece).withUnsafeBufferPointer { try counter.feed($0) } }
        try counter.end()
        return counter.tally
    }

    private static func readFindings(_ bytes: [UInt8]) throws {
        var uses = FileUses()
        try uses.read(bytes, file: "findings")
        for use in uses.uses.values.joined() { promiseShowable(use.description) }
    }
}
