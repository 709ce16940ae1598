// SPDX-License-Identifier: Apache-2.0

/// Dates in configs, registries' answers, tokens and logs.
package enum GregorianCalendar {
    /// Days from the beginning of 1970. Years begin in March here, so that the leap day is the last of its year and months
    /// follow a rule: 153 days in five of them.
    ///
    /// - Parameters:
    ///   - month: 1 to 12.
    ///   - day: 1 to 31; not checked against the month.
    package static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let era = shifted >= 0 ? shifted / 400 : (shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
