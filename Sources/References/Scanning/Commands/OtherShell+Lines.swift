// SPDX-License-Identifier: Apache-2.0

/// Lines that hold several statements, or one behind a condition.
extension OtherShell {
    /// The parameters of a script that declares them in one line: `param([string]$a = "x", $b)` (learn.microsoft.com,
    /// "about_Functions_Advanced_Parameters").
    static func parameters(_ line: TracedText) -> [TracedText]? {
        let word = "param"
        guard line.string.prefix(word.count).lowercased() == word else { return nil }
        let rest = line[word.utf8.count..<line.count].trimmed
        guard rest.count > 1, rest.bytes.first == UInt8(ascii: "("), rest.bytes.last == UInt8(ascii: ")") else {
            return nil
        }
        var (parameters, start, depth, quote): ([TracedText], Int, Int, UInt8?) = ([], 1, 0, nil)
        for (index, byte) in rest.bytes.enumerated().dropFirst() {
            switch byte {
            case _ where quote != nil: if byte == quote { quote = nil }
            case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = byte
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ","), UInt8(ascii: ")"):
                if byte == UInt8(ascii: ")"), depth > 0 { depth -= 1 }
                guard depth == 0 else { continue }
                parameters.append(rest[start..<index].trimmed)
                start = index + 1
            default: continue
            }
        }
        return parameters
    }

    /// The command of a line, without the mark that hides it and without conditions before it.
    static func command(in line: TracedText) -> TracedText {
        var start = 0
        while true {
            start = line.bytes[start...].firstIndex { $0 != UInt8(ascii: "@") && !TracedText.isBlank($0) } ?? line.count
            guard let inner = placeBehindCondition(of: line, at: start) else { return line[start..<line.count] }
            start = line.bytes[inner] == UInt8(ascii: "(") ? inner + 1 : inner
        }
    }

    /// Where the command behind a condition begins (learn.microsoft.com, "if").
    ///
    /// - Returns: nil if no condition is there, or no command behind it.
    private static func placeBehindCondition(of line: TracedText, at start: Int) -> Int? {
        guard let word = line.word(from: start), line[word].string.lowercased() == "if",
            var first = line.word(from: word.upperBound)
        else { return nil }
        while ["/i", "not"].contains(line[first].string.lowercased()) {
            guard let next = line.word(from: first.upperBound) else { return nil }
            first = next
        }
        guard let second = line.word(from: first.upperBound) else { return nil }
        if ["exist", "defined", "errorlevel"].contains(line[first].string.lowercased()) {
            return line.word(from: second.upperBound)?.lowerBound
        }
        guard comparisons.contains(line[second].string.lowercased()) else { return second.lowerBound }
        return line.word(from: second.upperBound).flatMap { line.word(from: $0.upperBound) }?.lowerBound
    }

    private static let comparisons: Set<String> = ["==", "equ", "neq", "lss", "leq", "gtr", "geq"]
}
