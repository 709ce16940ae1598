// SPDX-License-Identifier: Apache-2.0

/// A format of times. It supports those elements of BigQuery's `FORMAT_TIMESTAMP` and of `strftime` that are useful for
/// pulls.
package struct TimeFormat: Hashable, Sendable {
    private enum Part: Hashable, Sendable {
        case text(String)
        case element(Character)
    }

    private let parts: [Part]

    static let rfc3339 = TimeFormat(known: "%FT%T%:z")

    /// - Returns: nil if the text has an unknown element.
    package init?(_ text: String) {
        var parts: [Part] = []
        var rest = Substring(text)
        while let character = rest.popFirst() {
            guard character == "%" else {
                parts.append(.text(String(character)))
                continue
            }
            // A colon is skipped, for `%:z`, GNU's offset with a colon, which is the only element with two characters.
            if rest.first == ":" { rest.removeFirst() }
            guard let element = rest.popFirst(), Self.elements.contains(element) else { return nil }
            parts.append(.element(element))
        }
        self.parts = parts
    }

    private init(known text: String) { self = Self(text) ?? Self(parts: []) }
    private init(parts: [Part]) { self.parts = parts }

    package static let elements = "YymdeHMSRTFDjabAsz%"

    package func text(of instant: Instant, in zone: TimeZoneRules) -> String {
        let civil = zone.civil(instant)
        return parts.map { part in
            switch part {
            case .text(let text): text
            case .element(let element): Self.text(of: element, civil, instant, zone)
            }
        }.joined()
    }

    private static func text(
        of element: Character, _ civil: CivilTime, _ instant: Instant, _ zone: TimeZoneRules
    ) -> String {
        switch element {
        case "Y": return padded(civil.year, 4)
        case "y": return padded(civil.year % 100)
        case "m": return padded(civil.month)
        case "d": return padded(civil.day)
        case "e": return civil.day < 10 ? " \(civil.day)" : "\(civil.day)"
        case "H": return padded(civil.hour)
        case "M": return padded(civil.minute)
        case "S": return padded(civil.second)
        case "R": return "\(padded(civil.hour)):\(padded(civil.minute))"
        case "T": return "\(padded(civil.hour)):\(padded(civil.minute)):\(padded(civil.second))"
        case "F": return "\(padded(civil.year, 4))-\(padded(civil.month))-\(padded(civil.day))"
        case "D": return "\(padded(civil.month))/\(padded(civil.day))/\(padded(civil.year % 100))"
        case "j":
            return padded(
                civil.daysSince1970 - (CivilTime(year: civil.year, month: 1, day: 1)?.daysSince1970 ?? 0) + 1, 3)
        case "a": return String(weekdays[civil.weekday].prefix(3))
        case "A": return weekdays[civil.weekday]
        case "b": return months[civil.month - 1]
        case "s": return String(instant.secondsSince1970)
        case "z": return offset(zone.offset(at: instant))
        default: return "%"
        }
    }

    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func offset(_ seconds: Int64) -> String {
        if seconds == 0 { return "Z" }
        let minutes = Int(abs(seconds)) / 60
        return (seconds < 0 ? "-" : "+") + padded(minutes / 60) + ":" + padded(minutes % 60)
    }
}
