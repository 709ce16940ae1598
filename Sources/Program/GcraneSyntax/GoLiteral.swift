// SPDX-License-Identifier: Apache-2.0

import OCI

/// Values as Go's standard library reads and prints them. gcrane parses its flags with it, and scripts rely on what it
/// accepts (strconv's ParseBool, ParseInt with base 0, Quote).
enum GoLiteral {
    enum IntError: Error {
        case syntax
        case range
    }

    static func bool(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }

    /// Reads a decimal number, or one with a prefix for its base. Digits may be grouped by `_`.
    static func int(_ text: String) throws(IntError) -> Int {
        let isNegative = text.hasPrefix("-")
        let unsigned = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
        let (base, digits) = base(of: unsigned)
        // After a prefix, the digits may begin with `_`.
        let canBegin = digits.count < unsigned.count || !digits.hasPrefix("_")
        guard !digits.contains("_") || (canBegin && areGrouped(digits)) else { throw .syntax }
        let bare = digits.filter { $0 != "_" }
        guard !bare.isEmpty, bare.utf8.allSatisfy({ isDigit($0, base) }) else { throw .syntax }
        guard let value = Int((isNegative ? "-" : "") + bare, radix: base) else { throw .range }
        return value
    }

    private static func base(of text: Substring) -> (Int, Substring) {
        let lower = text.prefix(2).lowercased()
        switch lower {
        case "0x": return (16, text.dropFirst(2))
        case "0b": return (2, text.dropFirst(2))
        case "0o": return (8, text.dropFirst(2))
        default: return lower.count == 2 && lower.hasPrefix("0") ? (8, text.dropFirst()) : (10, text)
        }
    }

    /// A `_` must be between digits, or between the prefix and a digit.
    private static func areGrouped(_ digits: Substring) -> Bool { !digits.hasSuffix("_") && !digits.contains("__") }

    private static func isDigit(_ byte: UInt8, _ base: Int) -> Bool {
        let value =
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) - 48
            case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte) - 87
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(byte) - 55
            default: 99
            }
        return value < base
    }

    /// The text in double quotes. Characters that could end the quotes or move a cursor are escaped.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default: result += String(scalar).displayable
            }
        }
        return result + "\""
    }
}
