// SPDX-License-Identifier: Apache-2.0

import OCI

/// A point in time in protocol notation.
struct CalendarTime: Hashable {
    /// Since 1970.
    let seconds: Int64

    /// Reads `2026-11-24T03:00:00Z`, with or without a fraction, with any offset (RFC 3339 §5.6).
    init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, "-:".utf8.contains(bytes[4]), bytes[10] | 0x20 == UInt8(ascii: "t") else { return nil }
        let numbers = [(0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2)].compactMap { start, count in
            Self.number(bytes[start..<start + count])
        }
        guard numbers.count == 6, let offset = Self.offset(bytes[19...]) else { return nil }
        let (month, day) = (numbers[1], numbers[2])
        guard (1...12).contains(month), (1...31).contains(day) else { return nil }
        let days = Int64(GregorianCalendar.daysSince1970(Int(numbers[0]), Int(month), Int(day)))
        seconds = ((days * 24 + numbers[3]) * 60 + numbers[4]) * 60 + numbers[5] - offset
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int64($1 - 48) }
    }

    /// Seconds east of Greenwich, after a fraction that does not matter.
    private static func offset(_ rest: ArraySlice<UInt8>) -> Int64? {
        let zone = rest.first == UInt8(ascii: ".") ? rest.dropFirst().drop { (48...57).contains($0) } : rest
        if zone.count == 1, zone.first.map({ $0 | 0x20 }) == UInt8(ascii: "z") { return 0 }
        guard zone.count == 6, let sign = zone.first, "+-".utf8.contains(sign),
            let hours = number(zone.dropFirst().prefix(2)), let minutes = number(zone.suffix(2))
        else { return nil }
        return (hours * 60 + minutes) * 60 * (sign == UInt8(ascii: "-") ? -1 : 1)
    }
}
