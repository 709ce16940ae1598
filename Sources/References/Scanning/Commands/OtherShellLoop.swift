// SPDX-License-Identifier: Apache-2.0

/// A list that a shell of Windows assigns to a name, or goes through.
struct OtherShellLoop {
    let name: TracedText
    /// The words as written, with quotes.
    let words: [TracedText]
    /// Whether the name has the words one after the other.
    let isLoop: Bool
    /// The place behind what was read.
    let end: Int
}

/// Reads lists and loops at the beginning of a statement. Lists hold texts in quotes, or one variable.
struct OtherShellLoopReader {
    private let text: TracedText
    private var position: Int

    init(_ text: TracedText, from start: Int) { (self.text, position) = (text, start) }

    // MARK: - PowerShell

    /// `$x = @("a", "b")`, `foreach ($x in "a", "b")`, `$x | ForEach-Object` (learn.microsoft.com, "about_Arrays",
    /// "about_Foreach", "ForEach-Object").
    mutating func powershell() -> OtherShellLoop? {
        skip(" \t;")
        if take("foreach") { return foreach() }
        let name = variable()
        skip(" \t")
        if let name, take("=") {
            guard let words = list(), words.count > 0, isAtEnd else { return nil }
            return OtherShellLoop(name: name, words: words, isLoop: false, end: position)
        }
        guard let words = name.map({ [TracedText(untraced: "$") + $0] }) ?? list() else { return nil }
        skip(" \t")
        guard take("|") else { return nil }
        skip(" \t")
        guard take("foreach-object") || take("%") else { return nil }
        return OtherShellLoop(name: TracedText(untraced: "_"), words: words, isLoop: true, end: position)
    }

    private mutating func foreach() -> OtherShellLoop? {
        skip(" \t")
        guard take("(") else { return nil }
        skip(" \t")
        guard let name = variable() else { return nil }
        skip(" \t")
        guard take("in") else { return nil }
        skip(" \t")
        let source = variable().map { [TracedText(untraced: "$") + $0] }
        guard let words = source ?? list() else { return nil }
        skip(" \t")
        return take(")") ? OtherShellLoop(name: name, words: words, isLoop: true, end: position) : nil
    }

    /// Whether a statement ends here.
    private var isAtEnd: Bool {
        guard let next = text.bytes[position...].first(where: { !" \t\r".utf8.contains($0) }) else { return true }
        return next == 10 || next == UInt8(ascii: ";")
    }

    /// The texts of `@("a", "b")`, which may have several lines, or of `"a", "b"` in one line.
    private mutating func list() -> [TracedText]? {
        skip(" \t")
        let isClosed = take("@(")
        var words: [TracedText] = []
        while true {
            skip(isClosed ? " \t\r\n," : " \t")
            if isClosed, skipComment() { continue }
            if isClosed, take(")") { return words }
            guard let word = quoted() else { return nil }
            words.append(word)
            if isClosed { continue }
            skip(" \t")
            if !take(",") { return words.count > 1 ? words : nil }
        }
    }

    /// A text in quotes, in one line.
    private mutating func quoted() -> TracedText? {
        guard position < text.count, let quote = "\"'".utf8.first(where: { $0 == text.bytes[position] }),
            let end = text.bytes[(position + 1)...].firstIndex(where: { $0 == quote || $0 == 10 }),
            text.bytes[end] == quote
        else { return nil }
        defer { position = end + 1 }
        return text[position..<end + 1]
    }

    private mutating func variable() -> TracedText? {
        guard position < text.count, text.bytes[position] == UInt8(ascii: "$") else { return nil }
        let start = position + 1
        let end = text.bytes[start...].firstIndex { !VariableUse.isNameByte($0) } ?? text.count
        guard end > start else { return nil }
        position = end
        return text[start..<end]
    }

    // MARK: - cmd

    /// `for %%x in (a b) do …` (learn.microsoft.com, "for").
    mutating func cmd() -> OtherShellLoop? {
        skip(" \t@")
        guard take("for %%"), position < text.count, (text.bytes[position] | 32) &- 97 < 26 else { return nil }
        let name = text[position..<position + 1]
        position += 1
        skip(" \t")
        guard take("in") else { return nil }
        skip(" \t")
        guard take("("), let end = text.bytes[position...].firstIndex(where: { $0 == UInt8(ascii: ")") || $0 == 10 })
        else { return nil }
        let words = text[position..<end].blankSeparated
        guard text.bytes[end] != 10, !words.isEmpty else { return nil }
        return OtherShellLoop(name: name, words: words, isLoop: true, end: end + 1)
    }

    // MARK: - Bytes

    /// Skips a comment up to the end of its line.
    private mutating func skipComment() -> Bool {
        guard position < text.count, text.bytes[position] == UInt8(ascii: "#") else { return false }
        position = text.bytes[position...].firstIndex(of: 10) ?? text.count
        return true
    }

    private mutating func skip(_ bytes: String) {
        while position < text.count, bytes.utf8.contains(text.bytes[position]) { position += 1 }
    }

    /// - Parameter word: in lower case.
    private mutating func take(_ word: String) -> Bool {
        let next = text.bytes[position...].prefix(word.utf8.count)
        guard next.count == word.utf8.count,
            zip(next, word.utf8).allSatisfy({ $0 == $1 || (65...90).contains($0) && $0 + 32 == $1 })
        else { return false }
        position += word.utf8.count
        return true
    }
}
