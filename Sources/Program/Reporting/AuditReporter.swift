// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization
package import TransferEngine

/// Reports a running audit to its user: a line for each image on standard output, problems on standard error.
package final class AuditReporter: Sendable {
    private let names: [ItemName]
    private let output: BatchReporter.Output
    private let console: Console
    private let onFailure: @Sendable () -> Void
    private let hints = Mutex(ToldHints())

    /// - Parameters:
    ///   - names: the names of the items. If there is no source to compare with, the source's name is `-`.
    ///   - onFailure: called for each image that is not whole.
    package init(
        names: [ItemName], output: BatchReporter.Output, console: Console,
        onFailure: @escaping @Sendable () -> Void = {}
    ) {
        self.names = names
        self.output = output
        self.console = console
        self.onFailure = onFailure
    }

    package func receive(_ position: Int, _ report: AuditReport) {
        let name = names[position]
        for problem in report.findings.problems {
            console.tell(.damaged(name, problem))
            if let hint = hints.withLock({ $0.line(problem.cause.hint) }) { console.note(hint) }
        }
        let further = report.findings.problemCount - report.findings.problems.count
        if further > 0 { console.tell(.damaged(name, further: further)) }
        let line = AuditLine(name, report)
        console.output(output == .json ? line.json : line.text)
        if !report.isComplete { onFailure() }
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
