// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CBuild
import Files
import LiveView
import OCI
import Planning
import RegistryTransport
import Reporting
import TransferEngine

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Whether and where a run's report is written.
struct ReportOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write the whole run here: items with digests and figures, totals, retries. {shard} is the shard's number. "
                + "Repeatable.",
            valueName: "file.json|file.html"))
    var report: [String] = []

    /// The path of a report whose folder can have further files; nil if there is none.
    var place: String? { report.first { !$0.hasPrefix("/dev/") } }

    /// - Throws: if a name has another ending than those of the two forms.
    func outputs(of shard: Shard? = nil) throws -> [OutputFile] {
        try OutputFile.reports("--report", report).map { .file($0.option, shard.naming($0.path)) }
    }
}

/// The two forms of a report. The end of the file's name chooses one.
enum ReportForm {
    case json
    case html

    init(_ path: String) throws {
        if path.hasSuffix(".json") {
            self = .json
        } else if path.hasSuffix(".html") {
            self = .html
        } else {
            throw CommandFailure.usage(
                ["a report's name must end in .json or .html, not \"\(path.displayable)\""])
        }
    }

    /// - Parameter problem: called after everything in the report was read. If it returns a problem, the report is
    ///   incomplete and none is written.
    static func write(
        _ report: RunReport, to path: String, problems: [String] = [], unless problem: () -> FileProblem? = { nil }
    ) throws {
        let form = try ReportForm(path)
        try FileBytes.write(to: path, access: .ownerOnly) { add throws(FileProblem) in
            switch form {
            case .json: try report.writeJSON(add)
            case .html: try ReportPage(report, problems: problems).write(add)
            }
            if let problem = problem() { throw problem }
        }
    }
}

/// Records a run for its reports.
struct RunRecord: Sendable {
    let collector: ReportCollector
    private let start = Date.now
    let clock: SystemTransferClock
    /// nil for a run whose report contains only the outcomes of its items.
    private let recorder: TimelineRecorder?
    private let arguments: [String]
    private let part: RunReport.Part?
    private let plan: RunPlan?
    private let tally: WireTally?
    private let live: LiveServer?

    /// - Parameters:
    ///   - items: the items of a copy whose report shows the course of the run.
    ///   - live: the server on which the run can be watched.
    init(
        _ collector: ReportCollector, _ context: CommandContext, items: DerivedList<TransferItem>? = nil,
        part: RunReport.Part?,
        plan: RunPlan? = nil, tally: WireTally?, live: LiveServer?
    ) {
        self.live = live
        let clock = SystemTransferClock()
        self.clock = clock
        self.collector = collector
        recorder = items.map { TimelineRecorder(items: $0) { Quantity.seconds(clock.now) } }
        arguments = context.arguments
        self.part = part
        self.plan = plan
        self.tally = tally
    }

    /// The observers of a run; empty without a report.
    var observers: [any ImmediateObserver] { recorder.map { [collector, $0] } ?? [] }

    /// Reads the meter once a second for as long as `work` runs.
    func sampling(_ meter: TransferMeter, _ work: () async -> Void) async {
        guard let recorder else { return await work() }
        recorder.follow(meter)
        let sampling = Task {
            while (try? await Task.sleep(for: .seconds(1))) != nil { recorder.sample(meter) }
        }
        await work()
        sampling.cancel()
        recorder.sample(meter)
    }

    /// Time since the run began.
    var elapsed: Duration { clock.now }

    /// Whether the run can be watched live.
    var isWatched: Bool { live != nil }

    /// Measures the run by this meter from now on, and lets it be watched.
    func show(_ tracker: ProgressTracker, _ meter: TransferMeter) async {
        collector.follow(meter)
        await live?.show(WatchedRun(record: self, tracker: tracker, meter: meter))
    }

    /// The number of requests sent so far; nil if they are not counted.
    var requests: Int? { tally?.requests }

    /// The report of the run so far, without its items.
    var reportWithoutItems: RunReport {
        var report = RunReport()
        report.registries = collector.registries
        return filled(report, after: elapsed)
    }

    /// - Parameter status: the exit status of the process.
    func write(to path: String, after elapsed: Duration, status: ExitStatus) throws {
        var report = filled(collector.report, after: elapsed)
        report.ended = Date.now.formatted(.precise)
        report.exitStatus = status.rawValue
        // Otherwise the report needs memory in addition to what the run has freed: another thread writes it.
        transship_give_back_free_memory()
        try ReportForm.write(report, to: path) { collector.problem }
    }

    private func filled(_ report: RunReport, after elapsed: Duration) -> RunReport {
        var report = report
        report.program = Version.line
        report.arguments = arguments
        report.started = start.formatted(.precise)
        report.seconds = Quantity.seconds(elapsed)
        report.shard = part
        report.plan = plan
        report.timeline = recorder.map(\.timeline).flatMap { $0.isEmpty ? nil : $0 }
        report.origins = (tally?.snapshot ?? [:]).map { origin, entry in
            RunReport.Origin(
                name: "\(origin)", requests: entry.requests, bytesSent: entry.bytesSent,
                bytesReceived: entry.bytesReceived)
        }.sorted { $0.name < $1.name }
        return report
    }
}

extension FormatStyle where Self == Date.ISO8601FormatStyle {
    /// RFC 3339 with milliseconds.
    static var precise: Self { Self(includingFractionalSeconds: true) }
}

extension RunPlan {
    /// - Parameter path: a file with the output of `plan --format json`.
    static func read(_ path: String) throws -> RunPlan {
        let bytes = try FileBytes.read(path)
        do throws(ReportError) { return try RunPlan(reading: bytes) } catch {
            throw CommandFailure.usage(
                ["\(path.displayable) is no plan: \(error)"], hint: "plan LIST --format json prints one")
        }
    }
}
