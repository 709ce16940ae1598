// SPDX-License-Identifier: Apache-2.0

/// JSON as Go's encoding/json writes it. Docker, crane and most registries write their documents in this form.
extension JSON {
    /// On one line, escaped as in Go, so that the text is safe in HTML and JavaScript.
    package var goBytes: [UInt8] {
        var writer = GoWriter(step: nil)
        writer.write(self)
        return writer.output
    }

    /// One member or element per line; each level is indented by `step`.
    package func goBytes(indentedBy step: String) -> [UInt8] {
        var writer = GoWriter(step: step)
        writer.write(self)
        return writer.output
    }
}

/// Lookups as in Go's decoder.
extension JSON {
    /// The values under a name, in any case: Go's decoder treats `Auths` as `auths`.
    package func goValues(of name: String) -> [JSON] {
        let folded = name.foldedAsGoDoes
        return (members ?? []).filter { $0.key.foldedAsGoDoes == folded }.map(\.value)
    }

    /// The final value of a field with this name: the last of several values counts, and null is ignored.
    package func goField(_ name: String) -> JSON? { goValues(of: name).last { !$0.isNull } }
}

extension String {
    /// A key in the form in which Go's decoder compares it with field names: case is ignored, and U+017F (ſ) counts as an s
    /// (encoding/json, `foldName`).
    package var foldedAsGoDoes: String { lowercased().replacing("\u{17F}", with: "s") }
}

private struct GoWriter {
    private(set) var output: [UInt8] = []
    /// nil: everything on one line.
    private let step: [UInt8]?
    private var level = 0

    init(step: String?) { self.step = step.map { Array($0.utf8) } }

    mutating func write(_ value: JSON) {
        switch value {
        case .null, .bool, .number: output += value.text.utf8
        case .string(let text): write(text)
        case .array(let elements): write(elements, between: ("[", "]")) { $0.write($1) }
        case .object(let members):
            write(members, between: ("{", "}")) { writer, member in
                writer.write(member.key)
                writer.output += (writer.step == nil ? ":" : ": ").utf8
                writer.write(member.value)
            }
        }
    }

    private mutating func write<Element>(
        _ elements: [Element], between brackets: (String, String),
        each: (inout GoWriter, Element) -> Void
    ) {
        append(brackets.0)
        level += 1
        for (position, element) in elements.enumerated() {
            if position > 0 { append(",") }
            beginLine()
            each(&self, element)
        }
        level -= 1
        if !elements.isEmpty { beginLine() }
        append(brackets.1)
    }

    private mutating func beginLine() {
        guard let step else { return }
        append("\n")
        for _ in 0..<level { output += step }
    }

    private mutating func append(_ mark: String) { output += mark.utf8 }

    private mutating func write(_ text: String) {
        append("\"")
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": append(#"\""#)
            case "\\": append(#"\\"#)
            case "\u{8}": append(#"\b"#)
            case "\u{C}": append(#"\f"#)
            case "\n": append(#"\n"#)
            case "\r": append(#"\r"#)
            case "\t": append(#"\t"#)
            case "<", ">", "&", "\u{2028}", "\u{2029}", "\u{0}"..<"\u{20}": output += Self.escape(scalar).utf8
            default: output += String(scalar).utf8
            }
        }
        append("\"")
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
