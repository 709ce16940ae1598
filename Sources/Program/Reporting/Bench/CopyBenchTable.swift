// SPDX-License-Identifier: Apache-2.0

package import Benchmarking
import OCI

/// Copies of a workload as tables for people.
package struct CopyBenchTable {
    private let report: CopyBenchReport

    package init(_ report: CopyBenchReport) { self.report = report }

    /// - Parameter profiles: whether to show what the time was spent on.
    package func text(profiles: Bool) -> String {
        var parts = [speed, cost]
        if profiles { parts += [profile, timeline] }
        return (parts + [failures]).filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(
            separator: "\n\n")
    }

    private var speed: [String] {
        let least = report.least
        let rows = report.samples.enumerated().map { number, sample in
            let asked = [sample.sourceRequests, sample.targetRequests, sample.otherRequests]
            let arrived = least.items.subtracting(saturating: sample.failed)
            return [
                "\(number + 1)", Quantity.latency(sample.seconds),
                // If items failed, the bytes of the others were not counted.
                sample.failed == 0 ? Quantity.rate(least.bytes, in: sample.seconds) : "-",
                Quantity.threeDigits(Double(arrived) / max(sample.seconds, 1e-9)),
            ] + asked.map { $0.map(String.init) ?? "-" } + ["\(sample.failed)"]
        }
        let heads = ["copy", "time", "bytes/s", "items/s", "source requests", "target requests", "others", "failed"]
        let (source, target) = (least.sourceRequests, least.targetRequests)
        let requests =
            report.isOneRegistry ? ["\(source.adding(saturating: target))", "-"] : ["\(source)", "\(target)"]
        let leastRow = ["least", "-", "-", "-"] + requests + ["0", "0"]
        return TextTable(heads, rows + [leastRow]).lines
    }

    private var cost: [String] {
        let gibibytes = Double(report.least.bytes) / 1_073_741_824
        let rows = report.samples.enumerated().map { number, sample in
            let requests = sample.requests ?? 0
            return [
                "\(number + 1)", Quantity.latency(sample.cpu),
                gibibytes > 0 && sample.failed == 0 ? Quantity.latency(sample.cpu / gibibytes) : "-",
                requests > 0 ? Quantity.latency(sample.cpu / Double(requests)) : "-",
                Quantity.bytes(sample.peakMemory), sample.registriesCPU.map(Quantity.latency) ?? "-",
            ]
        }
        return TextTable(["copy", "CPU", "for each GiB", "each request", "peak memory", "registries' CPU"], rows).lines
    }

    private var profile: [String] {
        let rows = report.samples.enumerated().compactMap { number, sample in
            CopyProfile(sample.moments).map { profile in
                ["\(number + 1)"]
                    + [
                        profile.source, profile.target, profile.both, profile.neither, profile.sourceFull,
                        profile.targetFull, profile.tokens, profile.paused, profile.cpu,
                    ].map { Quantity.threeDigits($0 * 100) + " %" }
            }
        }
        let heads = [
            "time for", "source only", "target only", "both", "neither", "source full", "target full", "tokens",
            "paused", "CPU",
        ]
        return rows.isEmpty ? [] : TextTable(heads, rows).lines
    }

    /// The requests of the copy that took the median time, over this time.
    private var timeline: [String] {
        let copies = report.samples.enumerated().sorted { $0.element.seconds < $1.element.seconds }
        guard !copies.isEmpty else { return [] }
        let (number, sample) = copies[copies.count / 2]
        let rows = CopyTimeline(sample.moments).rows.map { row in
            [
                row.start > 0 ? Quantity.latency(row.start) : "0 s", "\(row.begun.source)", row.source.text,
                "\(row.begun.target)",
                row.target.text, "\(row.begun.others)",
            ]
        }
        let heads = ["copy \(number + 1) at", "source begun", "in flight", "target begun", "in flight", "others begun"]
        return rows.isEmpty ? [] : TextTable(heads, rows).lines
    }

    private var failures: [String] {
        report.samples.enumerated().compactMap { number, sample in
            sample.firstFailure.map {
                "copy \(number + 1): \(Quantity.count(sample.failed, "item")) failed; the first: \($0)"
            }
        }
    }
}

extension CopyMoment.Lane {
    fileprivate var text: String { limit > 0 ? "\(inFlight) of \(limit)" : "-" }
}
