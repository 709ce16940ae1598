// SPDX-License-Identifier: Apache-2.0

/// A simple command of a shell.
struct ShellCommand {
    /// The words as written, with quotes and variables. Redirections are left out.
    var words: [TracedText] = []
    /// The elements of `name=(…)`, if the command is such an assignment. Then `words` holds only `name=`.
    var array: [TracedText]?
    /// The file that its output goes to.
    var target: TracedText?
    /// The texts that `<<` gives to the command.
    var heredocs: [ShellHeredoc] = []

    /// The command without `function name`, if the body of the function begins on the same line.
    var body: ShellCommand {
        guard words.first?.string == "function", words.count > 2 else { return self }
        var body = self
        body.words.removeFirst(2)
        return body
    }
}

/// The lines between `<<NAME` and `NAME`.
struct ShellHeredoc {
    var text: TracedText
    /// Whether the name was quoted: then `$` and backquotes mean nothing in the text.
    var isLiteral: Bool
    /// The file that the text is written to, if the command names one.
    var fileName: String?
}

extension ShellHeredoc {
    /// The text of a word, without the quotation marks around it.
    init(word: TracedText) {
        isLiteral = word.bytes.first == UInt8(ascii: "'")
        text = ShellVariables.unquoted(word)
        guard !isLiteral else { return }
        text = text.withoutEscapes
    }
}

extension TracedText {
    /// As between double quotation marks: `\"` is `"` (POSIX, "Double-Quotes").
    fileprivate var withoutEscapes: TracedText {
        var result = TracedText(capacity: count)
        var isEscaped = false
        for index in 0..<count {
            if !isEscaped, bytes[index] == UInt8(ascii: "\\") {
                isEscaped = true
                continue
            }
            isEscaped = false
            result.append(bytes[index], origin: origins[index])
        }
        return result
    }
}
