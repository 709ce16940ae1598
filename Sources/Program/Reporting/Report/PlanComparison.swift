// SPDX-License-Identifier: Apache-2.0

import OCI

/// A plan compared with the run, in rows.
struct PlanComparison {
    private let plan: RunPlan
    private let report: RunReport
    private let totals: RunReport.Totals

    /// - Parameter totals: the totals of the report's items, if they were already counted.
    /// - Returns: nil for a run without a plan.
    init?(_ report: RunReport, _ totals: RunReport.Totals? = nil) {
        guard let plan = report.plan else { return nil }
        self.plan = plan
        self.report = report
        self.totals = totals ?? report.totals
    }

    var table: ReportTable {
        ReportTable("Plan and reality", ["what", "planned", "real", "real of planned"], numbers: 1...3, rows)
    }

    var rows: [[String]] { items + whole + plan.targets.flatMap(rows) }

    private var items: [[String]] {
        let rows = [
            row("items copied", plan.toCopy, totals.count(.copied)),
            row("items unchanged", plan.unchanged, totals.count(.unchanged)),
        ]
        let kept = totals.count(.kept)
        return plan.kept == 0 && kept == 0 ? rows : rows + [row("items kept", plan.kept, kept)]
    }

    private var whole: [[String]] {
        [
            row(bytes: "bytes sent", plan.bytes, report.registries.saturatedSum(of: \.bytesSent)),
            row(bytes: "bytes mounted", plan.bytesMounted, report.registries.saturatedSum(of: \.bytesMounted)),
            row("requests, with those for tokens", plan.requests, report.origins.saturatedSum(of: \.requests)),
            [
                "time", Quantity.time(plan.seconds), Quantity.time(report.seconds),
                Self.share(report.seconds, of: plan.seconds),
            ],
        ]
    }

    private func rows(_ target: RunPlan.Target) -> [[String]] {
        let real = report.registries.first { $0.name == target.registry } ?? RunReport.Registry(name: target.registry)
        return [
            row(bytes: "sent to \(target.registry)", target.bytesWritten, real.bytesSent),
            row(bytes: "mounted at \(target.registry)", target.bytesMounted, real.bytesMounted),
            row(bytes: "already at \(target.registry)", target.bytesPresent, real.bytesPresent),
        ]
    }

    private func row(_ what: String, _ planned: Int, _ real: Int) -> [String] {
        [what, "\(planned)", "\(real)", Self.share(Double(real), of: Double(planned))]
    }

    private func row(bytes what: String, _ planned: Int64, _ real: Int64) -> [String] {
        [what, Quantity.bytes(planned), Quantity.bytes(real), Self.share(Double(real), of: Double(planned))]
    }

    private static func share(_ real: Double, of planned: Double) -> String {
        planned > 0 ? "\(Quantity.fixed(real / planned * 100, decimals: 0)) %" : real == 0 ? "100 %" : "–"
    }
}
