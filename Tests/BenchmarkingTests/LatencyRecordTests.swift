// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Testing

@Suite struct LatencyRecordTests {
    private func isNear(_ value: Double, _ expected: Double) -> Bool { abs(value - expected) <= expected / 500 }

    @Test func `percentiles are exact to three digits`() throws {
        var record = LatencyRecord()
        for number in 1...1000 { record.record(.milliseconds(number)) }
        let summary = try #require(record.summary)
        #expect(isNear(summary.p50, 0.5) && isNear(summary.p90, 0.9) && isNear(summary.p99, 0.99))
        #expect(isNear(summary.p999, 0.999) && isNear(summary.max, 1) && isNear(summary.mean, 0.5005))
    }

    @Test func `two records together are as one`() throws {
        var (one, other) = (LatencyRecord(), LatencyRecord())
        one.record(.milliseconds(1), count: 3)
        other.record(.seconds(2))
        one.add(other)
        #expect(try one.count == 4 && isNear(#require(one.summary).max, 2))
    }

    @Test func `nothing recorded has no summary, and no latency is too short or too long`() throws {
        #expect(LatencyRecord().summary == nil)
        var record = LatencyRecord()
        record.record(.seconds(-1))
        record.record(.seconds(1 << 40))
        record.record(.zero, count: 0)
        #expect(try record.count == 2 && isNear(#require(record.summary).max, 3600))
    }
}
