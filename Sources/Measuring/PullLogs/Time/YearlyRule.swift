// SPDX-License-Identifier: Apache-2.0

/// Summer time in the form of a POSIX `TZ` text: `CET-1CEST,M3.5.0,M10.5.0/3` (POSIX.1-2017 §8.3, RFC 8536 §3.3).
struct YearlyRule: Sendable {
    private enum Day: Sendable {
        /// Month, week (5 is the last), weekday (0 is Sunday).
        case weekday(Int, Int, Int)
        /// Day of the year from 1, never counting 29 February.
        case withoutLeapDay(Int)
        /// Day of the year from 0.
        case plain(Int)
    }

    private struct Turn: Sendable {
        var day: Day
        /// Seconds after local midnight.
        var time: Int64 = 7200
    }

    private var standard: Int64 = 0
    /// Seconds ahead of UTC in summer, with its start and end; nil if clocks never change.
    private var summer: (offset: Int64, start: Turn, end: Turn)?

    init?(_ text: String) {
        var rest = Substring(text)
        guard Self.name(&rest), let west = Self.time(&rest) else { return nil }
        standard = -west
        if rest.isEmpty { return }
        guard Self.name(&rest) else { return nil }
        let offset = rest.first == "," ? standard + 3600 : Self.time(&rest).map { -$0 }
        guard let offset, let start = Self.turn(&rest), let end = Self.turn(&rest), rest.isEmpty else { return nil }
        summer = (offset, start, end)
    }

    func offset(at moment: Int64) -> Int64 {
        guard let summer else { return standard }
        let year = CivilTime(secondsSince1970: moment + standard).year
        let start = Self.moment(of: summer.start, in: year) - standard
        let end = Self.moment(of: summer.end, in: year) - summer.offset
        // In the southern hemisphere summer includes the turn of the year.
        let isSummer = start < end ? (start..<end).contains(moment) : !(end..<start).contains(moment)
        return isSummer ? summer.offset : standard
    }

    /// The moment of a change in local seconds since 1970.
    private static func moment(of turn: Turn, in year: Int) -> Int64 {
        let newYear = CivilTime(year: year, month: 1, day: 1)?.daysSince1970 ?? 0
        let day: Int
        switch turn.day {
        case .plain(let number): day = newYear + number
        case .withoutLeapDay(let number): day = newYear + number - 1 + (CivilTime.isLeap(year) && number > 59 ? 1 : 0)
        case .weekday(let month, let week, let weekday):
            guard let first = CivilTime(year: year, month: month, day: 1) else { return 0 }
            let date = 1 + (weekday - first.weekday + 7) % 7 + (week - 1) * 7
            day = first.daysSince1970 + (date > CivilTime.days(inMonth: month, of: year) ? date - 8 : date - 1)
        }
        return Int64(day) * 86_400 + turn.time
    }

    // MARK: - Reading

    private static func name(_ rest: inout Substring) -> Bool {
        let before = rest.count
        if rest.first == "<" {
            guard let end = rest.firstIndex(of: ">") else { return false }
            rest = rest[rest.index(after: end)...]
        } else {
            rest = rest.drop { $0.isLetter }
        }
        return rest.count < before
    }

    /// Reads `[+-]hh[:mm[:ss]]` and returns seconds.
    private static func time(_ rest: inout Substring) -> Int64? {
        let sign: Int64 = rest.first == "-" ? -1 : 1
        if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
        guard let hours = number(&rest) else { return nil }
        var seconds = hours * 3600
        for unit: Int64 in [60, 1] where rest.first == ":" {
            rest.removeFirst()
            guard let part = number(&rest) else { return nil }
            seconds += part * unit
        }
        return sign * seconds
    }

    private static func number(_ rest: inout Substring) -> Int64? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest[digits.endIndex...]
        return digits.count > 4 ? nil : Int64(digits)
    }

    private static func turn(_ rest: inout Substring) -> Turn? {
        guard rest.popFirst() == ",", let day = day(&rest) else { return nil }
        var turn = Turn(day: day)
        if rest.first == "/" {
            rest.removeFirst()
            guard let time = time(&rest) else { return nil }
            turn.time = time
        }
        return turn
    }

    private static func day(_ rest: inout Substring) -> Day? {
        switch rest.first {
        case "J":
            rest.removeFirst()
            return number(&rest).flatMap { (1...365).contains($0) ? .withoutLeapDay(Int($0)) : nil }
        case "M":
            rest.removeFirst()
            guard let month = number(&rest), rest.popFirst() == ".", let week = number(&rest), rest.popFirst() == ".",
                let weekday = number(&rest), (1...12).contains(month), (1...5).contains(week), (0...6).contains(weekday)
            else { return nil }
            return .weekday(Int(month), Int(week), Int(weekday))
        default: return number(&rest).flatMap { (0...365).contains($0) ? .plain(Int($0)) : nil }
        }
    }
}
