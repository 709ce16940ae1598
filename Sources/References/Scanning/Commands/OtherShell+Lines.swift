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

    /// The most conditions before one command. A line may consist of nothing else.
    private static let conditionLimit = 8

    /// The command of a line, without the mark that hides it and without conditions before it.
    static func command(in line: TracedText) -> TracedText {
        var command = line
        for _ in 0..<conditionLimit {
            let start = command.bytes.firstIndex { $0 != UInt8(ascii: "@") } ?? command.count
            command = command[start..<command.count].trimmed
            guard String(decoding: command.bytes.prefix(3), as: UTF8.self).lowercased() == "if ",
                let inner = conditional(command)
            else { return command }
            command = inner
        }
        return command
    }

    /// The command behind the condition of a line (learn.microsoft.com, "if").
    private static func conditional(_ line: TracedText) -> TracedText? {
        var words = line.blankSeparated.dropFirst()
        func next() -> String? { words.first?.string.lowercased() }
        while let word = next(), word == "/i" || word == "not" { words.removeFirst() }
        guard let first = next(), let operation = words.dropFirst().first?.string.lowercased() else { return nil }
        let length =
            ["exist", "defined", "errorlevel"].contains(first) ? 2 : comparisons.contains(operation) ? 3 : 1
        guard let start = words.dropFirst(length).first?.origins.first,
            let index = line.origins.firstIndex(of: start)
        else { return nil }
        let command = line[index..<line.count]
        let isOpen = command.bytes.first == UInt8(ascii: "(")
        return isOpen ? command[1..<command.count].trimmed : command
    }

    private static let comparisons: Set<String> = ["==", "equ", "neq", "lss", "leq", "gtr", "geq"]
}
