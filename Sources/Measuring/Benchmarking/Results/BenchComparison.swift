// SPDX-License-Identifier: Apache-2.0

package import OCI

/// Compares two measurements and finds the differences that are larger than the noise of their repetitions.
///
/// Measurements with different settings are shown side by side, but no figure of theirs is better or worse.
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
        /// The measurements had different settings.
        case incomparable
    }

    /// A setting that is not the same in both measurements.
    package struct Difference: Sendable, Hashable {
        package let option: String
        package let first: JSON
        package let second: JSON
    }

    package struct Row: Sendable {
        package let phase: RegistryPhase
        package let figure: Figure
        package let first: Spread
        package let second: Spread
        package let verdict: Verdict

        /// The second median divided by the first; nil if the first is 0, or if they cannot be compared.
        package var ratio: Double? {
            verdict != .incomparable && first.median > 0 ? second.median / first.median : nil
        }
        /// The larger of both spreads divided by the first median.
        package var noise: Double? {
            guard let first = first.width, let second = second.width, self.first.median > 0 else { return nil }
            return max(first, second) / self.first.median
        }
    }

    package let rows: [Row]
    /// Phases that at least one of the two did not measure.
    package let unmeasured: [RegistryPhase]
    package let differences: [Difference]
    /// Whether two machines measured; nil if a measurement does not name its machine.
    package let hasTwoMachines: Bool?

    /// - Throws: `BenchFileError` if they have no phase in common.
    package init(_ first: RegistryBenchReport, _ second: RegistryBenchReport) throws(BenchFileError) {
        let others = Dictionary(second.phases.map { ($0.phase, $0) }) { old, _ in old }
        let differences = first.settings.differences(from: second.settings)
        var (rows, measured): ([Row], Set<RegistryPhase>) = ([], [])
        var hasCommonPhase = false
        for one in first.phases {
            guard let other = others[one.phase] else { continue }
            hasCommonPhase = true
            let found = Self.figures(of: one.phase).compactMap {
                Row(one, other, $0, isComparable: differences.isEmpty)
            }
            if !found.isEmpty { measured.insert(one.phase) }
            rows += found
        }
        guard hasCommonPhase else {
            let names = [first, second].map { $0.phases.map(\.phase.rawValue).joined(separator: ", ") }
            throw BenchFileError("they have no phase in common: \(names[0]), and \(names[1])")
        }
        let all = Set(first.phases.map(\.phase)).union(others.keys)
        unmeasured = RegistryPhase.allCases.filter { all.contains($0) && !measured.contains($0) }
        (self.rows, self.differences) = (rows, differences)
        hasTwoMachines = first.machine.flatMap { one in second.machine.map { one != $0 } }
    }

    private static func figures(of phase: RegistryPhase) -> [Figure] {
        [phase.isOfLargeBlobs ? .bytesPerSecond : .operationsPerSecond, .p50, .p99, .registryCPU]
    }
}

extension RegistryBenchSettings {
    /// All settings count, except the repetitions: more of them measure the same more often.
    fileprivate func differences(from other: RegistryBenchSettings) -> [BenchComparison.Difference] {
        zip(all, other.all).filter { $0.0.key != "repetitions" && $0.0.value != $0.1.value }.map {
            BenchComparison.Difference(option: $0.0.option, first: $0.0.value, second: $0.1.value)
        }
    }
}

extension BenchComparison.Row {
    /// nil if one of the two has no such figure.
    fileprivate init?(
        _ first: PhaseResult, _ second: PhaseResult, _ figure: BenchComparison.Figure, isComparable: Bool
    ) {
        guard let one = first.spread(of: figure), let other = second.spread(of: figure) else { return nil }
        (phase, self.figure, self.first, self.second) = (first.phase, figure, one, other)
        guard isComparable else {
            verdict = .incomparable
            return
        }
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
            "format": .string(Self.format),
            "differences": .array(
                differences.map {
                    .object(["option": .string($0.option), "first": $0.first, "second": $0.second])
                }),
            "twoMachines": hasTwoMachines.map { .bool($0) } ?? .null,
            "unmeasured": .array(unmeasured.map { .string($0.rawValue) }),
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
