// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization
package import TransferEngine

/// Tells an audit to its user: a line per image on standard output, what is wrong on standard error, a tally.
package final class AuditReporter: Sendable {
    private struct State {
        var tally: RunTally
        var findings = AuditFindingsTotal()
        var counts: [AuditStatus: Int] = [:]
        var reports: [Int: AuditReport] = [:]
        var hints = ToldHints()
    }

    private let names: [ItemName]
    private let output: BatchReporter.Output
    private let console: Console
    private let onFailure: @Sendable () -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - names: of the items; where there is no source to compare with, its name is `-`.
    ///   - onFailure: told about each image that is not whole.
    package init(
        names: [ItemName], output: BatchReporter.Output, console: Console,
        onFailure: @escaping @Sendable () -> Void = {}
    ) {
        self.names = names
        self.output = output
        self.console = console
        self.onFailure = onFailure
        state = Mutex(State(tally: RunTally(total: names.count)))
    }

    /// Images that are not whole, or were not looked at, with the first thing that was wrong, in list order.
    package var unsound: [(item: Int, failure: TransferFailure?)] {
        state.withLock { state in
            names.indices.compactMap { item in
                guard let report = state.reports[item] else { return (item, nil) }
                return report.isComplete ? nil : (item, report.findings.problems.first)
            }
        }
    }

    /// Images of which bytes were read that are not those of their digest, or that could not be unpacked.
    package var damaged: [Int] {
        state.withLock { state in
            names.indices.filter { item in
                state.reports[item]?.findings.problems.contains { $0.cause.kind == .corrupt } == true
            }
        }
    }

    package func receive(_ position: Int, _ report: AuditReport) {
        let name = names[position]
        state.withLock { state in
            state.tally.add(ItemReport(auditOf: position, report))
            state.reports[position] = report
            state.findings.add(report)
            state.counts[report.status, default: 0] += 1
        }
        for problem in report.findings.problems {
            console.note("error: \(name.target.displayable): \(problem)")
            if let hint = state.withLock({ $0.hints.line(problem.cause.hint) }) { console.note(hint) }
        }
        let further = report.findings.problemCount - report.findings.problems.count
        if further > 0 { console.note("error: \(name.target.displayable): \(further) more") }
        let line = AuditLine(name, report)
        console.output(output == .json ? line.json : line.text)
        if !report.isComplete { onFailure() }
    }

    /// `200 images: 198 whole, 1 moved, 1 incomplete; 214 manifests, 1213 blobs, 3.4 GiB read in 12.3s`
    package func summary(after duration: Duration) -> String {
        let state = state.withLock { $0 }
        var parts = ["\(state.tally.unchanged) whole"]
        for status in AuditStatus.allCases where status != .whole {
            if let count = state.counts[status] { parts.append("\(count) \(status.rawValue)") }
        }
        if state.tally.unfinished > 0 { parts.append("\(state.tally.unfinished) not finished") }
        let seen = state.findings
        return "\(Quantity.count(state.tally.total, "image")): \(parts.joined(separator: ", ")); "
            + "\(Quantity.count(seen.manifests, "manifest")), \(Quantity.count(seen.blobs, "blob")), "
            + "\(Quantity.bytes(seen.bytesRead)) read in \(Quantity.time(duration))"
    }
}

extension AuditReporter {
    /// The summary with its numbers apart.
    package func notice(after duration: Duration) -> Notice {
        let state = state.withLock { $0 }
        var notice = Notice(.info, "summary", summary(after: duration), ["items": JSON(state.tally.total)])
        notice.fields += AuditStatus.allCases.map { JSON.Member(key: $0.rawValue, value: JSON(state.counts[$0] ?? 0)) }
        notice.fields += [
            JSON.Member(key: "manifests", value: JSON(state.findings.manifests)),
            JSON.Member(key: "blobs", value: JSON(state.findings.blobs)),
            JSON.Member(key: "bytesRead", value: JSON(state.findings.bytesRead)),
            JSON.Member(key: "seconds", value: .seconds(duration)),
        ]
        return notice
    }
}

/// One image of an audit as a line on standard output.
struct AuditLine {
    let name: ItemName
    let report: AuditReport

    init(_ name: ItemName, _ report: AuditReport) {
        self.name = report.isComplete ? name.arrived(as: report.digest) : name
        self.report = report
    }

    /// The status, source or `-`, target, digest or `-`, number of blobs; separated by tabs.
    var text: String {
        [report.status.rawValue, name.source, name.target, report.digest?.text ?? "-", String(report.findings.blobs)]
            .map(\.displayable).joined(separator: "\t")
    }

    /// One JSON object. Its keys are a public interface.
    var json: String {
        let findings = report.findings
        return JSON.object([
            "status": .string(report.status.rawValue), "source": name.source == "-" ? .null : .string(name.source),
            "target": .string(name.target), "digest": JSON(report.digest?.text), "manifests": JSON(findings.manifests),
            "blobs": JSON(findings.blobs), "bytesRead": JSON(findings.bytesRead),
            "layersChecked": JSON(findings.layers.checked), "layersNotChecked": findings.layers.notCheckedJSON,
            "problemCount": JSON(findings.problemCount), "problems": .array(findings.problems.map(ItemLine.error)),
        ]).text
    }
}

/// Sums over all images.
private struct AuditFindingsTotal {
    var manifests = 0
    var blobs = 0
    var bytesRead: Int64 = 0

    mutating func add(_ report: AuditReport) {
        manifests += report.findings.manifests
        blobs += report.findings.blobs
        bytesRead.add(saturating: report.findings.bytesRead)
    }
}

extension ItemReport {
    /// As a copy that had nothing to do, or failed for the first thing that was wrong.
    package init(auditOf item: ItemID, _ report: AuditReport) {
        let outcome =
            if let problem = report.findings.problems.first {
                ItemOutcome.failed(problem)
            } else {
                ItemOutcome.unchanged(report.digest ?? Digest(.sha256, hash: [UInt8](repeating: 0, count: 32)))
            }
        self.init(
            item: item, outcome: outcome, mediaType: nil, counts: BlobCounts(), attempts: 1, duration: .zero)
    }
}

extension ProgressFacts.Failure {
    /// nil for an image that is whole.
    package init?(_ report: AuditReport, of name: ItemName) {
        guard let problem = report.findings.problems.first else { return nil }
        self.init(name.target, kind: report.status.rawValue, problem.cause.message)
    }
}
