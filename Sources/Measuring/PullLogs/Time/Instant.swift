// SPDX-License-Identifier: Apache-2.0

/// A moment with the precision of a second, as in Kubernetes' events.
package struct Instant: Hashable, Comparable, Sendable {
    package var secondsSince1970: Int64

    package init(secondsSince1970: Int64) { self.secondsSince1970 = secondsSince1970 }

    package static func < (left: Instant, right: Instant) -> Bool { left.secondsSince1970 < right.secondsSince1970 }

    func advanced(by seconds: Int64) -> Instant { Instant(secondsSince1970: secondsSince1970 + seconds) }
}

extension Instant {
    /// Reads RFC 3339 with any offset, and the variants of BigQuery: a blank for `T`, ` UTC` for `Z`, no zone (then it
    /// is UTC), seconds since 1970 (`1.7E9`), and the guide's `%D %R`.
    ///
    /// - Returns: nil for anything else. Fractions of a second are cut off.
    init?(_ text: some Collection<UInt8>) {
        var scan = DigitScan(text)
        if let civil = scan.date(), let time = scan.time(after: civil), let offset = scan.offset(), scan.isAtEnd {
            self.init(secondsSince1970: time.secondsSince1970 - offset)
        } else if let seconds = Self.epochSeconds(text) {
            self.init(secondsSince1970: seconds)
        } else {
            return nil
        }
    }

    /// An hour as Docker Hub's usage report writes it: `2026/11/24/10`, in UTC.
    init?(hubHour text: some Collection<UInt8>) {
        var scan = DigitScan(text)
        guard let hour = scan.slashedHour(), scan.isAtEnd else { return nil }
        self.init(secondsSince1970: hour.secondsSince1970)
    }

    /// Seconds since 1970 in any notation. Milliseconds and microseconds are detected by the size of the number.
    private static func epochSeconds(_ text: some Collection<UInt8>) -> Int64? {
        guard let first = text.first, (48...57).contains(first),
            text.allSatisfy({ (48...57).contains($0) || ".Ee+".utf8.contains($0) }),
            let number = Double(String(decoding: text, as: UTF8.self)), number < 1e17
        else { return nil }
        if number >= 1e14 { return Int64(number / 1e6) }
        return Int64(number >= 1e11 ? number / 1e3 : number)
    }

    /// The moment in RFC 3339, in UTC.
    package var rfc3339: String { TimeFormat.rfc3339.text(of: self, in: .utc) }
}

/// Reads dates and times from bytes, left to right.
struct DigitScan {
    private var rest: [UInt8].SubSequence

    init(_ text: some Collection<UInt8>) { rest = Array(text)[...] }

    var isAtEnd: Bool { rest.isEmpty }

    /// `2026-11-24` or `11/24/26`.
    mutating func date() -> CivilTime? {
        if rest.count >= 8, rest[rest.startIndex + 2] == UInt8(ascii: "/") {
            guard let month = number(2), take("/"), let day = number(2), take("/"), let year = number(2) else {
                return nil
            }
            // Two digits of a year are read as by strptime (POSIX).
            return CivilTime(year: year < 69 ? 2000 + year : 1900 + year, month: month, day: day)
        }
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2) else { return nil }
        return CivilTime(year: year, month: month, day: day)
    }

    /// `2026/11/24/10`.
    mutating func slashedHour() -> CivilTime? {
        guard let year = number(4), take("/"), let month = number(2), take("/"), let day = number(2), take("/"),
            let hour = number(2)
        else { return nil }
        return CivilTime(year: year, month: month, day: day, hour: hour, minute: 0, second: 0)
    }

    /// The time of day after a date, which is optional: `T10:30`, ` 10:30:05.25`.
    mutating func time(after date: CivilTime) -> CivilTime? {
        if isAtEnd { return date }
        guard take("T") || take("t") || take(" "), let hour = number(2), take(":"), let minute = number(2) else {
            return nil
        }
        var second = 0
        if take(":") {
            guard let seconds = number(2) else { return nil }
            second = seconds
            if take(".") || take(",") {
                guard number(1) != nil else { return nil }
                while number(1) != nil {}
            }
        }
        return CivilTime(year: date.year, month: date.month, day: date.day, hour: hour, minute: minute, second: second)
    }

    /// The offset in seconds east of Greenwich: `Z`, ` UTC`, `+02:00`, `-0730`, `+02`; 0 if there is none.
    mutating func offset() -> Int64? {
        if isAtEnd { return 0 }
        _ = take(" ")
        if take("Z") || take("z") || takeWord("UTC") { return 0 }
        let sign: Int64
        if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
        guard let hours = number(2), hours < 24 else { return nil }
        let hasMinutes = take(":") || !isAtEnd
        guard let minutes = hasMinutes ? number(2) : 0, minutes < 60 else { return nil }
        return sign * Int64(hours * 3600 + minutes * 60)
    }

    private mutating func number(_ digits: Int) -> Int? {
        guard rest.count >= digits else { return nil }
        var number = 0
        for byte in rest.prefix(digits) {
            guard (48...57).contains(byte) else { return nil }
            number = number * 10 + Int(byte - 48)
        }
        rest = rest.dropFirst(digits)
        return number
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private mutating func takeWord(_ word: String) -> Bool {
        guard rest.elementsEqual(word.utf8) else { return false }
        rest = []
        return true
    }
}
