// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Benchmarking

@Suite struct LoadScheduleTests {
    private let second = LoadLimits(duration: .seconds(1))

    @Test func `a closed loop counts from when a connection is free, until time or operations are used up`() {
        var schedule = LoadSchedule(pace: .closed, limits: LoadLimits(duration: .seconds(1), operations: 2))
        #expect(schedule.turn(at: .milliseconds(300)) == .init(number: 0, due: .milliseconds(300)))
        #expect(schedule.turn(at: .milliseconds(999)) == .init(number: 1, due: .milliseconds(999)))
        #expect(schedule.turn(at: .milliseconds(999)) == nil)
        var late = LoadSchedule(pace: .closed, limits: second)
        #expect(late.turn(at: .seconds(1)) == nil)
        #expect(late.neverBegun(endingAt: .seconds(1)).isEmpty)
    }

    @Test func `in an open loop operations are due at fixed times, however late they are asked for`() {
        var schedule = LoadSchedule(pace: .open(perSecond: 10), limits: second)
        #expect(schedule.turn(at: .zero)?.due == .zero)
        #expect(schedule.turn(at: .zero)?.due == .milliseconds(100))
        let third = schedule.turn(at: .milliseconds(950))
        #expect(third?.due == .milliseconds(200))
        #expect(third?.latency(endingAt: .seconds(1)) == .milliseconds(800))
    }

    @Test func `an open loop begins as many operations as its rate and its time say`() {
        var schedule = LoadSchedule(pace: .open(perSecond: 250), limits: LoadLimits(duration: .seconds(2)))
        var count = 0
        while schedule.turn(at: .zero) != nil { count += 1 }
        #expect(count == 500)
    }

    @Test func `what no connection was free for counts with the time it waited`() {
        var schedule = LoadSchedule(pace: .open(perSecond: 10), limits: second)
        for _ in 0..<7 { _ = schedule.turn(at: .zero) }
        #expect(schedule.turn(at: .seconds(2)) == nil, "twice its time has passed")
        let waiting = schedule.neverBegun(endingAt: .seconds(2))
        #expect(waiting.map(\.waited) == [.milliseconds(1300), .milliseconds(1200), .milliseconds(1100)])
        #expect(waiting.map(\.count) == [1, 1, 1])
    }

    @Test func `many that never began are grouped, and none is lost`() {
        let schedule = LoadSchedule(pace: .open(perSecond: 1_000_000), limits: LoadLimits(duration: .seconds(3600)))
        let groups = schedule.neverBegun(endingAt: .seconds(7200))
        #expect(groups.count <= 1001 && groups.reduce(0) { $0 + $1.count } == 3_600_000_000)
    }
}
