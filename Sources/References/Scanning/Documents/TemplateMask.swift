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

    /// The longest action in bytes. Longer texts are not read as actions.
    private static let actionLimit = 16384

    /// A copy in which actions on lines of their own are blanks, and other actions are letters.
    static func masked(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var result = Array(bytes)
        var closing = NextPlace(of: "}}".utf8)
        var offset = 0
        while let start = ByteSearch.first(UInt8(ascii: "{"), in: bytes, from: offset) {
            offset = start + 1
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: "{") else { continue }
            guard let close = closing.first(in: result, from: start + 2) else { break }
            guard close < start + actionLimit, let end = end(of: start, in: bytes) else { continue }
            let isBlank = isAlone(start..<end, in: result) || rendersBlock(start..<end, in: bytes)
            let filler = isBlank ? UInt8(ascii: " ") : UInt8(ascii: "x")
            fill(start..<end, of: &result, with: filler)
            offset = end
        }
        if isOtherTemplate(bytes, 0..<bytes.count) {
            for marks in otherMarks + [comment] { mask(marks, in: &result) }
        }
        return result
    }

    private static func fill(_ range: Range<Int>, of bytes: inout [UInt8], with filler: UInt8) {
        for place in range where bytes[place] != 10 && bytes[place] != 13 { bytes[place] = filler }
    }

    private static func mask(_ marks: Marks, in result: inout [UInt8]) {
        var offset = 0
        var opening = NextPlace(of: marks.opening.bytes)
        var closing = NextPlace(of: marks.closing)
        while let start = opening.first(in: result, from: offset) {
            let inside = start + marks.opening.bytes.count
            guard let close = closing.first(in: result, from: inside) else { return }
            let end = close + marks.closing.count
            guard end <= start + actionLimit else {
                offset = inside
                continue
            }
            let isBlank = isAlone(start..<end, in: result)
            fill(start..<end, of: &result, with: isBlank ? UInt8(ascii: " ") : UInt8(ascii: "x"))
            offset = end
        }
    }

    private static func end(of start: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let isComment = bytes[start...].dropFirst(2).drop { $0 == UInt8(ascii: "-") || $0 == 32 }.starts(
            with: "/*".utf8)
        let limit = min(bytes.count, start + actionLimit)
        let part = UnsafeBufferPointer(rebasing: bytes[..<limit])
        var offset = start + 2
        while let close = ByteSearch.first(UInt8(ascii: "}"), in: part, from: offset), close + 1 < limit {
            if bytes[close + 1] == UInt8(ascii: "}"), !isComment || closesComment(bytes[start..<close]) {
                return close + 2
            }
            offset = close + 1
        }
        return nil
    }

    private static func closesComment(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        let end = text.reversed().drop { $0 == 32 || $0 == UInt8(ascii: "-") }
        return end.starts(with: "/*".utf8)
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
        var before = range.lowerBound
        let (start, end) = (range.lowerBound - lineLimit, range.upperBound + lineLimit)
        while before > max(start, 0), bytes[before - 1] == 32 || bytes[before - 1] == 9 { before -= 1 }
        guard before == 0 || bytes[before - 1] == 10 else { return false }
        var after = range.upperBound
        while after < bytes.count, bytes[after] != 10 {
            guard after < end else { return false }
            if bytes[after] == UInt8(ascii: "{"), after + 1 < bytes.count, bytes[after + 1] == bytes[after],
                let close = bytes.withUnsafeBufferPointer({ self.end(of: after, in: $0) })
            {
                after = close
            } else if bytes[after] == 32 || bytes[after] == 9 || bytes[after] == 13 {
                after += 1
            } else {
                return false
            }
        }
        return true
    }
}
