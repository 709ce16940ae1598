// SPDX-License-Identifier: Apache-2.0

import OCI

/// The head of an answer, rewritten so that every parser reads it the same way.
///
/// It accepts deviations that Go's net/http and curl accept and that carry no risk: line feeds without carriage returns,
/// folded fields, blanks around a field's name, any reason phrase, a repeated length, impossible lengths if no body
/// follows. It refuses everything else, with a text that says what was received.
struct ResponseHead: Equatable {
    /// How the end of the body is found (RFC 9112 §6.3).
    enum Framing: Equatable {
        /// There is no body: the next bytes on the connection belong to another answer.
        case none
        case length(Int64)
        case chunked
        /// The body ends with the connection.
        case untilEnd
    }

    struct Field: Equatable {
        let name: ArraySlice<UInt8>
        fileprivate(set) var value: ArraySlice<UInt8>
    }

    private let version: String
    let status: Int
    let framing: Framing
    let fields: [Field]

    var hasBody: Bool { framing != .none }

    /// Whether the connection may carry another request after the body's end (RFC 9112 §9.3).
    var leavesConnectionOpen: Bool {
        version == "HTTP/1.1" && framing != .untilEnd
            && !Self.tokens("connection", fields).contains { $0.lowercased() == "close" }
    }

    /// The head as it is handed on to another parser.
    var bytes: [UInt8] {
        var bytes = Array("\(version) \(status) \r\n".utf8)
        bytes.reserveCapacity(fields.reduce(bytes.count + 2) { $0 + $1.name.count + $1.value.count + 4 })
        for field in fields {
            bytes += field.name
            bytes += ": ".utf8
            bytes += field.value
            bytes += "\r\n".utf8
        }
        bytes += "\r\n".utf8
        return bytes
    }

    /// The bytes of the last head on a connection. They close it, because its next bytes belong to no answer.
    var bytesOfLast: [UInt8] { bytes.dropLast(2) + Array("Connection: close\r\n\r\n".utf8) }

    /// Why a head is refused.
    struct Refusal: Error, Equatable, CustomStringConvertible {
        /// nil if the answer has no readable status.
        let status: Int?
        let reason: String

        var description: String { status.map { "\($0) with \(reason)" } ?? reason }
    }

    var isInformational: Bool { (100...199).contains(status) }

    /// - Parameters:
    ///   - lines: the lines without their ends, from the status line up to the empty line.
    ///   - secrets: the secrets that were sent, which the head may repeat. A refusal does not contain them.
    init(lines: [ArraySlice<UInt8>], isAnswerToHead: Bool, hiding secrets: SentSecrets) throws(Refusal) {
        (version, status) = try Self.statusLine(lines.first ?? [], hiding: secrets)
        let hasBody = !isAnswerToHead && status >= 200 && status != 204 && status != 304
        var fields = try Self.fields(lines.dropFirst(), status, hiding: secrets)
        framing = try Self.settleLength(&fields, status, hasBody: hasBody, hiding: secrets)
        self.fields = fields
    }

    // MARK: The status line

    private static func statusLine(
        _ line: ArraySlice<UInt8>, hiding secrets: SentSecrets
    ) throws(Refusal) -> (version: String, status: Int) {
        let parts = line.split(separator: 0x20, maxSplits: 1)
        let version = String(decoding: parts.first ?? [], as: UTF8.self)
        guard ["HTTP/1.0", "HTTP/1.1"].contains(version) else {
            throw Refusal(status: nil, reason: "it begins with \(shown(line, hiding: secrets)), not with HTTP/1.1")
        }
        let text = parts.dropFirst().first?.drop { $0 == 0x20 }.prefix { $0 != 0x20 } ?? []
        guard text.count == 3, text.allSatisfy(isDigit) else {
            throw Refusal(status: nil, reason: "\(shown(line, hiding: secrets)) has no status of three digits")
        }
        let status = text.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard status >= 100 else {
            throw Refusal(status: nil, reason: "\(shown(line, hiding: secrets)) has a status below 100")
        }
        guard status != 101 else { throw Refusal(status: status, reason: "a protocol that nobody asked for") }
        return (version, status)
    }

    // MARK: The fields

    private static let mostFields = 256
    private static let longestField = 64 << 10

    private static func fields(
        _ lines: ArraySlice<ArraySlice<UInt8>>, _ status: Int, hiding secrets: SentSecrets
    ) throws(Refusal) -> [Field] {
        var fields: [Field] = []
        fields.reserveCapacity(lines.count)
        for line in lines {
            guard line.first.map(isBlank) == true else {
                fields.append(try field(line, status, hiding: secrets))
                continue
            }
            // A folded line continues the field of the line before (RFC 9112 §5.2).
            guard !fields.isEmpty else {
                throw Refusal(status: status, reason: "a header line that begins with a blank")
            }
            fields[fields.count - 1].fold(trimmed(line))
        }
        guard fields.count <= mostFields else {
            throw Refusal(status: status, reason: "\(fields.count) header lines; \(mostFields) are the most")
        }
        for field in fields { try check(field, status, hiding: secrets) }
        fields.removeAll { $0.name.contains(where: isBlank) }
        return fields
    }

