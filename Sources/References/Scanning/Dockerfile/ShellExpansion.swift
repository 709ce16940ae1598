// SPDX-License-Identifier: Apache-2.0

/// The reason why a word of a Dockerfile cannot be expanded.
struct ExpansionError: Error {
    let message: String
    /// The variable at fault, if there is one.
    var variable: String?
}

/// Expands quotes, escapes and variables in a Dockerfile's words as BuildKit does (frontend/dockerfile/shell/lex.go):
/// `$x`, `${x}`, `${x-w}`, `${x+w}`, `${x?w}`, these three with a colon also for empty values, `${x#p}`, `${x##p}`,
/// `${x%p}`, `${x%%p}`, `${x/p/w}`, `${x//p/w}`.
struct ShellExpansion {
    let input: TracedText
    /// The escape byte, `\` or a backquote.
    var escape = UInt8(ascii: "\\")
    var variables: [String: TracedText] = [:]
    /// Whether quotes and escapes are kept, for finding words in a line.
    var keepsQuotes = false
    /// Whether variables without a value are kept as they are.
    var keepsUnset = false
    /// Whether `${x=w}` and `${x:=w}` are allowed. Shells have them, BuildKit does not.
    var takesAssignments = false
    private var keepsEscapes = false
    private var position = 0
    /// The number of nested substitutions around the current position.
    private var depth = 0
    /// The deepest nesting of substitutions. A recursion this deep fits every thread's stack.
    private static let depthLimit = 64
    /// The most bytes of an expanded word. Values that contain each other could grow without end.
    private static let lengthLimit = 1 << 16
    /// Variables that were used and have no value, in order.
    private(set) var unset: [String] = []
    /// Every variable that was used, in order.
    private(set) var mentioned: [String] = []

    init(_ input: TracedText) { self.input = input }

    /// Expands the whole input as one word.
    mutating func word() throws(ExpansionError) -> TracedText {
        keepsEscapes = keepsQuotes
        return try text(until: nil).text
    }

    /// Expands the input as words, which are separated by blanks outside of quotes.
    mutating func words() throws(ExpansionError) -> [TracedText] {
        keepsEscapes = keepsQuotes
        return try text(until: nil).words
    }

    // MARK: - Words

    private struct Collected {
        var text = TracedText()
        var words: [TracedText] = []
        private var word = TracedText()

        /// Adds a byte. A blank ends the current word.
        mutating func add(_ byte: UInt8, origin: Int) {
            text.append(byte, origin: origin)
            if TracedText.isBlank(byte) { endWord() } else { word.append(byte, origin: origin) }
        }

        /// Adds a byte that was quoted or escaped, so a blank does not end the word.
        mutating func addRaw(_ byte: UInt8, origin: Int) {
            text.append(byte, origin: origin)
            word.append(byte, origin: origin)
        }

        mutating func addRaw(_ other: TracedText) {
            text.append(other)
            word.append(other)
        }

        mutating func endWord() {
            if !word.isEmpty { words.append(word) }
            word.removeAll()
        }
    }

    private mutating func text(until stop: UInt8?) throws(ExpansionError) -> (text: TracedText, words: [TracedText]) {
        var collected = Collected()
        while let byte = peek {
            if byte == stop {
                position += 1
                collected.endWord()
                return (collected.text, collected.words)
            }
            switch byte {
            case UInt8(ascii: "'"): collected.addRaw(try singleQuoted())
            case UInt8(ascii: "\""): collected.addRaw(try doubleQuoted())
            case UInt8(ascii: "$"):
                let value = try dollar()
                guard collected.text.count + value.count <= Self.lengthLimit else {
                    throw ExpansionError(message: "a value of more than \(Self.lengthLimit) bytes")
                }
                for index in 0..<value.count { collected.add(value.bytes[index], origin: value.origins[index]) }
            case UInt8(ascii: "<"): collected.addRaw(heredocMark())
            case escape: takeEscape(&collected)
            default:
                collected.add(byte, origin: input.origins[position])
                position += 1
            }
        }
        if let stop {
            throw ExpansionError(
                message: "\"\(Character(Unicode.Scalar(stop)))\" is missing at the end of a substitution")
        }
        collected.endWord()
        return (collected.text, collected.words)
    }

