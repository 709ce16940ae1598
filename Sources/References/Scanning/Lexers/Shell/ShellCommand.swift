// SPDX-License-Identifier: Apache-2.0

/// A simple command of a shell.
struct ShellCommand {
    /// The words as written, with quotes and variables. Redirections are left out.
    var words: [TracedText] = []
    /// The elements of `name=(…)`, if the command is such an assignment. Then `words` holds only `name=`.
    var array: [TracedText]?
    /// The file that it reads as its input.
    var input: TracedText?
    /// The file that its output goes to.
    var target: TracedText?
    /// Whether that file keeps what it has.
    var appends = false
    /// The texts that `<<` gives to the command.
    var heredocs: [ShellHeredoc] = []
    /// Whether the next command reads what this one writes.
    var isPiped = false

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
    /// Whether the text is written behind what the file has.
    var isAppended = false
}

extension [ShellHeredoc] {
    /// The texts, with those that are written to one file one after the other as one text.
    var joined: [ShellHeredoc] {
        reduce(into: []) { joined, heredoc in
            guard heredoc.isAppended, let name = heredoc.fileName,
                let place = joined.lastIndex(where: { $0.fileName == name && $0.isLiteral == heredoc.isLiteral })
            else { return joined.append(heredoc) }
            joined[place].text.append(heredoc.text)
        }
    }
}

extension ShellHeredoc {
    /// A word that is a text: between quotation marks, what they hold.
    ///
    /// - Parameter isPrinted: `\n` in it is a line break.
    init(word: TracedText, isPrinted: Bool = false) {
        isLiteral = word.bytes.first == UInt8(ascii: "'")
        text = ShellVariables.unquoted(word)
        if isPrinted { text = text.withLineBreaks }
        guard !isLiteral else { return }
        text = text.withoutEscapes
    }
}

extension TracedText {
    /// With a line break for each `\n` (POSIX, "printf").
    fileprivate var withLineBreaks: TracedText {
        var result = TracedText(capacity: count)
        var index = 0
        while index < count {
            let isEscape = bytes[index] == UInt8(ascii: "\\") && index + 1 < count
            if isEscape, bytes[index + 1] == UInt8(ascii: "n") {
                result.append(10, origin: origins[index])
            } else {
                result.append(at: index, of: self)
                if isEscape { result.append(at: index + 1, of: self) }
            }
            index += isEscape ? 2 : 1
        }
        return result
    }

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
