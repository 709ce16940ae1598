// SPDX-License-Identifier: Apache-2.0

/// Cuts shell text into simple commands, including those inside `$(…)`, backquotes, groups and loops (POSIX.1-2024,
/// Shell Command Language, 2.3 and 2.9; arrays, `<<<`, `<(…)` and `$'…'` as in bash).
///
/// It knows words, not grammar: a reserved word such as `then` is a word of the command after it.
struct ShellLexer {
    private let source: SourceText
    private var position = 0
    private var depth = 0
    private var command = ShellCommand()
    private var wordStart: Int?
    /// What the next word is the file of, if it is the word of a redirection.
    private var redirection: Redirection?
    private var openHeredocs: [(name: [UInt8], stripsTabs: Bool, isLiteral: Bool, command: Int)] = []
    private enum Redirection { case input, output, text }
    private(set) var commands: [ShellCommand] = []
    /// The offset of the first quote that is never closed.
    private(set) var openQuote: Int?

    /// The list that is read, with the nesting in which its words stand. Substitutions in its elements are nested deeper.
    private var array: (depth: Int, elements: [TracedText])?

    /// The deepest nesting of substitutions. A recursion of this depth fits the stack of every thread.
    private static let depthLimit = 64

    init(_ source: SourceText) { self.source = source }

    mutating func read() { read(until: nil) }

    // MARK: - Commands

    private mutating func read(until closer: UInt8?) {
        while let byte = source[position] {
            if byte == closer {
                endCommand()
                position += 1
                return
            }
            switch byte {
            case 32, 9, 13:
                endWord()
                position += 1
            case 10: endLine()
            case UInt8(ascii: "#") where wordStart == nil: comment(before: closer)
            case UInt8(ascii: "`") where wordStart == nil && isComment: skipComment()
            case UInt8(ascii: "(") where isArray: readArray()
            case UInt8(ascii: "|"): pipe()
            case UInt8(ascii: ";"), UInt8(ascii: "("), UInt8(ascii: ")"):
                endCommand()
                position += 1
            case UInt8(ascii: "&"): ampersand()
            case UInt8(ascii: "<"), UInt8(ascii: ">"): redirect(byte)
            default: readPiece(byte)
            }
        }
        endCommand()
    }

    /// A comment ends with its line, or with the backquote that ends the commands around it (bash(1), "COMMENTS").
    private mutating func comment(before closer: UInt8?) {
        let end = source.endOfLine(from: position)
        let backquote =
            closer == UInt8(ascii: "`") ? source.bytes[position..<end].firstIndex(of: UInt8(ascii: "`")) : nil
        position = backquote ?? end
    }

    /// Whether backquotes hold a comment and nothing else. People write one between continued lines, where it adds no
    /// word.
    private var isComment: Bool {
        let first = source.bytes[(position + 1)...].first { $0 != 32 && $0 != 9 }
        return first == UInt8(ascii: "#")
    }

    private mutating func skipComment() {
        position += 1
        comment(before: UInt8(ascii: "`"))
        if source[position] == UInt8(ascii: "`") { position += 1 }
    }

    private mutating func pipe() {
        endWord()
        command.isPiped = source[position + 1] != UInt8(ascii: "|")
        endCommand()
        position += source[position + 1] == UInt8(ascii: "|") ? 2 : 1
    }

    private mutating func ampersand() {
        // `&>file` and `>&1` are redirections.
        if source[position + 1] == UInt8(ascii: ">") {
            endWord()
            position += 1
        } else {
            endCommand()
            position += 1
        }
    }

    private mutating func endWord() {
        guard let start = wordStart else { return }
        wordStart = nil
        let word = joined(start..<position)
        switch redirection {
        case nil: command.words.append(word)
        case .input: command.input = word
        case .output: command.target = word
        case .text: break
        }
        redirection = nil
    }

