// SPDX-License-Identifier: Apache-2.0

/// A time zone: its offset from UTC at each moment.
package struct TimeZoneRules: Sendable {
    struct Change: Sendable {
        var at: Int64
        /// Seconds ahead of UTC from then on.
        var offset: Int64
    }

    package let name: String
    /// Seconds ahead of UTC before the first change.
    var firstOffset: Int64 = 0
    /// The changes, oldest first.
    var changes: [Change] = []
    /// The yearly changes after the last change in `changes`.
    var yearly: YearlyRule?

    package static let utc = TimeZoneRules(name: "UTC", offset: 0)

    /// A zone whose clocks never change.
    package init(name: String, offset: Int64) {
        self.name = name
        firstOffset = offset
    }

    init(name: String, firstOffset: Int64, changes: [Change], yearly: YearlyRule?) {
        self.name = name
        self.firstOffset = firstOffset
        self.changes = changes
        self.yearly = yearly
    }

    /// Reads `UTC`, `Z`, `GMT`, or an offset like `+02:00`; nil for names of places, whose rules are in files.
    package init?(fixed text: String) {
        if ["utc", "z", "gmt"].contains(text.lowercased()) {
            self = .utc
            return
        }
        guard text.hasPrefix("+") || text.hasPrefix("-") else { return nil }
        var scan = DigitScan(text.utf8)
        guard let offset = scan.offset(), scan.isAtEnd else { return nil }
        self.init(name: text, offset: offset)
    }

    /// Seconds ahead of UTC.
    func offset(at instant: Instant) -> Int64 {
        let moment = instant.secondsSince1970
        if let last = changes.last, moment < last.at || yearly == nil {
            return moment < changes[0].at ? firstOffset : changes[lastChange(before: moment)].offset
        }
        return yearly?.offset(at: moment) ?? firstOffset
    }

    /// The index of the change that is in force at a moment. The moment is not before the first change.
    private func lastChange(before moment: Int64) -> Int {
        var (low, high) = (0, changes.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if changes[middle].at <= moment { low = middle } else { high = middle }
        }
        return low
    }

    func civil(_ instant: Instant) -> CivilTime {
        CivilTime(secondsSince1970: instant.secondsSince1970 + offset(at: instant))
    }

    /// The moment at which clocks show `civil`; the earlier one if they show it twice, a moment nearby if they skip it.
    func instant(_ civil: CivilTime) -> Instant {
        let seconds = civil.secondsSince1970
        let guesses = [-86_400, 86_400].map { seconds - offset(at: Instant(secondsSince1970: seconds + $0)) }
        let matching = guesses.filter { $0 + offset(at: Instant(secondsSince1970: $0)) == seconds }
        return Instant(secondsSince1970: matching.min() ?? guesses[0])
    }
}
