// SPDX-License-Identifier: Apache-2.0

/// A simple command of a shell.
struct ShellCommand {
    /// As they stand, quotes and variables included; redirections are left out.
    var words: [TracedText] = []
    /// The elements of `name=(…)`, where the command is such an assignment; then `words` holds `name=` alone.
    var array: [TracedText]?
    /// The file that its output goes to.
    var target: TracedText?
    /// Texts that `<<` hands to the command.
    var heredocs: [ShellHeredoc] = []

    /// Without `function name` before it, where the function's body begins on the same line.
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
    /// The file that it is written to, where the command says so.
    var fileName: String?
}

extension ShellHeredoc {
    /// A word that is a text: between quotation marks, what they hold.
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
