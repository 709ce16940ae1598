// SPDX-License-Identifier: Apache-2.0

/// Reads the needed fields of one entry from its JSON, and keeps nothing else. Checks the structure of the whole entry.
struct JSONEntryReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let schema: EntrySchema
    private var offset = 0

    private static let deepest = 64

    /// Adds the fields of the one object in `bytes` to `fields`. The object belongs to `node` of the schema.
    static func read(
        _ bytes: UnsafeBufferPointer<UInt8>, _ schema: EntrySchema, node: Int = EntrySchema.root,
        into fields: inout EntryFields
    ) throws(EntryError) {
        var reader = JSONEntryReader(bytes: bytes, schema: schema)
        reader.skipBlanks()
        guard reader.peek == UInt8(ascii: "{") else { throw EntryError(reason: "not a JSON object") }
        try reader.object(node: node, &fields, depth: 1)
        reader.skipBlanks()
        if reader.offset < bytes.count { throw reader.unexpected() }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>, schema: EntrySchema) {
        self.bytes = bytes
        self.schema = schema
    }

    /// - Parameter node: the object's node of the schema; nil below keys that are not needed.
    private mutating func object(node: Int?, _ fields: inout EntryFields, depth: Int) throws(EntryError) {
        offset += 1
        skipBlanks()
        if take("}") { return }
        while true {
            skipBlanks()
            guard peek == UInt8(ascii: "\"") else { throw unexpected() }
            let key = try string()
            skipBlanks()
            guard take(":") else { throw unexpected() }
            // A key with escapes never matches, because the needed keys are plain words.
            let step = node.flatMap { schema.step(from: $0, UnsafeBufferPointer(rebasing: bytes[key.range])) }
            try value(step, &fields, depth: depth)
            skipBlanks()
            if take("}") { return }
            guard take(",") else { throw unexpected() }
        }
    }

    private mutating func value(
        _ step: EntrySchema.Step?, _ fields: inout EntryFields, depth: Int
    ) throws(EntryError) {
        guard depth < Self.deepest else {
            throw EntryError(reason: "JSON nested more than \(Self.deepest) levels deep")
        }
        skipBlanks()
        switch peek {
        case UInt8(ascii: "{"):
            let below = step.flatMap { $0.node == EntrySchema.root ? nil : $0.node }
            try object(node: below, &fields, depth: depth + 1)
        case UInt8(ascii: "["): try array(&fields, depth: depth + 1)
        case UInt8(ascii: "\""):
            let text = try string()
            guard let step else { return }
            if let field = step.field {
                try fields.set(field) { store throws(EntryError) in try append(text, to: &store) }
            } else if step.node != EntrySchema.root {
                try nested(text, node: step.node, &fields)
            }
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        case UInt8(ascii: "-"), .some(48...57):
            let range = number()
            if let field = step?.field { fields.set(field) { $0 += bytes[range] } }
        default: throw unexpected()
        }
    }

    /// Reads an object that was exported as text, as BigQuery does with columns of type JSON. Text that is not an
    /// object is ignored.
    private func nested(_ text: Text, node: Int, _ fields: inout EntryFields) throws(EntryError) {
        var decoded: [UInt8] = []
        try append(text, to: &decoded)
        var found = fields
        let isRead = decoded.withUnsafeBufferPointer { bytes in
            (try? Self.read(bytes, schema, node: node, into: &found)) != nil
        }
        if isRead { fields = found }
    }

    private mutating func array(_ fields: inout EntryFields, depth: Int) throws(EntryError) {
        offset += 1
        skipBlanks()
        if take("]") { return }
        while true {
            try value(nil, &fields, depth: depth)
            skipBlanks()
            if take("]") { return }
            guard take(",") else { throw unexpected() }
        }
    }

    // MARK: - Strings

    private struct Text {
        /// The range between the quotes.
        var range: Range<Int>
        var hasEscapes: Bool
    }

    private mutating func string() throws(EntryError) -> Text {
        offset += 1
        let start = offset
        var hasEscapes = false
        while true {
            offset = ByteScan.endOfPlainText(bytes, from: offset)
            switch peek {
            case UInt8(ascii: "\""):
                offset += 1
                return Text(range: start..<offset - 1, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                // Escapes are checked when the text is used. Here only an escaped quote must not end the text.
                offset = min(offset + 2, bytes.count)
            case UInt8(ascii: "\n"):
                throw EntryError(
                    reason: "not JSON: the line ends inside the text that begins at byte \(start) of the entry")
            default: throw unexpected()
            }
        }
    }

    private func append(_ text: Text, to store: inout [UInt8]) throws(EntryError) {
        guard text.hasEscapes else {
            store += bytes[text.range]
            return
        }
        var rest = text.range
        while let byte = rest.popFirst().map({ bytes[$0] }) {
            if byte == UInt8(ascii: "\\") {
                store += try escape(&rest).utf8
            } else {
                store.append(byte)
            }
        }
    }

    private func escape(_ rest: inout Range<Int>) throws(EntryError) -> String {
        let position = rest.popFirst() ?? bytes.count - 1
        switch bytes[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return String(Unicode.Scalar(bytes[position]))
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var units = [try unit(&rest)]
            if UTF16.isLeadSurrogate(units[0]), rest.count >= 6, bytes[rest.lowerBound] == UInt8(ascii: "\\"),
                bytes[rest.lowerBound + 1] == UInt8(ascii: "u")
            {
                rest = rest.dropFirst(2)
                units.append(try unit(&rest))
            }
            return String(decoding: units, as: UTF16.self)
        default: throw EntryError(reason: "not JSON: unknown escape at byte \(position) of the entry")
        }
    }

    private func unit(_ rest: inout Range<Int>) throws(EntryError) -> UInt16 {
        let digits = rest.prefix(4)
        rest = rest.dropFirst(4)
        guard digits.count == 4,
            let unit = UInt16(String(decoding: digits.map { bytes[$0] }, as: UTF8.self), radix: 16)
        else { throw EntryError(reason: "not JSON: incomplete \\u escape at byte \(digits.lowerBound) of the entry") }
        return unit
    }

    // MARK: - The rest

    private mutating func number() -> Range<Int> {
        let start = offset
        while let byte = peek, (48...57).contains(byte) || "+-.eE".utf8.contains(byte) { offset += 1 }
        return start..<offset
    }

    private mutating func literal(_ word: StaticString) throws(EntryError) {
        for position in 0..<word.utf8CodeUnitCount {
            guard peek == word.utf8Start[position] else { throw unexpected() }
            offset += 1
        }
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

    private func unexpected() -> EntryError {
        guard let byte = peek else { return EntryError(reason: "not JSON: the entry ends in the middle") }
        return EntryError(
            reason: "not JSON: unexpected byte 0x\(String(byte, radix: 16)) at byte \(offset + 1) of the entry")
    }
}
