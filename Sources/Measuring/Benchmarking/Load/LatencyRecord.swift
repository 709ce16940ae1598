// SPDX-License-Identifier: Apache-2.0

import Histogram

/// Latencies of many operations in bounded memory, exact to three digits (HdrHistogram).
package struct LatencyRecord: Sendable {
    private var histogram = Histogram<UInt32>(
        lowestDiscernibleValue: 1000, highestTrackableValue: Self.longest, numberOfSignificantValueDigits: .three)

    /// The longest latency in nanoseconds: an hour. Longer latencies count as this.
    private static let longest: UInt64 = 3_600_000_000_000

    package init() {}

    package var count: Int { Int(clamping: histogram.totalCount) }

    package mutating func record(_ latency: Duration, count: Int = 1) {
        guard count > 0 else { return }
        histogram.record(min(latency.inNanoseconds, Self.longest), count: UInt32(clamping: count))
    }

    package mutating func add(_ other: LatencyRecord) {
        for value in other.histogram.recordedValues() { histogram.record(value.value, count: value.count) }
    }

    /// nil if nothing was recorded.
    package var summary: LatencySummary? {
        guard histogram.totalCount > 0 else { return nil }
        let seconds = { (percentile: Double) in Double(histogram.valueAtPercentile(percentile)) / 1e9 }
        return LatencySummary(
            p50: seconds(50), p90: seconds(90), p99: seconds(99), p999: seconds(99.9), max: seconds(100),
            mean: histogram.mean / 1e9)
    }
}

/// Latencies in seconds: percentiles, the largest and the mean.
package struct LatencySummary: Sendable, Hashable {
    package var p50: Double
    package var p90: Double
    package var p99: Double
    package var p999: Double
    package var max: Double
    package var mean: Double

    /// Whether so many operations have a percentile that is not simply the longest of them.
    package static func canTell(_ percentile: Double, of operations: Int) -> Bool {
        Double(operations) * (100 - percentile) > 99.9
    }
}
