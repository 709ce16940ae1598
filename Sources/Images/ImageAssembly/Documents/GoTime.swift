// SPDX-License-Identifier: Apache-2.0

import OCI

/// Times as Go's time package reads and writes them in JSON (time.Time, RFC 3339 with up to nine digits of a second).
enum GoTime {
    /// Go's zero time, which is written if no time is set.
    static let zero = "0001-01-01T00:00:00Z"

    /// The time as Go writes it; nil if the text is not a time.
    static func normalized(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.count >= zero.utf8.count, isDate(bytes[..<10]), bytes[10] == UInt8(ascii: "T"),
            isClock(bytes[11..<19])
        else { return nil }
        var rest = bytes[19...]
        guard let fraction = fraction(&rest), let zone = zone(rest) else { return nil }
        return String(decoding: bytes[..<19], as: UTF8.self) + fraction + zone
    }

    private static func isDate(_ bytes: ArraySlice<UInt8>) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], let year = number(parts[0], 0...9999),
            let month = number(parts[1], 1...12), let day = number(parts[2], 1...31)
        else { return false }
        return day <= days(in: month, of: year)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func isClock(_ bytes: ArraySlice<UInt8>) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        return parts.map(\.count) == [2, 2, 2] && number(parts[0], 0...23) != nil && number(parts[1], 0...59) != nil
            && number(parts[2], 0...59) != nil
    }

    /// Takes the digits after the point: at most nine, without trailing zeros.
    private static func fraction(_ rest: inout ArraySlice<UInt8>) -> String? {
        guard rest.first == UInt8(ascii: ".") else { return "" }
        let digits = rest.dropFirst().prefix { (48...57).contains($0) }
        guard !digits.isEmpty else { return nil }
        rest = rest[digits.endIndex...]
        var kept = digits.prefix(9)
        while kept.last == UInt8(ascii: "0") { kept = kept.dropLast() }
        return kept.isEmpty ? "" : "." + String(decoding: kept, as: UTF8.self)
    }

    /// The zone: `Z`, or an offset in hours and minutes. The offset 00:00 becomes `Z`.
    private static func zone(_ bytes: ArraySlice<UInt8>) -> String? {
        if bytes.elementsEqual("Z".utf8) { return "Z" }
        guard let sign = bytes.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        let parts = bytes.dropFirst().split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.map(\.count) == [2, 2], let hours = number(parts[0], 0...23),
            let minutes = number(parts[1], 0...59)
        else { return nil }
        return hours + minutes == 0 ? "Z" : String(decoding: bytes, as: UTF8.self)
    }

    private static func number(_ digits: ArraySlice<UInt8>, _ range: ClosedRange<Int>) -> Int? {
        guard digits.allSatisfy({ (48...57).contains($0) }),
            let number = Int(String(decoding: digits, as: UTF8.self)), range.contains(number)
        else { return nil }
        return number
    }
}
