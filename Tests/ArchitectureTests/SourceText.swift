/// Swift source with comments and the contents of string literals blanked out, line by line.
///
/// Enough of the language for finding imports and calls; not a parser.
struct SourceText {
    private(set) var code = ""
    private var rest: Substring

    /// - Parameter keepingStrings: leaves literals in, for reading the package manifest.
    init(_ text: String, keepingStrings: Bool = false) {
        rest = text[...]
        while !rest.isEmpty { step(keepingStrings) }
    }

    var lines: [Substring] { code.split(separator: "\n", omittingEmptySubsequences: false) }

    private mutating func step(_ keepingStrings: Bool) {
        if rest.hasPrefix("//") {
            rest = rest.drop { !$0.isNewline }
        } else if rest.hasPrefix("/*") {
            skip(to: "*/")
        } else if let delimiter = literalDelimiter {
            let literal = takeLiteral(delimiter)
            code += keepingStrings ? String(literal) : "\"\""
        } else {
            code.append(rest.removeFirst())
        }
    }

    private var literalDelimiter: String? {
        for hashes in ["", "#", "##"] {
            for quotes in ["\"\"\"", "\""] where rest.hasPrefix(hashes + quotes) { return quotes + hashes }
        }
        return nil
    }

    /// Removes the literal that begins here, which ends with `delimiter`.
    private mutating func takeLiteral(_ delimiter: String) -> Substring {
        let start = rest.startIndex
        let isRaw = delimiter.hasSuffix("#")
        rest = rest.dropFirst(delimiter.count)
        while !rest.isEmpty, !rest.hasPrefix(delimiter) {
            rest = rest.dropFirst(rest.first == "\\" && !isRaw ? 2 : 1)
        }
        rest = rest.dropFirst(delimiter.count)
        return rest.base[start..<rest.startIndex]
    }

    private mutating func skip(to end: String) {
        while !rest.isEmpty, !rest.hasPrefix(end) { rest = rest.dropFirst() }
        rest = rest.dropFirst(end.count)
    }
}
