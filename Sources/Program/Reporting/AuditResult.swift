// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
package import TransferEngine

/// What an audit found about all its images.
package struct AuditResult: Sendable {
    /// The reports in the order of the images; nil for an image that was not checked.
    package let reports: [AuditReport?]

    package init(_ reports: [AuditReport?]) { self.reports = reports }

    /// Images that are not whole, or were not checked.
    package var unsound: [ItemID] { reports.indices.filter { reports[$0]?.isComplete != true } }

    /// Images with bytes that do not match their digest, or that could not be unpacked.
    package var damaged: [ItemID] {
        reports.indices.filter { item in
            reports[item]?.findings.problems.contains { $0.cause.kind == .corrupt } == true
        }
    }

    /// Each audit as the report of a copy, which had nothing to do or failed with the first problem that was found.
    package var itemReports: [ItemReport?] {
        reports.enumerated().map { item, report in report.map { ItemReport(auditOf: item, $0) } }
    }
}

// MARK: - Summary

extension AuditResult {
    /// `200 images: 198 whole, 1 moved, 1 incomplete; 214 manifests, 1213 blobs, 3.4 GiB read in 12.3s`
    package func summary(after duration: Duration) -> String {
        let (tally, counts, seen) = (BatchResult(itemReports).tally, counts, AuditFindingsTotal(reports))
        var parts = ["\(tally.unchanged) whole"]
        for status in AuditStatus.allCases where status != .whole {
            if let count = counts[status] { parts.append("\(count) \(status.rawValue)") }
        }
        if tally.unfinished > 0 { parts.append("\(tally.unfinished) not finished") }
        return "\(Quantity.count(tally.total, "image")): \(parts.joined(separator: ", ")); "
            + "\(Quantity.count(seen.manifests, "manifest")), \(Quantity.count(seen.blobs, "blob")), "
            + "\(Quantity.bytes(seen.bytesRead)) read in \(Quantity.time(duration))"
    }

    /// The summary with its numbers as separate fields.
    package func notice(after duration: Duration) -> Notice {
        let (counts, seen) = (counts, AuditFindingsTotal(reports))
        var notice = Notice(.info, "summary", summary(after: duration), fields: ["items": JSON(reports.count)])
        notice.fields += AuditStatus.allCases.map { JSON.Member(key: $0.rawValue, value: JSON(counts[$0] ?? 0)) }
        notice.fields += [
            JSON.Member(key: "manifests", value: JSON(seen.manifests)),
            JSON.Member(key: "blobs", value: JSON(seen.blobs)),
            JSON.Member(key: "bytesRead", value: JSON(seen.bytesRead)),
            JSON.Member(key: "seconds", value: .seconds(duration)),
        ]
        return notice
    }

    private var counts: [AuditStatus: Int] {
        reports.reduce(into: [:]) { counts, report in
            if let report { counts[report.status, default: 0] += 1 }
        }
    }
}

/// Sums over all images.
private struct AuditFindingsTotal {
    var manifests = 0
    var blobs = 0
    var bytesRead: Int64 = 0

    init(_ reports: [AuditReport?]) {
        for case let report? in reports {
            manifests += report.findings.manifests
            blobs += report.findings.blobs
            bytesRead.add(saturating: report.findings.bytesRead)
        }
    }
}

extension ItemReport {
    /// The audit as the report of a copy, which had nothing to do or failed with the first problem that was found.
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
