// SPDX-License-Identifier: Apache-2.0

/// Shells of Windows. Their commands are read as those of a POSIX shell: marks for line continuations and variables are
/// translated.
enum OtherShell: Hashable, Sendable {
    /// learn.microsoft.com, "about_Quoting_Rules" and "about_Variables".
    case powershell
    /// learn.microsoft.com, "cmd" and "set".
    case cmd

    /// - Parameter name: the name of a program, as steps of pipelines write it: `pwsh`, `powershell -command . '{0}'`.
    init?(program name: String) {
        if name.hasPrefix("pwsh") || name.hasPrefix("powershell") {
            self = .powershell
        } else if name.hasPrefix("cmd") {
            self = .cmd
        } else {
            return nil
        }
    }

    func asShell(_ text: TracedText) -> TracedText {
        var result = TracedText(capacity: text.count)
        var start = 0
        while start < text.count {
            if let loop = loop(in: text, from: start) {
                append(loop, to: &result)
                start = loop.isLoop ? appendBody(in: text, from: loop.end, to: &result) : loop.end
                continue
            }
            let end = lineEnd(in: text, from: start)
            append(line: text[start..<end], to: &result)
            start = end
        }
        return result
    }

    /// The end of a line, or of an assignment before it: in PowerShell a semicolon ends a statement.
    private func lineEnd(in text: TracedText, from start: Int) -> Int {
        let line = text.bytes[start...]
        guard self == .powershell, let first = line.first(where: { $0 != 32 && $0 != 9 }), "$[".utf8.contains(first)
        else {
            return line.firstIndex(of: 10).map { $0 + 1 } ?? text.count
        }
        var (depth, quote): (Int, UInt8?) = (0, nil)
        for (index, byte) in zip(line.indices, line) {
            switch byte {
            case 10: return index + 1
            case _ where quote != nil: if byte == quote { quote = nil }
            case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = byte
            case UInt8(ascii: "("), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: "#"): return line[index...].firstIndex(of: 10).map { $0 + 1 } ?? text.count
            case UInt8(ascii: ";") where depth == 0: return index + 1
            default: continue
            }
        }
        return text.count
    }

    private func append(line: TracedText, to result: inout TracedText) {
        let words = line.trimmed
        let lower = String(decoding: words.bytes.prefix(4), as: UTF8.self).lowercased()
        switch self {
        case .powershell:
            if let parameters = Self.parameters(words) {
                for parameter in parameters { append(line: parameter, to: &result) }
                return appendBreak(of: line, to: &result)
            }
            if let (name, value) = assignment(words) {
                guard value.bytes.last == continuation, let (_, rest) = line.cut(at: UInt8(ascii: "=")) else {
                    return append(name, value, to: &result)
                }
                // A text that continues on the next line is a call, whose value is unknown.
                return append(plain: rest, to: &result)
            }
        case .cmd:
            if lower == "rem " || lower.hasPrefix("::") { return appendBreak(of: line, to: &result) }
            let command = Self.command(in: words)
            if command.count < words.count {
                append(line: command, to: &result)
                return appendBreak(of: line, to: &result)
            }
            let rest = words.count > 4 ? ShellVariables.unquoted(words[4..<words.count].trimmed) : TracedText()
            if lower == "set ", let (name, value) = rest.cut(at: UInt8(ascii: "=")), Self.isName(name) {
                return append(name, value, to: &result)
            }
        }
        append(plain: line, to: &result)
    }

    private func loop(in text: TracedText, from start: Int) -> OtherShellLoop? {
        var reader = OtherShellLoopReader(text, from: start)
        return self == .cmd ? reader.cmd() : reader.powershell()
    }

    /// Appends a loop's body that is in one line, without its braces. The closing one would be a word of a command.
    ///
    /// - Returns: the place behind it, which is `start` for any other body.
    private func appendBody(in text: TracedText, from start: Int, to result: inout TracedText) -> Int {
        // The rest of the line is only looked at for a body. A line may hold many loops.
        guard self == .powershell, text.bytes[start...].first(where: { $0 != 32 }) == UInt8(ascii: "{") else {
            return start
        }
        let end = text.bytes[start...].firstIndex(of: 10) ?? text.count
        let body = text[start..<end].trimmed
        guard body.count > 2, body.bytes.last == UInt8(ascii: "}") else { return start }
        append(plain: body[1..<body.count - 1], to: &result)
        return end
    }

    private func append(_ loop: OtherShellLoop, to result: inout TracedText) {
        result.append(TracedText(untraced: loop.isLoop ? "for " : "") + loop.name)
        result.append(TracedText(untraced: loop.isLoop ? " in" : "=("))
        for word in loop.words {
            result.append(32, origin: TracedText.nowhere)
            append(plain: word, to: &result)
        }
        result.append(TracedText(untraced: loop.isLoop ? "\n" : ")\n"))
    }

    /// The types and attributes before a variable: `[string]$a`, `[Parameter(Mandatory = $true)] [string] $a`.
    private static func typesLength(_ bytes: [UInt8]) -> Int {
        var (depth, index) = (0, 0)
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "]"): depth -= 1
            case 32, 9: break
            default: if depth == 0 { return index }
            }
            index += 1
        }
        return 0
    }

    /// `$NAME = "value"`, `$env:NAME = "value"`, `[string]$NAME = "value"`. In a list of parameters a comma follows.
    private func assignment(_ whole: TracedText) -> (TracedText, TracedText)? {
        let line = whole[Self.typesLength(whole.bytes)..<whole.count]
        guard line.bytes.first == UInt8(ascii: "$"), let (front, value) = line.cut(at: UInt8(ascii: "=")) else {
            return nil
        }
        let whole = front[1..<front.count].trimmed
        let name = whole[Self.scopeLength(whole.bytes[...])..<whole.count]
        let end = value.trimmed
        let isEnded = end.bytes.last.map { ";,".utf8.contains($0) } ?? false
        return Self.isName(name) ? (name, isEnded ? end[0..<end.count - 1].trimmed : end) : nil
    }

    /// The scopes that may precede a variable's name (learn.microsoft.com, "about_Scopes" and
    /// "about_Environment_Variables").
    private static let scopes = ["env:", "global:", "local:", "private:", "script:", "using:", "variable:"]
    private static let longestScope = 9

    /// The number of bytes of the scope at the beginning of a text. 0: there is none.
    private static func scopeLength(_ text: ArraySlice<UInt8>) -> Int {
        let front = String(decoding: text.prefix(longestScope), as: UTF8.self).lowercased()
        return scopes.first(where: front.hasPrefix)?.utf8.count ?? 0
    }

    private static func isName(_ name: TracedText) -> Bool {
        !name.isEmpty && name.bytes.allSatisfy { $0 == 95 || ($0 | 32) &- 97 < 26 || $0 &- 48 < 10 }
    }

    /// Appends an assignment. An expression that is not a single text, such as a call, has an unknown value.
    private func append(_ name: TracedText, _ value: TracedText, to result: inout TracedText) {
        let isText =
            self == .cmd
            || (ShellVariables.unquoted(value) != value && !value[1..<value.count - 1].bytes.contains(value.bytes[0]))
        result.append(name)
        result.append(UInt8(ascii: "="), origin: TracedText.nowhere)
        if self == .cmd, value.bytes.contains(32), !value.bytes.contains(UInt8(ascii: "\"")) {
            // The value of cmd ends with the line.
            let quote = TracedText(untraced: "\"")
            result.append(quote)
            append(plain: value, to: &result)
            result.append(quote)
        } else if isText {
            append(plain: value, to: &result)
        } else {
            // Two brackets would begin arithmetic.
            let isBracketed = value.bytes.first == UInt8(ascii: "(") && value.bytes.last == UInt8(ascii: ")")
            result.append(TracedText(untraced: "$("))
            append(plain: isBracketed ? value[1..<value.count - 1] : value, to: &result)
            result.append(UInt8(ascii: ")"), origin: TracedText.nowhere)
        }
        result.append(10, origin: TracedText.nowhere)
    }

    private func appendBreak(of line: TracedText, to result: inout TracedText) {
        if line.bytes.last == 10 { result.append(at: line.count - 1, of: line) }
    }

    private var continuation: UInt8 { self == .cmd ? UInt8(ascii: "^") : UInt8(ascii: "`") }

    private func append(plain line: TracedText, to result: inout TracedText) {
        let end = line.bytes.lastIndex { !TracedText.isBlank($0) } ?? 0
        let goesOn = line.bytes.last == 10 && line.bytes[end] == continuation
        var index = 0
        while index < line.count {
            let byte = line.bytes[index]
            if goesOn, index == end {
                result.append(UInt8(ascii: "\\"), origin: line.origins[index])
                // Blanks between the mark and the line's end would hide the continuation.
                index = line.count - 1
                result.append(at: index, of: line)
                return
            }
            if self == .cmd, let (letter, end) = loopVariable(line, at: index) {
                for mark in "${".utf8 { result.append(mark, origin: line.origins[index]) }
                result.append(at: letter, of: line)
                result.append(UInt8(ascii: "}"), origin: line.origins[letter])
                index = end
            } else if self == .cmd, "%!".utf8.contains(byte), let close = closing(line, after: index) {
                result.append(UInt8(ascii: "$"), origin: line.origins[index])
                result.append(UInt8(ascii: "{"), origin: line.origins[index])
                result.append(line[index + 1..<close])
                result.append(UInt8(ascii: "}"), origin: line.origins[close])
                index = close + 1
            } else if self == .cmd, byte == UInt8(ascii: "%"), let end = argument(line, after: index) {
                for mark in "${".utf8 { result.append(mark, origin: line.origins[index]) }
                result.append(at: end - 1, of: line)
                result.append(UInt8(ascii: "}"), origin: line.origins[end - 1])
                index = end
            } else if self == .powershell, byte == UInt8(ascii: "@"), let end = splat(line, at: index) {
                for mark in "${".utf8 { result.append(mark, origin: line.origins[index]) }
                result.append(line[index + 1..<end])
                for mark in "[@]}".utf8 { result.append(mark, origin: line.origins[end - 1]) }
                index = end
            } else if self == .powershell, byte == UInt8(ascii: "$") {
                result.append(at: index, of: line)
                index += 1
                if index < line.count, line.bytes[index] == UInt8(ascii: "{") {
                    result.append(at: index, of: line)
                    index += 1
                }
                index += Self.scopeLength(line.bytes[index...])
            } else {
                // Backquotes escape. Backslashes are part of a path.
                let meant = byte == UInt8(ascii: "`") && self == .powershell ? UInt8(ascii: "\\") : byte
                let isPath = byte == UInt8(ascii: "\\")
                result.append(isPath ? UInt8(ascii: "/") : meant, origin: line.origins[index])
                index += 1
            }
        }
    }

    /// The letter of `%%i` or `%%~i`, and the place behind it.
    private func loopVariable(_ line: TracedText, at index: Int) -> (Int, end: Int)? {
        guard line.bytes[index...].starts(with: "%%".utf8) else { return nil }
        let rest = line.bytes[(index + 2)...].drop { $0 == UInt8(ascii: "~") }
        guard let letter = rest.first, (letter | 32) &- 97 < 26 else { return nil }
        return (rest.startIndex, rest.startIndex + 1)
    }

    /// The end of `%1` and `%~1`, a script's argument.
    private func argument(_ line: TracedText, after start: Int) -> Int? {
        let rest = line.bytes[(start + 1)...].drop { $0 == UInt8(ascii: "~") }
        guard let digit = rest.first, digit &- 48 < 10 else { return nil }
        return rest.startIndex + 1
    }

    /// The end of `@name`, which hands the elements of a list to a command (learn.microsoft.com, "about_Splatting").
    private func splat(_ line: TracedText, at start: Int) -> Int? {
        guard start > 0, TracedText.isBlank(line.bytes[start - 1]) else { return nil }
        let rest = line.bytes[(start + 1)...]
        let end = rest.firstIndex { !VariableUse.isNameByte($0) } ?? line.count
        return end > start + 1 ? end : nil
    }

    /// The end of `%NAME%`, and of `!NAME!`, which is filled in when the line runs.
    private func closing(_ line: TracedText, after start: Int) -> Int? {
        guard let close = line.bytes[(start + 1)...].firstIndex(of: line.bytes[start]),
            Self.isName(line[start + 1..<close])
        else { return nil }
        return close
    }
}
