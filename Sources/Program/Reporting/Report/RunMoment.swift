// SPDX-License-Identifier: Apache-2.0

/// A time of a run as its report has it: RFC 3339 in UTC, with a fraction of the second or, in older reports, without.
struct RunMoment: Comparable {
    let text: String

    init(_ text: String) { self.text = text }

    /// The time to the second, for people.
    var wholeSecond: String {
        guard let point = text.lastIndex(of: "."), text.hasSuffix("Z") else { return text }
        return text[..<point] + "Z"
    }

    /// The text without its zone `Z`, which would sort wrongly compared with a fraction. Without the zone, a time sorts
    /// like its text.
    private var sortable: Substring { text.hasSuffix("Z") ? text.dropLast() : text[...] }

    static func < (left: Self, right: Self) -> Bool { left.sortable < right.sortable }
}
