// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PullLogs

@Suite struct CivilTimeTests {
    /// Against a count that knows nothing but the lengths of months.
    @Test func `every day of four centuries has its number, and back`() {
        var number = CivilTime(year: 1901, month: 1, day: 1)?.daysSince1970 ?? 0
        var wrong: [CivilTime] = []
        for year in 1901...2300 {
            for month in 1...12 {
                for day in 1...CivilTime.days(inMonth: month, of: year) {
                    let back = CivilTime(secondsSince1970: Int64(number) * 86_400)
                    let isRight = (back.year, back.month, back.day) == (year, month, day)
                    if !isRight || CivilTime(year: year, month: month, day: day)?.daysSince1970 != number {
                        wrong.append(back)
                    }
                    number += 1
                }
            }
        }
        #expect(wrong == [])
        #expect(CivilTime(year: 1970, month: 1, day: 1)?.daysSince1970 == 0)
    }

    @Test func `knows weekdays before and after 1970`() {
        #expect(CivilTime(year: 2026, month: 11, day: 24)?.weekday == 2)
        #expect(CivilTime(year: 1969, month: 7, day: 20)?.weekday == 0)
    }

    @Test func `refuses dates that do not exist`() {
        #expect(CivilTime(year: 2025, month: 2, day: 29) == nil)
        #expect(CivilTime(year: 2024, month: 2, day: 29) != nil)
        #expect(CivilTime(year: 2024, month: 13, day: 1) == nil)
        #expect(CivilTime(year: 2024, month: 1, day: 1, hour: 24) == nil)
    }
}
