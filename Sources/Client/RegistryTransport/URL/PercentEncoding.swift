// SPDX-License-Identifier: Apache-2.0

/// Percent-encoding of URL parts (RFC 3986 §2).
package enum PercentEncoding {
    /// For a query value. Encodes everything except unreserved characters and `:`, `/` and `,`, which occur in names and
    /// digests and are allowed in a query.
    package static func encode(_ text: some StringProtocol) -> String {
        encode(text, keeping: inQuery)
    }

    /// For a form field (`application/x-www-form-urlencoded`) or a request to a token service. Encodes everything except
    /// unreserved characters.
    package static func encodeForm(_ text: some StringProtocol) -> String {
        encode(text, keeping: unreserved)
    }

    /// Encodes only bytes that are not allowed in a path or query. Everything else, including encoded parts, stays as it
    /// is.
    package static func encodeForbidden(_ text: some StringProtocol) -> String {
        let encoded = encode(text, keeping: inURL)
        guard encoded.utf8.contains(0x25) else { return encoded }
        return encodeStrayPercents(encoded)
    }

    /// Encodes percent signs that are not followed by two hexadecimal digits.
    private static func encodeStrayPercents(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            bytes.append(byte)
            if byte == 0x25, rest.prefix(2).count(where: isHexDigit) < 2 { bytes += Array("25".utf8) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...102).contains(byte | 0x20)
    }

    private static func encode(_ text: some StringProtocol, keeping kept: ASCIISet) -> String {
        guard text.utf8.contains(where: { !kept.contains($0) }) else { return String(text) }
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if kept.contains(byte) { bytes.append(byte) } else { bytes += [0x25, digit(byte >> 4), digit(byte & 15)] }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 55 + value }

    private static let unreserved = ASCIISet { byte in
        (97...122).contains(byte | 0x20) || (48...57).contains(byte) || "-._~".utf8.contains(byte)
    }
    private static let inQuery = ASCIISet { unreserved.contains($0) || ":/,".utf8.contains($0) }
    private static let inURL = ASCIISet { $0 < 0x7F && !"\"<>\\^`{|}[] ".utf8.contains($0) }
}

/// A set of bytes below 128, one bit each. It is fast, because upload locations are long and every byte is checked.
private struct ASCIISet {
    private var bits: (UInt64, UInt64) = (0, 0)

    init(_ isMember: (UInt8) -> Bool) {
        for byte in UInt8(0)..<64 {
            if isMember(byte) { bits.0 |= 1 << byte }
            if isMember(byte + 64) { bits.1 |= 1 << byte }
        }
    }

    func contains(_ byte: UInt8) -> Bool {
        (byte < 64 ? bits.0 >> byte : byte < 128 ? bits.1 >> (byte - 64) : 0) & 1 == 1
    }
}

extension PercentEncoding {
    /// The decoded text. A percent sign that is not followed by two hexadecimal digits stands for itself.
    static func decode(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == 0x25, digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
