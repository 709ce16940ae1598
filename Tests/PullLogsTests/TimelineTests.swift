// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PullLogs

@Suite struct TimelineTests {
    private func timeline(_ seconds: [Int64]) -> Timeline {
        var timeline = Timeline()
        for second in seconds { timeline.add(1, at: Instant(secondsSince1970: second)) }
        return timeline
    }

    /// Against every window there is, tried one after another.
    @Test(arguments: [1, 2, 10, 60, 500])
    func `the busiest window is the busiest of all windows`(window: Int64) throws {
        var state: UInt64 = 42
        let seconds = (0..<400).map { _ -> Int64 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int64(state >> 40) % 3000 - 700
        }
        let best = seconds.map { from in seconds.count { $0 >= from && $0 < from + window } }.max()
        let peak = timeline(seconds).peak(window: try #require(TimeSpan("\(window)s")))
        #expect(peak?.pulls == best)
        let from = try #require(peak?.from.secondsSince1970)
        #expect(seconds.count { $0 >= from && $0 < from + window } == best)
    }

    @Test func `a window ends before the moment that is its length away`() throws {
        let timeline = timeline([0, 59, 60])
        let minute = try #require(TimeSpan("1m"))
        #expect(timeline.peak(window: minute) == Timeline.Peak(pulls: 2, from: Instant(secondsSince1970: 0)))
    }

    @Test func `order does not matter`() throws {
        let hour = try #require(TimeSpan("1h"))
        let seconds: [Int64] = [5, 4000, 10, 3999, 7, 90_000]
        #expect(timeline(seconds).peak(window: hour) == timeline(seconds.reversed()).peak(window: hour))
    }

    @Test func `nothing has no busiest window`() throws {
        #expect(Timeline().peak(window: try #require(TimeSpan("1h"))) == nil)
    }
}
