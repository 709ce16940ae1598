// SPDX-License-Identifier: Apache-2.0

/// Blanks out template actions, so that the rest can be read as YAML with every byte in its place. Knows the actions of
/// Go, Jinja (`{{ }}`, `{% %}`, `{# #}`), ERB (`<% %>`) and Terraform (`%{ if }`).
enum TemplateMask {
    static func isTemplate(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        ByteSearch.contains(opening, in: bytes, range)
    }

    private static let opening = SearchWord("{{")

    /// Whether there are actions with marks other than two braces.
    static func isOtherTemplate(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        let part = UnsafeBufferPointer(rebasing: bytes[range])
        var offset = 0
        // Most files have no such byte at all.
        while let percent = ByteSearch.first(UInt8(ascii: "%"), in: part, from: offset) {
            if percent > 0, "{<".utf8.contains(part[percent - 1]) { return true }
            if wordMarks.contains(where: { part[percent...].starts(with: $0.opening.bytes) }) { return true }
            offset = percent + 1
        }
        return false
    }

    /// Whether there is a comment of Jinja, which may be the only action.
    static func holdsComment(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        ByteSearch.contains(comment.opening, in: bytes, range)
    }

    /// Whether a dollar sign precedes all double braces.
    static func holdsOnlyExpressions(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        let part = UnsafeBufferPointer(rebasing: bytes[range])
        var offset = 0
        while let brace = ByteSearch.first(UInt8(ascii: "{"), in: part, from: offset) {
            let isDouble = brace + 1 < part.count && part[brace + 1] == UInt8(ascii: "{")
            if isDouble, brace == 0 || part[brace - 1] != UInt8(ascii: "$") { return false }
            offset = brace + (isDouble ? 2 : 1)
        }
        return true
    }

    /// Whether all double braces are on lines that are comments of YAML.
    static func isInComments(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        let part = UnsafeBufferPointer(rebasing: bytes[range])
        var start = 0
        while start < part.count {
            let end = ByteSearch.first(10, in: part, from: start) ?? part.count
            let isComment = part[start..<end].first { !isBlank($0) } == UInt8(ascii: "#")
            if !isComment, ByteSearch.contains(opening, in: part, start..<end) { return false }
            start = end + 1
        }
        return true
    }

    /// Whether there is any action, with any marks.
    static func holdsAction(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        isTemplate(bytes, range) || isOtherTemplate(bytes, range)
    }

    private struct Marks {
        let opening: SearchWord
        let closing: [UInt8]

        init(_ opening: String, _ closing: String) {
            self.opening = SearchWord(opening)
            self.closing = Array(closing.utf8)
        }
    }

    private static let otherMarks = [Marks("{%", "%}"), Marks("<%", "%>")] + wordMarks
    private static let wordMarks = ["if ", "else", "endif", "for ", "endfor"].flatMap {
        [Marks("%{ " + $0, "}"), Marks("%{~ " + $0, "}")]
    }
    private static let comment = Marks("{#", "#}")

    /// The letter in the place of each byte of an action that is not blank.
    static let filler = UInt8(ascii: "x")
    /// `{{.}}`
    static let shortestAction = 5

    /// How actions are blanked out.
    struct Way: Hashable {
        /// An action on lines of its own becomes a comment. Its line stays indented, which counts in a block scalar.
        var keepsIndentation = false
        /// A statement between the items of a list on one line becomes blanks, and so does a line that is one whole
        /// statement.
        var opensLists = false

        /// The ways in the order in which they are tried.
        static let all = [
            Way(), Way(keepsIndentation: true), Way(opensLists: true), Way(keepsIndentation: true, opensLists: true),
        ]
    }

