// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PullLogs

@Suite struct CivilTimeTests {
    /// Against a count that knows nothing but the lengths of months.
    @Test func `every day of four centuries has its number, and back`() {
        var number = CivilTime(1901, 1, 1)?.daysSince1970 ?? 0
        var wrong: [CivilTime] = []
        for year in 1901...2300 {
            for month in 1...12 {
                for day in 1...CivilTime.days(inMonth: month, of: year) {
                    let back = CivilTime(secondsSince1970: Int64(number) * 86_400)
                    let isRight = (back.year, back.month, back.day) == (year, month, day)
                    if !isRight || CivilTime(year, month, day)?.daysSince1970 != number { wrong.append(back) }
                    number += 1
                }
            }
        }
        #expect(wrong == [])
        #expect(CivilTime(1970, 1, 1)?.daysSince1970 == 0)
    }

    @Test func `knows weekdays before and after 1970`() {
        #expect(CivilTime(2026, 11, 24)?.weekday == 2)
        #expect(CivilTime(1969, 7, 20)?.weekday == 0)
    }

    @Test func `refuses dates that do not exist`() {
        #expect(CivilTime(2025, 2, 29) == nil)
        #expect(CivilTime(2024, 2, 29) != nil)
        #expect(CivilTime(2024, 13, 1) == nil)
        #expect(CivilTime(2024, 1, 1, 24) == nil)
    }
}
