// SPDX-License-Identifier: Apache-2.0

package import Benchmarking
import OCI

/// A measurement of a registry as tables for people.
package struct RegistryBenchTable {
    let report: RegistryBenchReport

    package init(_ report: RegistryBenchReport) { self.report = report }

    package var text: String {
        let parts = [speed, latency, cost].filter { !$0.isEmpty }
        return
            (parts.map { $0.joined(separator: "\n") }
            + [remarks].filter { !$0.isEmpty }.map { $0.joined(separator: "\n") })
            .joined(separator: "\n\n")
    }

    var measured: [PhaseResult] { report.phases.filter { !$0.samples.isEmpty } }

    private var speed: [String] {
        let rows = measured.map { phase in
            [
                phase.phase.rawValue, "\(phase.operations)", Self.median(phase, .operationsPerSecond),
                phase.phase.isOfLargeBlobs ? phase.bytesPerSecond : "-", phase.noise, "\(phase.failureCount)",
            ]
        }
        return rows.isEmpty
            ? [] : TextTable(["speed", "operations", "ops/s", "bytes/s", "noise", "errors"], rows).lines
    }

    private static func median(_ phase: PhaseResult, _ figure: BenchComparison.Figure) -> String {
        phase.spread(of: figure).map { Quantity.threeDigits($0.median) } ?? "-"
    }

    private var latency: [String] {
        let rows = measured.compactMap { phase in
            phase.latency.map { latency in
                [phase.phase.rawValue] + latency.percentiles(of: phase.operations) + [Quantity.latency(latency.max)]
            }
        }
        return rows.isEmpty ? [] : TextTable(["latency", "p50", "p90", "p99", "p99.9", "max"], rows).lines
    }

    /// The registry's columns are there if its process was seen in any phase.
    private var cost: [String] {
        let seesRegistry = measured.contains { $0.registryCPU != nil }
        let rows = measured.map { phase in
            [
                phase.phase.rawValue, "\(phase.requests)", Quantity.latency(phase.ownCPU),
                phase.perRequest(phase.ownCPU),
            ] + (seesRegistry ? Self.registryCells(phase) : [])
        }
        let heads =
            ["CPU", "requests", "own CPU", "each"] + (seesRegistry ? ["registry CPU", "each", "registry peak"] : [])
        return rows.isEmpty ? [] : TextTable(heads, rows).lines
    }

    private static func registryCells(_ phase: PhaseResult) -> [String] {
        guard let cpu = phase.registryCPU else { return ["-", "-", "-"] }
        let peak = phase.samples.compactMap(\.registryPeakMemory).max() ?? 0
        return [Quantity.latency(cpu), phase.perRequest(cpu), Quantity.bytes(peak)]
    }
}

extension Leftovers {
    /// One sentence about the content that is left at the registry.
    package func sentence(at registry: String) -> String {
        guard !isEmpty else {
            return isUncertain
                ? "\(registry): nothing is left below \(root)/ but uploads that did not end, which the registry removes in its own time; "
                    + "it may keep bytes until it collects garbage"
                : "\(registry): everything below \(root)/ was deleted; the registry may keep the bytes until it collects garbage"
        }
        let parts = [(tags, "tag"), (manifests, "manifest"), (blobs, "blob")].filter { $0.0 > 0 }
            .map { Quantity.count($0.0, $0.1) }
        let what =
            (parts.dropLast().joined(separator: ", ") + (parts.count > 1 ? " and " : "") + (parts.last ?? ""))
            + (blobs > 0 ? " (\(Quantity.bytes(bytes)))" : "")
        return "\(registry): "
            + (isUncertain ? "at most \(what) may be" : "\(what) \(tags + manifests + blobs == 1 ? "is" : "are")")
            + " left below \(root)/"
            + (reason.map { ": \($0)" } ?? "")
    }
}

extension LatencySummary {
    /// p50, p90, p99 and p99.9, where so many operations have them.
    func percentiles(of operations: Int) -> [String] {
        [(50, p50), (90, p90), (99, p99), (99.9, p999)].map { percentile, value in
            Self.canTell(percentile, of: operations) ? Quantity.latency(value) : "-"
        }
    }
}

extension PhaseResult {
    fileprivate var bytesPerSecond: String {
        spread(of: .bytesPerSecond).map { Quantity.bytes(Int64(saturating: $0.median)) + "/s" } ?? "-"
    }

    /// The spread of the repetitions in percent of their median.
    fileprivate var noise: String {
        guard let spread = spread(of: .operationsPerSecond), let width = spread.width, spread.median > 0 else {
            return "-"
        }
        return Quantity.share(width / spread.median)
    }

    fileprivate func perRequest(_ cpu: Double) -> String {
        requests > 0 ? Quantity.latency(cpu / Double(requests)) : "-"
    }
}
