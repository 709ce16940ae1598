// SPDX-License-Identifier: Apache-2.0

import OCI

/// Lists and pairs as gcrane's flag library (spf13/pflag) takes them: one record of CSV, read as Go's encoding/csv
/// reads it.
enum GoList {
    /// Why a value is not a list, as a text that follows the flag's name.
    struct Problem: Error, Equatable {
        let text: String
    }

    /// The words between the commas. An empty text has no words.
    static func words(_ text: String) throws(Problem) -> [String] {
        text.isEmpty ? [] : try CSVRecord.fields(text)
    }

    /// `key=value` between commas. A text with one equals sign is one pair, whatever commas it has.
    static func pairs(_ text: String) throws(Problem) -> [(key: String, value: String)] {
        let signs = text.utf8.count { $0 == UInt8(ascii: "=") }
        let words = signs < 2 ? [trimmed(text)] : try CSVRecord.fields(text)
        var pairs: [(key: String, value: String)] = []
        for word in words {
            guard let pair = pair(word) else {
                throw Problem(text: "\(word.displayable) must be formatted as key=value")
            }
            pairs.append(pair)
        }
        return pairs
    }

    /// The texts before and after the first equals sign.
    static func pair(_ text: String) -> (key: String, value: String)? {
        let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return halves.count == 2 ? (String(halves[0]), String(halves[1])) : nil
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop { $0 == "\"" }.reversed().drop { $0 == "\"" }.reversed())
    }
}

/// The first line of a CSV text, split at its commas.
private struct CSVRecord {
    private let bytes: [UInt8]
    private var offset = 0
    private static let (quote, comma, end) = (UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\n"))

    private init(_ text: String) {
        // Empty lines at the beginning are skipped.
        bytes = Array(text.replacing("\r\n", with: "\n").drop { $0 == "\n" }.utf8)
    }

    static func fields(_ text: String) throws(GoList.Problem) -> [String] {
        var record = CSVRecord(text)
        guard !record.bytes.isEmpty else { throw GoList.Problem(text: "EOF") }
        var fields: [String] = []
        repeat { fields.append(try record.field()) } while record.take(Self.comma)
        return fields
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        offset += 1
        return true
    }

    private mutating func field() throws(GoList.Problem) -> String {
        if take(Self.quote) { return try quotedField() }
        let start = offset
        while let byte = next, byte != Self.comma, byte != Self.end {
            if byte == Self.quote { throw problem("bare \" in non-quoted-field") }
            offset += 1
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    /// Reads a quoted field. Two quotes in it stand for one.
    private mutating func quotedField() throws(GoList.Problem) -> String {
        var field: [UInt8] = []
        while let byte = next {
            offset += 1
            if byte != Self.quote {
                field.append(byte)
            } else if take(Self.quote) {
                field.append(Self.quote)
            } else if next == nil || next == Self.comma || next == Self.end {
                return String(decoding: field, as: UTF8.self)
            } else {
                offset -= 1
                break
            }
        }
        throw problem("extraneous or missing \" in quoted-field")
    }

    private func problem(_ reason: String) -> GoList.Problem {
        GoList.Problem(text: "parse error on line 1, column \(offset + 1): \(reason)")
    }
}
