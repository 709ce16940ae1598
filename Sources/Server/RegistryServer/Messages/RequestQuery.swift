// SPDX-License-Identifier: Apache-2.0

/// The query of a request: decoded names and values, in order. Names may repeat.
package struct RequestQuery: Sendable, Hashable {
    package var items: [Item] = []

    package struct Item: Sendable, Hashable {
        package var name: String
        package var value: String
    }

    package init() {}

    /// Parses the text after the question mark, or a form body (`application/x-www-form-urlencoded`).
    package init(_ text: some StringProtocol) {
        items = text.split(separator: "&").map { part in
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return Item(
                name: PercentEncoding.decode(halves[0], plusIsBlank: true),
                value: halves.count > 1 ? PercentEncoding.decode(halves[1], plusIsBlank: true) : "")
        }
    }

    /// The first value of that name.
    package subscript(_ name: String) -> String? { items.first { $0.name == name }?.value }

    /// All values of that name, in order.
    package func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }
}

/// Percent-encoding of URLs (RFC 3986 §2.1).
package enum PercentEncoding {
    /// Decodes a text and never fails: a percent sign without two digits stays as it is, and bytes that are not UTF-8
    /// become replacement characters, which no name, tag or digest may contain.
    package static func decode(_ text: some StringProtocol, plusIsBlank: Bool) -> String {
        let needsWork = text.utf8.contains { $0 == UInt8(ascii: "%") || (plusIsBlank && $0 == UInt8(ascii: "+")) }
        guard needsWork else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let escaped = escapedByte(rest) {
                bytes.append(escaped)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(plusIsBlank && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Encodes everything but letters, digits and `-._~`.
    package static func encode(_ text: some StringProtocol) -> String {
        var result = ""
        for byte in text.utf8 {
            if isUnreserved(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: "-._~".utf8.contains(byte)
        }
    }

    private static func escapedByte(_ rest: ArraySlice<UInt8>) -> UInt8? {
        guard rest.count >= 2 else { return nil }
        let digits = rest.prefix(2).map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard let high = digits[0], let low = digits[1] else { return nil }
        return UInt8(high << 4 | low)
    }
}
