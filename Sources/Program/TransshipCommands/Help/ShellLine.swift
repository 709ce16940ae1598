// SPDX-License-Identifier: Apache-2.0

/// A command line that is broken into several lines, so that it can still be pasted into a shell.
struct ShellLine: Sendable {
    /// Words with their quotes.
    private var words: [String] = []

    init(_ line: String) {
        var (word, quote): (String, Character?) = ("", nil)
        for letter in line {
            if letter == " ", quote == nil {
                if !word.isEmpty { words.append(word) }
                word = ""
                continue
            }
            if quote == nil, letter == "'" || letter == "\"" { quote = letter } else if letter == quote { quote = nil }
            word.append(letter)
        }
        if !word.isEmpty { words.append(word) }
    }

    /// Lines of at most `width` columns, all but the last with a backslash at their end. They are broken before options
    /// and operators, so that an option stays with its value.
    func lines(width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for part in parts {
            // Two columns are for the backslash and the blank before it.
            if !line.isEmpty, line.count + 1 + part.count > width - 2, isBroken(width) {
                lines.append(line + " \\")
                line = "  "
            }
            line += (line.isEmpty || line == "  " ? "" : " ") + part
        }
        return lines + [line]
    }

    private func isBroken(_ width: Int) -> Bool { words.joined(separator: " ").count > width }

    /// Words that stay together.
    private var parts: [String] {
        words.reduce(into: [String]()) { parts, word in
            let opens = word.hasPrefix("-") && word.count > 1 || [">", "<", "|"].contains(word) || parts.isEmpty
            let isAfterOption = parts.last?.hasPrefix("-") == true && parts.last?.contains(" ") == false
            let isAfterOperator = parts.last.map { [">", "<", "|"].contains($0) } ?? false
            if opens || !(isAfterOption || isAfterOperator) {
                parts.append(word)
            } else {
                parts[parts.count - 1] += " " + word
            }
        }
    }
}
