// SPDX-License-Identifier: Apache-2.0

/// Jinja's expressions in Ansible's texts (docs.ansible.com, "Using variables").
enum Jinja {
    /// The text with `${name}` for each `{{ name }}`, and `${name:-x}` for each `{{ name | default('x') }}`. Any other
    /// expression has no value here.
    static func asShell(_ text: TracedText) -> TracedText {
        guard text.bytes.contains(UInt8(ascii: "{")) else { return text }
        var result = TracedText(capacity: text.count)
        var closing = NextPlace(of: "}}".utf8)
        var index = 0
        while index < text.count {
            guard text.bytes[index...].starts(with: "{{".utf8), closing.first(in: text.bytes, from: index + 2) != nil,
                let behind = TemplateAction.end(of: index, in: text.bytes)
            else {
                result.append(at: index, of: text)
                index += 1
                continue
            }
            append(
                text[index + 2..<behind - 2].trimmed, between: (text.origins[index], text.origins[behind - 1]),
                to: &result)
            index = behind
        }
        return result
    }

    /// The same bytes with `{% … %}` and `{# … #}` blanked out.
    static func withoutStatements(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        var ends = [UInt8(ascii: "%"): NextPlace(of: "%}".utf8), UInt8(ascii: "#"): NextPlace(of: "#}".utf8)]
        var offset = 0
        while offset + 1 < bytes.count, let start = bytes[offset...].firstIndex(of: UInt8(ascii: "{")) {
            offset = start + 1
            // `${#name}` is shell syntax.
            guard offset < bytes.count, start == 0 || bytes[start - 1] != 36,
                let mark = ends[bytes[offset]]?.first(in: bytes, from: offset + 1), mark - offset <= statementLimit
            else { continue }
            let end = mark + 2
            for place in start..<end where bytes[place] != 10 && bytes[place] != 13 { result[place] = 32 }
            offset = end
        }
        return result
    }

    /// The most bytes of a statement.
    private static let statementLimit = 4096

    private static func append(_ inner: TracedText, between places: (Int, Int), to result: inout TracedText) {
        let name = inner[0..<(inner.bytes.firstIndex { !isNameByte($0) } ?? inner.count)]
        let rest = inner[name.count..<inner.count].trimmed
        for byte in "${".utf8 { result.append(byte, origin: places.0) }
        result.append(name)
        if let value = defaultValue(rest) {
            for byte in ":-".utf8 { result.append(byte, origin: TracedText.nowhere) }
            result.append(value)
        } else if !rest.isEmpty || name.isEmpty {
            for byte in "[…]".utf8 { result.append(byte, origin: TracedText.nowhere) }
        }
        result.append(UInt8(ascii: "}"), origin: places.1)
    }

    /// The text in `| default('text')`.
    private static func defaultValue(_ rest: TracedText) -> TracedText? {
        guard rest.bytes.first == UInt8(ascii: "|") else { return nil }
        var call = rest[1..<rest.count].trimmed
        guard call.bytes.starts(with: "default(".utf8) else { return nil }
        call = call[8..<call.count].trimmed
        guard let quote = call.bytes.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
            let end = call.bytes.dropFirst().firstIndex(of: quote)
        else { return nil }
        let behind = call[end + 1..<call.count].string.filter { $0 != " " }
        return [")", ",true)"].contains(behind) ? call[1..<end] : nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte == 95 || byte == 46 || (byte | 32) &- 97 < 26 || byte &- 48 < 10
    }
}