    /// A copy in which actions on lines of their own are blanks, and the others letters.
    static func masked(_ bytes: UnsafeBufferPointer<UInt8>, _ way: Way = Way()) -> [UInt8] {
        var result = Array(bytes)
        if way.opensLists { blankStatementLines(of: &result) }
        var closing = NextPlace(of: "}}".utf8)
        var offset = 0
        while let start = ByteSearch.first(UInt8(ascii: "{"), in: bytes, from: offset) {
            offset = start + 1
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: "{") else { continue }
            guard let close = closing.first(in: result, from: start + 2) else { break }
            guard close < start + TemplateAction.limit, let end = TemplateAction.end(of: start, in: bytes) else {
                continue
            }
            blankOut(start..<end, of: &result, way, rendersBlock: rendersBlock(start..<end, in: bytes))
            offset = end
        }
        if isOtherTemplate(bytes, 0..<bytes.count) {
            for marks in otherMarks { mask(marks, in: &result, way) }
        }
        if holdsComment(bytes, 0..<bytes.count) { mask(comment, in: &result, way) }
        return result
    }

    /// The first action between two braces that has this many bytes.
    static func action(of length: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        var offset = 0
        while let start = ByteSearch.first(UInt8(ascii: "{"), in: bytes, from: offset) {
            offset = start + 1
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: "{"),
                let end = TemplateAction.end(of: start, in: bytes)
            else { continue }
            if end - start == length { return start..<end }
            offset = end
        }
        return nil
    }

    private static func blankOut(_ range: Range<Int>, of bytes: inout [UInt8], _ way: Way, rendersBlock: Bool = false) {
        let isAlone = isAlone(range, in: bytes)
        let isBlank = isAlone || rendersBlock || way.opensLists && isBetweenItems(range, in: bytes)
        fill(range, of: &bytes, with: isBlank ? UInt8(ascii: " ") : filler)
        if isAlone, way.keepsIndentation { bytes[range.lowerBound] = UInt8(ascii: "#") }
    }

    private static func fill(_ range: Range<Int>, of bytes: inout [UInt8], with filler: UInt8) {
        for place in range where bytes[place] != 10 && bytes[place] != 13 { bytes[place] = filler }
    }

    private static func mask(_ marks: Marks, in result: inout [UInt8], _ way: Way) {
        var offset = 0
        var opening = NextPlace(of: marks.opening.bytes)
        var closing = NextPlace(of: marks.closing)
        while let start = opening.first(in: result, from: offset) {
            let inside = start + marks.opening.bytes.count
            guard let close = closing.first(in: result, from: inside) else { return }
            let end = close + marks.closing.count
            guard end <= start + TemplateAction.limit else {
                offset = inside
                continue
            }
            blankOut(start..<end, of: &result, way)
            offset = end
        }
    }

    private static let indenting = SearchWord("nindent")

    /// `labels: {{- include "x" . | nindent 4 }}`: an action at the end of a line that writes whole lines. Keys below
    /// it belong to the same mapping.
    private static func rendersBlock(_ range: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard ByteSearch.contains(indenting, in: bytes, range) else { return false }
        let after = bytes[range.upperBound...].prefix { $0 != 10 }
        return after.allSatisfy { $0 == 32 || $0 == 9 || $0 == 13 }
    }

    /// The most bytes before and after an action in which the rest of its line is checked.
    private static let lineLimit = 2048

    /// Whether only blanks and other actions, already blanked, share the action's lines.
    private static func isAlone(_ range: Range<Int>, in bytes: [UInt8]) -> Bool {
        func isEnd(_ byte: UInt8?) -> Bool { byte == nil || byte == 10 }
        guard let before = place(before: range, in: bytes), isEnd(before < 0 ? nil : bytes[before]),
            let after = place(after: range, in: bytes)
        else { return false }
        return isEnd(after < bytes.count ? bytes[after] : nil)
    }

    /// The nearest byte before an action that is no blank, or -1; nil if it is too far away.
    private static func place(before range: Range<Int>, in bytes: [UInt8]) -> Int? {
        var before = range.lowerBound - 1
        while before >= 0, isBlank(bytes[before]) {
            guard range.lowerBound - before < lineLimit else { return nil }
            before -= 1
        }
        return before
    }

    /// The nearest byte after an action that is no blank and in no action, or the end; nil if it is too far away.
    private static func place(after range: Range<Int>, in bytes: [UInt8]) -> Int? {
        var after = range.upperBound
        while after < bytes.count, bytes[after] != 10 {
            guard after < range.upperBound + lineLimit else { return nil }
            if bytes[after] == UInt8(ascii: "{"), after + 1 < bytes.count, bytes[after + 1] == bytes[after],
                let close = TemplateAction.end(of: after, in: bytes)
            {
                after = close
            } else if isBlank(bytes[after]) || bytes[after] == 13 {
                after += 1
            } else {
                break
            }
        }
        return after
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

    // MARK: - Statements

    /// Whether a statement begins or ends beside the comma or the bracket of a list on one line.
    private static func isBetweenItems(_ range: Range<Int>, in bytes: [UInt8]) -> Bool {
        guard isStatement(bytes[range]) else { return false }
        if let before = place(before: range, in: bytes), before >= 0, "[{,".utf8.contains(bytes[before]) { return true }
        guard let after = place(after: range, in: bytes), after < bytes.count else { return false }
        return "]},".utf8.contains(bytes[after])
    }

    /// Whether an action chooses or repeats what is around it, and writes nothing itself.
    private static func isStatement(_ action: ArraySlice<UInt8>) -> Bool {
        let text = action.dropFirst(2).drop { "-~ ".utf8.contains($0) }
        // Only between two braces there are words and values. ERB writes values behind `<%=`.
        guard action.dropFirst().first == UInt8(ascii: "{") else { return text.first != UInt8(ascii: "=") }
        let word = text.prefix { !" -}".utf8.contains($0) }
        return statements.contains(String(decoding: word, as: UTF8.self))
    }

    private static let beginnings: Set = ["if", "with", "range", "for"]
    private static let ends: Set = ["end", "endif", "endfor"]
    private static let statements = beginnings.union(ends).union(["else"])

    /// Blanks out lines such as `{{ with .x }}key: {{ . }}{{ end }}`, whose key is indented like no other. A line that
    /// speaks of an image stays, because nothing else would tell that it was not read.
    private static func blankStatementLines(of bytes: inout [UInt8]) {
        var start = 0
        while start < bytes.count {
            let end = bytes.withUnsafeBufferPointer { ByteSearch.first(10, in: $0, from: start) } ?? bytes.count
            if isStatementLine(bytes[start..<end]) { fill(start..<end, of: &bytes, with: 32) }
            start = end + 1
        }
    }

    private static func isStatementLine(_ line: ArraySlice<UInt8>) -> Bool {
        let text = line.drop(while: isBlank)
        guard text.count > 4, text.first == UInt8(ascii: "{"), let last = text.lastIndex(of: UInt8(ascii: "{")),
            word(text, "{%".utf8.contains(text[text.startIndex + 1]) ? beginnings : []),
            word(text[last...], ends), !ImageText.mentionsImage(String(decoding: text, as: UTF8.self))
        else { return false }
        return text.reversed().drop { isBlank($0) || $0 == 13 }.first == UInt8(ascii: "}")
    }

    /// Whether the first word behind the marks of an action is one of a few.
    private static func word(_ action: ArraySlice<UInt8>, _ words: Set<String>) -> Bool {
        let word = action.drop { "{%-+ ".utf8.contains($0) }.prefix { !" -+%}".utf8.contains($0) }
        return words.contains(String(decoding: word, as: UTF8.self))
    }
}
