// SPDX-License-Identifier: Apache-2.0

/// A JSON document as registries and configuration files send it.
///
/// This program has its own parser, because the input is hostile and needs limits: duplicate keys are refused (two readers
/// of one manifest must not see two images: CVE-2021-41190), depth and number of values are limited, numbers are kept as
/// written so that no size is rounded, and text must be valid UTF-8.
package enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    /// The digits as written.
    case number(String)
    case string(String)
    case array([JSON])
    /// Members in the written order. Keys are unique, unless the parser was lenient.
    case object([Member])

    package struct Member: Hashable, Sendable {
        package var key: String
        package var value: JSON

        package init(key: String, value: JSON) {
            self.key = key
            self.value = value
        }
    }
}

extension JSON {
    package static func object(_ members: KeyValuePairs<String, JSON>) -> JSON {
        .object(members.map { Member(key: $0.key, value: $0.value) })
    }

    package subscript(_ key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    package var string: String? { if case .string(let text) = self { text } else { nil } }
    package var array: [JSON]? { if case .array(let elements) = self { elements } else { nil } }
    package var members: [Member]? { if case .object(let members) = self { members } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var isNull: Bool { self == .null }

    /// A whole number that fits; nil for fractions, exponents and anything out of range.
    package var integer: Int64? { if case .number(let text) = self { Int64(text) } else { nil } }

    /// A number rounded to the nearest representable one; nil for one that is too large (`1e400`).
    package var double: Double? {
        guard case .number(let text) = self, let number = Double(text), number.isFinite else { return nil }
        return number
    }

    /// The members that are strings. Other members are omitted.
    package var stringMap: [String: String] {
        (members ?? []).reduce(into: [:]) { map, member in map[member.key] = member.value.string }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .number(String(value)) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(_ value: some BinaryInteger) { self = .number(String(value)) }
    package init(_ value: String?) { self = value.map(JSON.string) ?? .null }
}

// MARK: - Writing

extension JSON {
    /// The document on one line, members in their order, every control and format character escaped.
    package var text: String {
        var output = ""
        write(to: &output)
        return output
    }

    private func write(to output: inout String) {
        switch self {
        case .null: output += "null"
        case .bool(let value): output += value ? "true" : "false"
        case .number(let text): output += text
        case .string(let text): Self.write(text, to: &output)
        case .array(let elements): Self.write(elements, between: ("[", "]"), to: &output) { $0.write(to: &$1) }
        case .object(let members):
            Self.write(members, between: ("{", "}"), to: &output) { member, output in
                Self.write(member.key, to: &output)
                output += ":"
                member.value.write(to: &output)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element], between brackets: (String, String), to output: inout String,
        each: (Element, inout String) -> Void
    ) {
        output += brackets.0
        for (position, element) in elements.enumerated() {
            if position > 0 { output += "," }
            each(element, &output)
        }
        output += brackets.1
    }

    private static func write(_ text: String, to output: inout String) {
        output += "\""
        // Almost no text needs an escape. Appending character by character took a fifth of a scan's CPU time.
        if text.utf8.allSatisfy(\.isPlainInJSON) { output += text } else { writeEscaped(text, to: &output) }
        output += "\""
    }

    private static func writeEscaped(_ text: String, to output: inout String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\t": output += "\\t"
            case "\r": output += "\\r"
            default:
                if scalar.needsEscapeInJSON {
                    for unit in String(scalar).utf16 { output += "\\u" + unit.fourHexDigits }
                } else {
                    output.unicodeScalars.append(scalar)
                }
            }
        }
    }
}

extension Unicode.Scalar {
    /// Control characters must be escaped. All other characters that are not safe for a terminal are escaped as well,
    /// because the escapes of `displayableLines`, which processes JSON lines before output, are not valid in JSON.
    fileprivate var needsEscapeInJSON: Bool { !(0x20...0x7E).contains(value) && !isSafeToDisplay }
}

extension UInt8 {
    /// A printable ASCII character that JSON texts contain as it is.
    fileprivate var isPlainInJSON: Bool {
        (0x20...0x7E).contains(self) && self != UInt8(ascii: "\"") && self != UInt8(ascii: "\\")
    }
}

extension UInt16 {
    fileprivate var fourHexDigits: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}
