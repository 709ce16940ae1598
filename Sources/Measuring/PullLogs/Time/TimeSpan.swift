// SPDX-License-Identifier: Apache-2.0

import OCI

/// A length of time as users write it: `90s`, `45m`, `6h`, `7d`, `2w`.
package struct TimeSpan: Hashable, Sendable, CustomStringConvertible {
    package let seconds: Int64

    init(seconds: Int64) { self.seconds = seconds }

    /// - Returns: nil unless the text is a whole number above zero and a unit.
    package init?(_ text: some StringProtocol) {
        guard let unit = text.last.flatMap({ letter in Self.units.first { $0.letter == letter } }),
            let count = Int64(decimal: text.dropLast()), count > 0, count < 1_000_000
        else { return nil }
        seconds = count * unit.seconds
    }

    private static let units: [(letter: Character, seconds: Int64)] = [
        ("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1),
    ]

    /// The length in the largest unit that divides it; weeks are written as days.
    package var description: String {
        for unit in Self.units.dropFirst() where seconds % unit.seconds == 0 {
            return "\(seconds / unit.seconds)\(unit.letter)"
        }
        return "\(seconds)s"
    }
}

/// The period in which pulls are counted.
package struct Period: Hashable, Sendable {
    package var since: Instant?
    /// The end of the period, excluded.
    package var until: Instant?

    package init(since: Instant? = nil, until: Instant? = nil) {
        self.since = since
        self.until = until
    }

    package var isLimited: Bool { since != nil || until != nil }

    func contains(_ instant: Instant) -> Bool {
        since.map { instant >= $0 } ?? true && until.map { instant < $0 } ?? true
    }

    /// Reads a bound of a period: `now`, `7d` (before `now`), a date or a time in `zone`, or RFC 3339 with its own
    /// offset.
    package static func bound(_ text: String, now: Instant, zone: TimeZoneRules) -> Instant? {
        if text == "now" { return now }
        if let span = TimeSpan(text) { return now.advanced(by: -span.seconds) }
        var scan = DigitScan(text.utf8)
        guard let date = scan.date(), let time = scan.time(after: date) else { return nil }
        if scan.isAtEnd { return zone.instant(time) }
        guard let offset = scan.offset(), scan.isAtEnd else { return nil }
        return Instant(secondsSince1970: time.secondsSince1970 - offset)
    }
}

/// The style of dates if no format is given.
package enum DateStyle: String, Sendable, CaseIterable {
    /// `2026-11-24` (ISO 8601).
    case iso
    /// `11/24/26`, as the migration guide's query writes it.
    case us

    var date: String { self == .iso ? "%F" : "%D" }
}

/// The length of the rows of a table over time.
package enum TimeUnit: String, Sendable, CaseIterable {
    case minute, hour, day

    package func format(_ style: DateStyle) -> TimeFormat {
        switch self {
        case .minute: TimeFormat("\(style.date) %R")!
        case .hour: TimeFormat("\(style.date) %H:00")!
        case .day: TimeFormat(style.date)!
        }
    }

    /// The moment at which the minute, hour or day of `instant` began, in the local time of `zone`.
    func start(of instant: Instant, in zone: TimeZoneRules) -> Instant {
        let offset = zone.offset(at: instant)
        let local = instant.secondsSince1970 + offset
        switch self {
        case .minute: return Instant(secondsSince1970: local.floored(to: 60) - offset)
        case .hour: return Instant(secondsSince1970: local.floored(to: 3600) - offset)
        // The offset at the beginning of a day may differ from the offset at `instant`.
        case .day: return zone.instant(CivilTime(secondsSince1970: local.floored(to: 86_400)))
        }
    }
}