    private mutating func takeEscape(_ collected: inout Collected) {
        if keepsEscapes { collected.addRaw(escape, origin: input.origins[position]) }
        position += 1
        guard let byte = peek else { return }
        collected.addRaw(byte, origin: input.origins[position])
        position += 1
    }

    private mutating func singleQuoted() throws(ExpansionError) -> TracedText {
        let start = position
        guard let end = input.bytes[(start + 1)...].firstIndex(of: UInt8(ascii: "'")) else {
            throw ExpansionError(message: "a single quote is not closed")
        }
        position = end + 1
        return keepsQuotes ? input[start..<end + 1] : input[start + 1..<end]
    }

    private mutating func doubleQuoted() throws(ExpansionError) -> TracedText {
        var result = TracedText()
        if keepsQuotes { result.append(at: position, of: input) }
        position += 1
        while let byte = peek {
            if byte == UInt8(ascii: "\"") {
                if keepsQuotes { result.append(at: position, of: input) }
                position += 1
                return result
            }
            if byte == UInt8(ascii: "$") {
                result.append(try dollar())
                guard result.count <= Self.lengthLimit else {
                    throw ExpansionError(message: "a value of more than \(Self.lengthLimit) bytes")
                }
            } else {
                takeQuoted(byte, &result)
            }
        }
        throw ExpansionError(message: "a double quote is not closed")
    }

    /// Inside double quotes, an escape works only before a double quote, a dollar or another escape.
    private mutating func takeQuoted(_ byte: UInt8, _ result: inout TracedText) {
        guard byte == escape else {
            result.append(at: position, of: input)
            position += 1
            return
        }
        let next = position + 1 < input.count ? input.bytes[position + 1] : nil
        let isEscaping = next == UInt8(ascii: "\"") || next == UInt8(ascii: "$") || next == escape
        if keepsEscapes || (!isEscaping && next != nil) { result.append(at: position, of: input) }
        position += 1
        if isEscaping {
            result.append(at: position, of: input)
            position += 1
        }
    }

    /// Reads `<`, or `<<` with the blanks after it: `<< EOF` is one word.
    private mutating func heredocMark() -> TracedText {
        let start = position
        position += 1
        if peek == UInt8(ascii: "<") {
            position += 1
            while let byte = peek, byte == 32 || byte == 9 || byte == 13 { position += 1 }
        }
        return input[start..<position]
    }

    // MARK: - Variables