    private mutating func endCommand() {
        endWord()
        redirection = nil
        if array?.depth == depth {
            array?.elements += command.words
        } else if !command.words.isEmpty {
            commands.append(command)
        }
        command = ShellCommand()
    }

    private mutating func endLine() {
        endCommand()
        position += 1
        readHeredocs()
    }

    /// A word without line continuations (a backslash and a line break).
    private func joined(_ range: Range<Int>) -> TracedText {
        let text = source.text(range)
        guard text.bytes.contains(10) else { return text }
        var result = TracedText(capacity: text.count)
        var index = 0
        while index < text.count {
            if let length = Self.continuation(text.bytes, at: index) {
                index += length
            } else {
                result.append(at: index, of: text)
                index += 1
            }
        }
        return result
    }

    /// The length of a backslash and the line break after it. nil: there is no line break.
    private static func continuation(_ bytes: [UInt8], at index: Int) -> Int? {
        guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count else { return nil }
        if bytes[index + 1] == 10 { return 2 }
        return bytes[index + 1] == 13 && index + 2 < bytes.count && bytes[index + 2] == 10 ? 3 : nil
    }

    // MARK: - Words

    /// One piece of a word: a quoted text, a substitution, or one byte.
    private mutating func readPiece(_ byte: UInt8) {
        if byte == UInt8(ascii: "\\") { return readEscape() }
        if wordStart == nil { wordStart = position }
        switch byte {
        case UInt8(ascii: "'"): singleQuoted(from: position)
        case UInt8(ascii: "\""): doubleQuoted()
        case UInt8(ascii: "$"): dollar()
        case UInt8(ascii: "`"): backquoted()
        default: position += 1
        }
    }

    private mutating func readEscape() {
        if let length = Self.continuation(source.bytes, at: position) {
            position += length
        } else {
            if wordStart == nil { wordStart = position }
            position = min(position + 2, source.count)
        }
    }

    private mutating func singleQuoted(from start: Int) {
        guard let end = source.bytes[(start + 1)...].firstIndex(of: UInt8(ascii: "'")) else {
            return leaveOpen(start)
        }
        position = end + 1
    }

    /// A quote that is never closed ends at the end of its text.
    private mutating func leaveOpen(_ start: Int) {
        openQuote = openQuote ?? start
        position = source.count
    }

