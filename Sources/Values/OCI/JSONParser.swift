// SPDX-License-Identifier: Apache-2.0

/// Limits of a document. The receiver of the bytes limits their number.
package struct JSONLimits: Sendable {
    package var depth = 64
    package var values = 2_000_000

    package init() {}
}

/// Why bytes are not an acceptable JSON document.
package enum JSONError: Error, Equatable, CustomStringConvertible {
    case unexpected(what: String, offset: Int)
    case invalidUTF8(offset: Int)
    case duplicateKey(String)
    case tooDeep(limit: Int)
    case tooManyValues(limit: Int)

    package var description: String {
        switch self {
        case .unexpected(let what, let offset): "not JSON: \(what) at byte \(offset)"
        case .invalidUTF8(let offset): "not JSON: invalid UTF-8 at byte \(offset)"
        case .duplicateKey(let key):
            "ambiguous JSON: the key \"\(key.displayable(limit: 64))\" occurs twice in one object"
        case .tooDeep(let limit): "JSON nested more than \(limit) levels deep"
        case .tooManyValues(let limit): "JSON with more than \(limit) values"
        }
    }
}

extension JSON {
    /// Deviations from JSON that a parser accepts. Other parsers may read them differently, so documents that all must read
    /// alike allow none.
    package struct Leniency: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        /// Keys may occur several times in an object. All of them are members, in order.
        package static let repeatedKeys = Leniency(rawValue: 1)
        /// Invalid UTF-8, and half a surrogate pair, are read as U+FFFD.
        package static let brokenText = Leniency(rawValue: 2)
        /// Text after the document is ignored.
        package static let moreBehind = Leniency(rawValue: 4)
        /// What Go's decoder accepts, with which Docker and similar programs read their files.
        package static let goDecoder: Leniency = [.repeatedKeys, .brokenText, .moreBehind]
    }

    /// Parses exactly one document (RFC 8259); anything but blanks after it is an error.
    package init(
        _ bytes: some Collection<UInt8>, allowing leniency: Leniency = [], limits: JSONLimits = JSONLimits()
    ) throws(JSONError) {
        let result = bytes.withContiguousStorageIfAvailable { buffer in
            Result { () throws(JSONError) in try Self.document(buffer, leniency, limits) }
        }
        if let result {
            self = try result.get()
        } else {
            self = try Self.init(Array(bytes), allowing: leniency, limits: limits)
        }
    }

    private static func document(
        _ bytes: UnsafeBufferPointer<UInt8>, _ leniency: Leniency, _ limits: JSONLimits
    ) throws(JSONError) -> JSON {
        var parser = JSONParser(bytes: bytes, leniency: leniency, limits: limits)
        let value = try parser.value(depth: 0)
        if !leniency.contains(.moreBehind) { try parser.end() }
        return value
    }
}

private struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let leniency: JSON.Leniency
    let limits: JSONLimits
    var offset = 0
    var values = 0

    init(bytes: UnsafeBufferPointer<UInt8>, leniency: JSON.Leniency, limits: JSONLimits) {
        self.bytes = bytes
        self.leniency = leniency
        self.limits = limits
    }

    mutating func value(depth: Int) throws(JSONError) -> JSON {
        guard depth <= limits.depth else { throw .tooDeep(limit: limits.depth) }
        values += 1
        guard values <= limits.values else { throw .tooManyValues(limit: limits.values) }
        skipBlanks()
        switch peek {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"): return try number()
        case .some(48...57): return try number()
        default: throw unexpected()
        }
    }

    mutating func end() throws(JSONError) {
        skipBlanks()
        if offset < bytes.count { throw unexpected() }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSON {
        var members: [JSON.Member] = []
        var seen: Set<String> = []
        offset += 1
        skipBlanks()
        if take("}") { return .object([]) }
        while true {
            skipBlanks()
            guard peek == UInt8(ascii: "\"") else { throw unexpected() }
            let key = try string()
            skipBlanks()
            guard take(":") else { throw unexpected() }
            members.append(JSON.Member(key: key, value: try value(depth: depth + 1)))
            // A few keys are compared faster than they are hashed.
            if members.count == 16 { seen = Set(members.dropLast().map(\.key)) }
            let isNew = members.count < 16 ? !members.dropLast().contains { $0.key == key } : seen.insert(key).inserted
            guard isNew || leniency.contains(.repeatedKeys) else { throw .duplicateKey(key) }
            skipBlanks()
            if take("}") { return .object(members) }
            guard take(",") else { throw unexpected() }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSON {
        var elements: [JSON] = []
        offset += 1
        skipBlanks()
        if take("]") { return .array([]) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipBlanks()
            if take("]") { return .array(elements) }
            guard take(",") else { throw unexpected() }
        }
    }

    private mutating func string() throws(JSONError) -> String {
        offset += 1
        let start = offset
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\""), bytes[offset] != UInt8(ascii: "\\") {
            guard bytes[offset] >= 0x20 else { throw unexpected() }
            offset += 1
        }
        if take("\"") { return try text(of: start..<offset - 1) }
        return try escapedString(from: start)
    }

    /// The slower path, taken from the first backslash on.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var units = Array(bytes[start..<offset])
        while let byte = peek, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw unexpected() }
            offset += 1
            if byte == UInt8(ascii: "\\") {
                units.append(contentsOf: String(try escape()).utf8)
            } else {
                units.append(byte)
            }
        }
        guard take("\"") else { throw unexpected() }
        return try text(units, at: start)
    }

    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        guard let byte = peek else { throw unexpected() }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default:
            offset -= 1
            throw unexpected()
        }
    }

    private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let high = try hexUnit()
        if let scalar = Unicode.Scalar(high) { return scalar }
        let end = offset
        if UTF16.isLeadSurrogate(UInt16(high)), take("\\"), take("u") {
            let low = try hexUnit()
            if UTF16.isTrailSurrogate(UInt16(low)) { return Self.scalar(high, low) }
        }
        guard leniency.contains(.brokenText) else { throw unexpected() }
        offset = end
        return "\u{FFFD}"
    }

    private static func scalar(_ high: UInt32, _ low: UInt32) -> Unicode.Scalar {
        Unicode.Scalar(0x10000 + ((high & 0x3FF) << 10 | (low & 0x3FF))) ?? "\u{FFFD}"
    }

    private mutating func hexUnit() throws(JSONError) -> UInt32 {
        guard offset + 4 <= bytes.count else { throw unexpected() }
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[offset])).hexDigitValue else { throw unexpected() }
            unit = unit << 4 | UInt32(digit)
            offset += 1
        }
        return unit
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = offset
        _ = take("-")
        let firstDigit = offset
        try digits()
        if bytes[firstDigit] == UInt8(ascii: "0"), offset > firstDigit + 1 { throw unexpected() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            _ = take("+") || take("-")
            try digits()
        }
        return .number(try text(of: start..<offset))
    }

    private mutating func digits() throws(JSONError) {
        let start = offset
        while let byte = peek, (48...57).contains(byte) { offset += 1 }
        if offset == start { throw unexpected() }
    }

    private mutating func literal(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        guard offset + word.utf8CodeUnitCount <= bytes.count else { throw unexpected() }
        for position in 0..<word.utf8CodeUnitCount where bytes[offset + position] != word.utf8Start[position] {
            throw unexpected()
        }
        offset += word.utf8CodeUnitCount
        return value
    }

    private func text(of range: Range<Int>) throws(JSONError) -> String {
        try text(UnsafeBufferPointer(rebasing: bytes[range]), at: range.lowerBound)
    }

    private func text(_ units: some Collection<UInt8>, at offset: Int) throws(JSONError) -> String {
        // Most texts are ASCII, and the validating initializer takes several times as long.
        if units.allSatisfy({ $0 < 0x80 }) { return String(decoding: units, as: UTF8.self) }
        if let text = String(validating: units, as: UTF8.self) { return text }
        guard leniency.contains(.brokenText) else { throw .invalidUTF8(offset: offset) }
        return String(decoding: units, as: UTF8.self)
    }

    private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = peek, byte == 32 || byte == 10 || byte == 13 || byte == 9 { offset += 1 }
    }

    private func unexpected() -> JSONError {
        guard let byte = peek else { return .unexpected(what: "unexpected end", offset: offset) }
        return .unexpected(what: "unexpected byte 0x" + String(byte, radix: 16), offset: offset)
    }
}