    private mutating func dollar() throws(ExpansionError) -> TracedText {
        let start = position
        position += 1
        guard peek == UInt8(ascii: "{") else {
            let name = name()
            if name.isEmpty { return input[start..<start + 1] }
            return value(of: name) ?? (keepsUnset ? input[start..<position] : TracedText())
        }
        position += 1
        guard let byte = peek else { throw ExpansionError(message: "\"}\" is missing after \"${\"") }
        if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: ":") {
            throw ExpansionError(message: "a substitution names no variable")
        }
        return try substitution(from: start)
    }

    private mutating func substitution(from start: Int) throws(ExpansionError) -> TracedText {
        let name = name()
        guard var mark = next() else { throw ExpansionError(message: "\"}\" is missing", variable: name) }
        if mark == UInt8(ascii: "}") {
            return value(of: name) ?? (keepsUnset ? input[start..<position] : TracedText())
        }
        if mark == UInt8(ascii: "/") { return try replacement(in: name, from: start) }
        let emptyIsUnset = mark == UInt8(ascii: ":")
        if emptyIsUnset { mark = next() ?? 0 }
        let isPattern = mark == UInt8(ascii: "#") || mark == UInt8(ascii: "%")
        if mark == UInt8(ascii: "="), takesAssignments { mark = UInt8(ascii: "-") }
        guard "+-?#%".utf8.contains(mark), !(emptyIsUnset && isPattern) else {
            throw ExpansionError(message: "an unknown kind of substitution", variable: name)
        }
        let word = try nested(until: UInt8(ascii: "}"), keepingEscapes: isPattern || keepsQuotes)
        mentioned.append(name)
        let held = mark == UInt8(ascii: "-") || mark == UInt8(ascii: "+") ? variables[name] : value(of: name)
        if keepsUnset, held == nil { return input[start..<position] }
        let isSet = held != nil && !(emptyIsUnset && held?.isEmpty == true)
        switch mark {
        case UInt8(ascii: "-"): return isSet ? held ?? TracedText() : word
        case UInt8(ascii: "+"): return isSet ? word : TracedText()
        case UInt8(ascii: "?"):
            guard isSet, let held else {
                throw ExpansionError(message: word.isEmpty ? "is not set" : word.string, variable: name)
            }
            return held
        default: return try trimming(held ?? TracedText(), by: word, at: mark, variable: name)
        }
    }

    private func trimming(
        _ value: TracedText, by word: TracedText, at mark: UInt8, variable name: String
    ) throws(ExpansionError) -> TracedText {
        let isGreedy = word.bytes.first == mark
        let pattern = isGreedy ? word[1..<word.count] : word
        guard let glob = ShellPattern(pattern.bytes) else {
            throw ExpansionError(message: "a pattern with an unknown escape", variable: name)
        }
        if mark == UInt8(ascii: "#") {
            guard let end = glob.match(value.bytes, at: 0, isGreedy: isGreedy) else { return value }
            return value[end..<value.count]
        }
        let mirrored = value.reversed
        guard let end = glob.reversed.match(mirrored.bytes, at: 0, isGreedy: isGreedy) else { return value }
        return mirrored[end..<mirrored.count].reversed
    }

    /// Expands `${name/pattern/word}`. The name and the first slash were already read.
    private mutating func replacement(in name: String, from start: Int) throws(ExpansionError) -> TracedText {
        let replacesAll = peek == UInt8(ascii: "/")
        if replacesAll { position += 1 }
        let pattern = try nested(until: UInt8(ascii: "/"), keepingEscapes: true)
        let word = try nested(until: UInt8(ascii: "}"), keepingEscapes: true)
        guard let value = value(of: name) else { return keepsUnset ? input[start..<position] : TracedText() }
        guard let glob = ShellPattern(pattern.bytes) else {
            throw ExpansionError(message: "a pattern with an unknown escape", variable: name)
        }
        return glob.replacing(in: value, with: word, all: replacesAll)
    }

    private mutating func nested(until stop: UInt8, keepingEscapes: Bool) throws(ExpansionError) -> TracedText {
        let before = keepsEscapes
        keepsEscapes = keepingEscapes
        depth += 1
        defer { (keepsEscapes, depth) = (before, depth - 1) }
        guard depth <= Self.depthLimit else {
            throw ExpansionError(message: "substitutions nested more than \(Self.depthLimit) levels deep")
        }
        return try text(until: stop).text
    }

    private mutating func value(of name: String) -> TracedText? {
        mentioned.append(name)
        if let value = variables[name] { return value }
        if !unset.contains(name) { unset.append(name) }
        return nil
    }

    /// Reads a name of letters, digits and `_`. A name that begins with a digit has only digits, and a special
    /// parameter is one byte.
    private mutating func name() -> String {
        let start = position
        guard let first = peek else { return "" }
        if (48...57).contains(first) {
            while let byte = peek, (48...57).contains(byte) { position += 1 }
        } else if "@*#?-$!".utf8.contains(first) {
            position += 1
        } else {
            while let byte = peek, Self.isNameByte(byte) { position += 1 }
        }
        return String(decoding: input.bytes[start..<position], as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte == 95 || byte >= 0x80 || (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    private var peek: UInt8? { position < input.count ? input.bytes[position] : nil }

    private mutating func next() -> UInt8? {
        guard let byte = peek else { return nil }
        position += 1
        return byte
    }
}