    private mutating func doubleQuoted() {
        let start = position
        position += 1
        while let byte = source[position] {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"): position = min(position + 2, source.count)
            case UInt8(ascii: "$"): dollar()
            case UInt8(ascii: "`"): backquoted()
            default: position += 1
            }
        }
        openQuote = openQuote ?? start
    }

    private mutating func dollar() {
        switch source[position + 1] {
        case UInt8(ascii: "("):
            if source[position + 2] == UInt8(ascii: "(") { return skipArithmetic() }
            position += 2
            nested(until: UInt8(ascii: ")"))
        case UInt8(ascii: "{"): braced()
        case UInt8(ascii: "'"): ansiQuoted()
        case UInt8(ascii: "#"), UInt8(ascii: "$"): position += 2
        default: position += 1
        }
    }

    private mutating func ansiQuoted() {
        let start = position
        position += 2
        while let byte = source[position] {
            if byte == UInt8(ascii: "'") {
                position += 1
                return
            }
            position = min(position + (byte == UInt8(ascii: "\\") ? 2 : 1), source.count)
        }
        openQuote = openQuote ?? start
    }

    /// `${…}`, with escapes and substitutions inside. A brace alone opens nothing (2.6.2), except in a template's `${{…}}`.
    private mutating func braced() {
        let start = position
        let isTemplate = source.hasPrefix("{{", at: start + 1)
        position += 2
        var level = 1
        while let byte = source[position], level > 0 {
            switch byte {
            case UInt8(ascii: "{") where isTemplate || source[position - 1] == UInt8(ascii: "$"):
                level += 1
                position += 1
            case UInt8(ascii: "}"):
                level -= 1
                position += 1
            case UInt8(ascii: "\\"): position = min(position + 2, source.count)
            case UInt8(ascii: "$") where source[position + 1] == UInt8(ascii: "("): dollar()
            case 10 where level > 0 && isTemplate: return
            default: position += 1
            }
        }
    }

    private mutating func skipArithmetic() {
        position += 3
        var level = 2
        while let byte = source[position], level > 0 {
            if byte == UInt8(ascii: "(") { level += 1 }
            if byte == UInt8(ascii: ")") { level -= 1 }
            position += 1
        }
    }

    /// Reads the commands of a substitution inside a word of the outer command.
    private mutating func nested(until closer: UInt8) {
        guard depth < Self.depthLimit else { return }
        let outer = (command, wordStart, redirection)
        (command, wordStart, redirection) = (ShellCommand(), nil, nil)
        depth += 1
        read(until: closer)
        depth -= 1
        (command, wordStart, redirection) = outer
    }

    /// Old substitutions: up to the next backquote without a backslash.
    private mutating func backquoted() {
        position += 1
        nested(until: UInt8(ascii: "`"))
    }

    // MARK: - Arrays

    private var isArray: Bool {
        guard let wordStart, source[position - 1] == UInt8(ascii: "=") else { return false }
        return position - wordStart > 1
    }

    private mutating func readArray() {
        endWord()
        let name = command.words.popLast() ?? TracedText()
        endCommand()
        position += 1
        let outer = array
        array = (depth + 1, [])
        nested(until: UInt8(ascii: ")"))
        var assignment = ShellCommand(words: [name])
        assignment.array = array?.elements
        array = outer
        // In an element of another list it is a command of its own.
        commands.append(assignment)
    }

    // MARK: - Redirections

    private mutating func redirect(_ byte: UInt8) {
        if let start = wordStart, source.bytes[start..<position].allSatisfy({ (48...57).contains($0) }) {
            // The number of a descriptor.
            wordStart = nil
        }
        endWord()
        if source[position + 1] == UInt8(ascii: "(") {
            position += 2
            return nested(until: UInt8(ascii: ")"))
        }
        guard byte == UInt8(ascii: "<"), source[position + 1] == byte else {
            position += 1
            command.appends = byte == UInt8(ascii: ">") && source[position] == byte
            while let next = source[position], "<>&|".utf8.contains(next) { position += 1 }
            return redirection = byte == UInt8(ascii: "<") ? .input : .output
        }
        if source[position + 2] == byte {
            position += 3
            return redirection = .text
        }
        openHeredoc()
    }

    private mutating func openHeredoc() {
        position += 2
        let stripsTabs = source[position] == UInt8(ascii: "-")
        if stripsTabs { position += 1 }
        while let byte = source[position], byte == 32 || byte == 9 { position += 1 }
        let start = position
        while let byte = source[position], !TracedText.isBlank(byte), !";|&<>()`".utf8.contains(byte) { position += 1 }
        let name = source.bytes[start..<position].filter { !"'\"\\".utf8.contains($0) }
        guard !name.isEmpty else { return }
        openHeredocs.append((name, stripsTabs, name.count != position - start, commands.count))
    }

    private mutating func readHeredocs() {
        let heredocs = openHeredocs
        openHeredocs = []
        for heredoc in heredocs {
            let start = position
            var end = position
            while position < source.count {
                end = position
                let lineEnd = source.endOfLine(from: position)
                var line = source.bytes[position..<lineEnd]
                if line.last == 13 { line = line.dropLast() }
                if heredoc.stripsTabs { line = line.drop { $0 == 9 } }
                position = min(lineEnd + 1, source.count)
                if line.elementsEqual(heredoc.name) { break }
                end = position
            }
            guard heredoc.command < commands.count else { continue }
            commands[heredoc.command].heredocs.append(
                ShellHeredoc(text: source.text(start..<end), isLiteral: heredoc.isLiteral))
        }
    }
}