    private static func field(
        _ line: ArraySlice<UInt8>, _ status: Int, hiding secrets: SentSecrets
    ) throws(Refusal) -> Field {
        guard let colon = line.firstIndex(of: 0x3A) else {
            throw Refusal(status: status, reason: "a header line that has no colon, \(shown(line, hiding: secrets))")
        }
        return Field(name: trimmed(line[..<colon]), value: trimmed(line[(colon + 1)...]))
    }

    /// A name with blanks inside is accepted but never matches a lookup, as in Go.
    private static func check(_ field: Field, _ status: Int, hiding secrets: SentSecrets) throws(Refusal) {
        guard !field.name.isEmpty, field.name.allSatisfy({ isTokenByte($0) || isBlank($0) }) else {
            throw Refusal(
                status: status, reason: "a header line whose name is none, \(shown(field.name, hiding: secrets))")
        }
        guard field.value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw Refusal(
                status: status, reason: "control characters in its \(field.shownName(hiding: secrets)) header")
        }
        guard field.value.count <= longestField else {
            throw Refusal(
                status: status,
                reason: "a \(field.shownName(hiding: secrets)) header of more than \(longestField) bytes")
        }
    }

    // MARK: The length

    /// Leaves exactly one way to find the body's end (RFC 9112 §6.3), and none if there is no body.
    private static func settleLength(
        _ fields: inout [Field], _ status: Int, hasBody: Bool, hiding secrets: SentSecrets
    ) throws(Refusal) -> Framing {
        if let length = soleLength(fields) { return hasBody ? .length(length) : .none }
        let codings = tokens("transfer-encoding", fields).filter { $0.lowercased() != "identity" }
        guard !hasBody || codings.isEmpty || codings.map({ $0.lowercased() }) == ["chunked"] else {
            let text = secrets.excerpt(of: codings.joined(separator: ", "), limit: 40)
            throw Refusal(status: status, reason: "the transfer encoding \"\(text)\", which was not asked for")
        }
        let lengths = tokens("content-length", fields)
        let length = lengths.first.flatMap { first in lengths.allSatisfy { $0 == first } ? number(first) : nil }
        if hasBody, codings.isEmpty, !lengths.isEmpty, length == nil {
            let text = secrets.excerpt(of: Set(lengths).sorted().joined(separator: "\" and \""), limit: 60)
            throw Refusal(status: status, reason: "a Content-Length of \"\(text)\"")
        }
        fields.removeAll { $0.isNamed("transfer-encoding") || $0.isNamed("content-length") }
        if hasBody, !codings.isEmpty {
            fields.append(Field(name: Array("Transfer-Encoding".utf8)[...], value: Array("chunked".utf8)[...]))
            return .chunked
        }
        guard let length else { return hasBody ? .untilEnd : .none }
        fields.append(Field(name: Array("Content-Length".utf8)[...], value: Array("\(length)".utf8)[...]))
        return hasBody ? .length(length) : .none
    }

    /// The length, if one field says it in one way, as nearly all answers do: then nothing has to be rewritten.
    private static func soleLength(_ fields: [Field]) -> Int64? {
        var length: Int64?
        for field in fields {
            if field.isNamed("transfer-encoding") { return nil }
            guard field.isNamed("content-length") else { continue }
            guard length == nil, field.value.first != 0x30 || field.value.count == 1, field.value.count < 19,
                !field.value.isEmpty, field.value.allSatisfy(isDigit)
            else { return nil }
            length = field.value.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
        return length
    }

    private static func tokens(_ name: StaticString, _ fields: [Field]) -> [String] {
        var tokens: [String] = []
        for field in fields where field.isNamed(name) {
            for token in field.value.split(separator: 0x2C, omittingEmptySubsequences: false) {
                tokens.append(String(decoding: trimmed(token), as: UTF8.self))
            }
        }
        return tokens
    }

    private static func number(_ text: String) -> Int64? { text.utf8.allSatisfy(isDigit) ? Int64(text) : nil }

    // MARK: Bytes

    /// The received bytes, safe to show.
    static func shown(_ bytes: ArraySlice<UInt8>, isWhole: Bool = true, hiding secrets: SentSecrets) -> String {
        "\"\(secrets.excerpt(of: Array(bytes), limit: 40, isWhole: isWhole))\""
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let start = bytes.drop(while: isBlank)
        return start[..<(start.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start.startIndex)]
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        // Nearly all names consist of letters and hyphens.
        (0x61...0x7A).contains(byte | 0x20) || byte == 0x2D || isDigit(byte) || "!#$%&'*+.^_`|~".utf8.contains(byte)
    }
}

extension ResponseHead.Field {
    /// Names may contain blanks and tabs, and have any length.
    fileprivate func shownName(hiding secrets: SentSecrets) -> String { secrets.excerpt(of: Array(name), limit: 40) }

    /// A value neither begins nor ends with a blank, even if one of its lines is empty.
    fileprivate mutating func fold(_ line: ArraySlice<UInt8>) {
        if !value.isEmpty, !line.isEmpty { value.append(0x20) }
        value += line
    }

    fileprivate func isNamed(_ other: StaticString) -> Bool {
        // Most names differ in their length.
        guard name.count == other.utf8CodeUnitCount else { return false }
        var expected = other.utf8Start
        for byte in name {
            if byte | 0x20 != expected.pointee | 0x20 { return false }
            expected += 1
        }
        return true
    }
}
