// SPDX-License-Identifier: Apache-2.0

package import OCI

/// Compares two measurements and finds the differences that are larger than the noise of their repetitions.
package struct BenchComparison: Sendable {
    package enum Figure: String, Sendable, CaseIterable {
        case operationsPerSecond = "ops/s"
        case bytesPerSecond = "bytes/s"
        case p50
        case p99
        /// CPU seconds of the registry for each operation.
        case registryCPU = "registry CPU"

        package var isBetterHigher: Bool { self == .operationsPerSecond || self == .bytesPerSecond }
    }

    package enum Verdict: String, Sendable {
        /// The second measurement is better or worse by more than the noise.
        case better, worse
        /// The difference is not larger than that between the repetitions of either measurement.
        case same
        /// A measurement has one repetition only, so its noise is not known.
        case unknown
    }

    package struct Row: Sendable {
        package let phase: RegistryPhase
        package let figure: Figure
        package let first: Spread
        package let second: Spread
        package let verdict: Verdict

        /// The second median divided by the first; nil if the first is 0.
        package var ratio: Double? { first.median > 0 ? second.median / first.median : nil }
        /// The larger of both spreads divided by the first median.
        package var noise: Double? {
            guard let first = first.width, let second = second.width, self.first.median > 0 else { return nil }
            return max(first, second) / self.first.median
        }
    }

    package let rows: [Row]
    /// Phases that at least one of the two did not measure.
    package let unmeasured: [RegistryPhase]

    /// - Throws: `BenchFileError` if the two were not measured in the same way.
    package init(_ first: RegistryBenchReport, _ second: RegistryBenchReport) throws(BenchFileError) {
        try Self.checkComparable(first, second)
        var (rows, unmeasured): ([Row], [RegistryPhase]) = ([], [])
        for (one, other) in zip(first.phases, second.phases) {
            let found = Self.figures(of: one.phase).compactMap { Row(one, other, $0) }
            if found.isEmpty { unmeasured.append(one.phase) }
            rows += found
        }
        (self.rows, self.unmeasured) = (rows, unmeasured)
    }

    private static func figures(of phase: RegistryPhase) -> [Figure] {
        [phase.isOfLargeBlobs ? .bytesPerSecond : .operationsPerSecond, .p50, .p99, .registryCPU]
    }

    private static func checkComparable(
        _ first: RegistryBenchReport, _ second: RegistryBenchReport
    ) throws(BenchFileError) {
        let names = [first, second].map { $0.phases.map(\.phase.rawValue).joined(separator: ", ") }
        guard names[0] == names[1] else {
            throw BenchFileError("they have other phases: \(names[0]), and \(names[1])")
        }
        for setting in zip(first.settings.compared, second.settings.compared) where setting.0.value != setting.1.value {
            throw BenchFileError(
                "they were measured with another \(setting.0.option): \(setting.0.value), and \(setting.1.value)")
        }
    }
}

extension RegistryBenchSettings {
    /// The settings that affect the meaning of the figures. Duration and repetitions do not.
    fileprivate var compared: [(option: String, value: String)] {
        let rate = if case .open(let rate) = pace { "\(rate)/s" } else { "none" }
        return [
            ("--connections", "\(connections)"), ("--rate", rate), ("--blob-size", "\(blobSize)"),
            ("--piece-size", "\(pieceSize)"), ("--small-size", "\(smallSize)"),
        ]
    }
}

extension BenchComparison.Row {
    /// nil if one of the two has no such figure.
    fileprivate init?(_ first: PhaseResult, _ second: PhaseResult, _ figure: BenchComparison.Figure) {
        guard let one = first.spread(of: figure), let other = second.spread(of: figure) else { return nil }
        (phase, self.figure, self.first, self.second) = (first.phase, figure, one, other)
        verdict =
            switch one.difference(to: other) {
            case .noise: .same
            case .unknown: .unknown
            case .higher: figure.isBetterHigher ? .better : .worse
            case .lower: figure.isBetterHigher ? .worse : .better
            }
    }
}

extension PhaseResult {
    /// One figure over all repetitions. A repetition in which no operation succeeded has a speed of 0, and no other
    /// figure. Of few operations, p99 is only the longest one, so it is no figure.
    package func spread(of figure: BenchComparison.Figure) -> Spread? {
        guard operations > 0 else { return nil }
        return Spread(
            samples.compactMap { sample in
                switch figure {
                case .operationsPerSecond: sample.operationsPerSecond
                case .bytesPerSecond: sample.bytesPerSecond
                case .p50: sample.latency?.p50
                case .p99: LatencySummary.canTell(99, of: sample.operations) ? sample.latency?.p99 : nil
                case .registryCPU:
                    sample.operations > 0 ? sample.registryCPU.map { $0 / Double(sample.operations) } : nil
                }
            })
    }
}

extension BenchComparison {
    package static let format = "transship-bench-compare-1"

    package var json: JSON {
        .object([
            "format": .string(Self.format), "unmeasured": .array(unmeasured.map { .string($0.rawValue) }),
            "rows": .array(
                rows.map { row in
                    .object([
                        "phase": .string(row.phase.rawValue), "figure": .string(row.figure.rawValue),
                        "first": JSON(benchNumber: row.first.median), "second": JSON(benchNumber: row.second.median),
                        "ratio": row.ratio.map { JSON(benchNumber: $0) } ?? .null,
                        "noise": row.noise.map { JSON(benchNumber: $0) } ?? .null,
                        "verdict": .string(row.verdict.rawValue),
                    ])
                }),
        ])
    }
}
