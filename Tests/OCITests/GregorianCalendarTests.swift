// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@Suite struct GregorianCalendarTests {
    @Test(arguments: [
        (1970, 1, 1, 0), (1969, 12, 31, -1), (2000, 2, 29, 11_016), (2000, 3, 1, 11_017), (2026, 11, 24, 20_781),
        (1900, 3, 1, -25_508), (0, 3, 1, -719_468), (-1, 12, 31, -719_529),
    ])
    func `days are counted over leap years and centuries`(year: Int, month: Int, day: Int, days: Int) {
        #expect(GregorianCalendar.daysSince1970(year, month, day) == days)
    }
}
