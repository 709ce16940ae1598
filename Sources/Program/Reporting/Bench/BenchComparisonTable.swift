// SPDX-License-Identifier: Apache-2.0

package import Benchmarking
import OCI

/// Two measurements side by side, for people.
package struct BenchComparisonTable {
    private let comparison: BenchComparison

    package init(_ comparison: BenchComparison) { self.comparison = comparison }

    package var text: String {
        let rows = comparison.rows.map { row in
            [
                row.phase.rawValue, row.figure.rawValue, Self.shown(row.first, row.figure),
                Self.shown(row.second, row.figure), row.ratio.map(Quantity.change) ?? "-",
                row.noise.map(Quantity.share) ?? "-", Self.word(row.verdict),
            ]
        }
        let table = TextTable(["phase", "figure", "A", "B", "change", "noise", "B is"], rows).lines
        return (table + ["", summary]).joined(separator: "\n")
    }

    private static func shown(_ spread: Spread, _ figure: BenchComparison.Figure) -> String {
        switch figure {
        case .operationsPerSecond: Quantity.threeDigits(spread.median)
        case .bytesPerSecond: Quantity.bytes(Int64(saturating: spread.median)) + "/s"
        case .p50, .p99, .registryCPU: Quantity.latency(spread.median)
        }
    }

    private static func word(_ verdict: BenchComparison.Verdict) -> String {
        switch verdict {
        case .better: "better"
        case .worse: "worse"
        case .same: "within noise"
        case .unknown: "unknown"
        case .incomparable: "not comparable"
        }
    }

    /// Which settings differ, and how; nil if none does.
    package var warning: String? {
        guard !comparison.differences.isEmpty else { return nil }
        let all = comparison.differences.map { "\($0.option): \(Self.shown($0.first)) and \(Self.shown($0.second))" }
        return "measured with different settings, so that no figure is better or worse: "
            + all.joined(separator: "; ")
    }

    private static func shown(_ value: JSON) -> String {
        if let elements = value.array { return elements.compactMap(\.string).joined(separator: ", ") }
        if let isOn = value.bool { return isOn ? "on" : "off" }
        return value == .null ? "none" : value.text
    }

    private var summary: String {
        var line = warning.map { "A and B were " + $0 } ?? verdicts
        line +=
            "\neach figure is the median of the repetitions, and the noise is how far the repetitions of A or B are apart"
        if !comparison.unmeasured.isEmpty {
            line += "\nnot measured: " + comparison.unmeasured.map(\.rawValue).joined(separator: ", ")
        }
        return line
    }

    private var verdicts: String {
        let count = { verdict in comparison.rows.count { $0.verdict == verdict } }
        let judged =
            "B is better in \(count(.better)) and worse in \(count(.worse)) of \(comparison.rows.count) figures"
        guard count(.better) + count(.worse) < comparison.rows.count else { return judged }
        return judged + "; the others are within the noise"
            + (count(.unknown) > 0 ? ", or were measured only once, so that nothing can be said" : "")
    }
}
