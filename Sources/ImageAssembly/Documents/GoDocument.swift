import OCI

/// A document that was read into a type and is written as Go's encoding/json writes it.
struct GoDocument: Sendable {
    private let type: GoType
    private(set) var value: JSON

    init(_ type: GoType) {
        self.type = type
        value = type.zero
    }

    init(_ document: JSON, as type: GoType) throws(GoTypeError) {
        self.type = type
        value = try type.read(document)
    }

    /// A value by the names of the fields that lead to it. Set, an object on the way comes to be.
    subscript(_ path: String...) -> JSON {
        get { path.reduce(value) { $0[$1] ?? .null } }
        set { value = value.setting(path[...], to: newValue) }
    }

    /// Without blanks, what is empty left out.
    var bytes: [UInt8] { type.pruned(value).goBytes }
}

extension JSON {
    fileprivate func setting(_ path: ArraySlice<String>, to newValue: JSON) -> JSON {
        guard let name = path.first else { return newValue }
        var members = members ?? []
        let inner = (self[name] ?? .null).setting(path.dropFirst(), to: newValue)
        if let position = members.firstIndex(where: { $0.key == name }) {
            members[position].value = inner
        } else {
            members.append(Member(key: name, value: inner))
        }
        return .object(members)
    }

    /// On one line, escaped as Go escapes: so that the text may stand in HTML and in JavaScript.
    var goBytes: [UInt8] {
        var output: [UInt8] = []
        writeGo(to: &output)
        return output
    }

    private func writeGo(to output: inout [UInt8]) {
        switch self {
        case .null, .bool, .number: output += text.utf8
        case .string(let text): Self.writeGo(text, to: &output)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (position, element) in elements.enumerated() {
                if position > 0 { output.append(UInt8(ascii: ",")) }
                element.writeGo(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (position, member) in members.enumerated() {
                if position > 0 { output.append(UInt8(ascii: ",")) }
                Self.writeGo(member.key, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.writeGo(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    private static func writeGo(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += #"\""#.utf8
            case "\\": output += #"\\"#.utf8
            case "\u{8}": output += #"\b"#.utf8
            case "\u{C}": output += #"\f"#.utf8
            case "\n": output += #"\n"#.utf8
            case "\r": output += #"\r"#.utf8
            case "\t": output += #"\t"#.utf8
            case "<", ">", "&", "\u{2028}", "\u{2029}", "\u{0}"..<"\u{20}": output += escape(scalar).utf8
            default: output += String(scalar).utf8
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
