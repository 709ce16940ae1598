// SPDX-License-Identifier: Apache-2.0

/// The texts and actions that make up a template.
struct ChartTokens {
    enum Token {
        case text(String)
        /// The text between the braces, and the offset after them.
        case action(Substring, end: Int)
    }

    let tokens: [Token]

    /// Omits the blanks beside `{{-` and `-}}`.
    init(_ text: String) {
        var tokens: [Token] = []
        var start = 0
        var trims = false
        for place in Self.actions(in: text) {
            var inner = text[bytes: place]
            tokens.append(
                .text(
                    Self.text(
                        text[bytes: start..<place.lowerBound - 2], trimmingStart: trims,
                        trimmingEnd: inner.utf8.first == 45)))
            trims = inner.utf8.last == 45
            if inner.utf8.first == 45 { inner = inner.dropFirst() }
            if inner.utf8.last == 45 { inner = inner.dropLast() }
            start = place.upperBound + 2
            tokens.append(.action(inner, end: start))
        }
        tokens.append(.text(Self.text(text[bytes: start..<text.utf8.count], trimmingStart: trims, trimmingEnd: false)))
        self.tokens = tokens
    }

    /// The byte ranges of actions, without their braces.
    static func actions(in text: String) -> [Range<Int>] {
        var text = text
        return text.withUTF8 { bytes in
            var places: [Range<Int>] = []
            var offset = 0
            while let open = opening(in: bytes, from: offset) {
                let end = TemplateAction.end(of: open, in: bytes)
                if let end { places.append(open + 2..<end - 2) }
                offset = end ?? open + 2
            }
            return places
        }
    }

    /// The position of two opening braces.
    private static func opening(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var offset = start
        while let found = ByteSearch.first(UInt8(ascii: "{"), in: bytes, from: offset), found + 1 < bytes.count {
            if bytes[found + 1] == bytes[found] { return found }
            offset = found + 1
        }
        return nil
    }

    /// Go's templates trim only ASCII blanks.
    private static func text(_ text: Substring, trimmingStart trimsStart: Bool, trimmingEnd trimsEnd: Bool) -> String {
        var bytes = text.utf8
        if trimsStart { bytes = bytes.drop(while: TracedText.isBlank) }
        while trimsEnd, let last = bytes.last, TracedText.isBlank(last) { bytes = bytes.dropLast() }
        return String(Substring(bytes))
    }

    /// Splits an action into words at blanks. A quoted text is one word, and so is a text in parentheses. `|` is a
    /// separate word.
    static func words(_ text: Substring) -> [Substring] {
        var words: [Substring] = []
        var start: Substring.Index?
        var level = 0
        var quote: UInt8?
        func end(_ index: Substring.Index) {
            if let begin = start { words.append(text[begin..<index]) }
            start = nil
        }
        let bytes = text.utf8
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            let next = bytes.index(after: index)
            defer { index = next }
            if let open = quote {
                if byte == open { quote = nil }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "`"): quote = byte
            case UInt8(ascii: "("): level += 1
            case UInt8(ascii: ")"): level -= 1
            default: break
            }
            if level == 0, byte == UInt8(ascii: "|") || TracedText.isBlank(byte) {
                end(index)
                if byte == UInt8(ascii: "|") { words.append(text[index..<next]) }
            } else if start == nil {
                start = index
            }
        }
        end(text.endIndex)
        return words
    }
}

extension String {
    /// The text between two byte offsets.
    subscript(bytes range: Range<Int>) -> Substring {
        let start = utf8.index(utf8.startIndex, offsetBy: range.lowerBound)
        return self[start..<utf8.index(start, offsetBy: range.count)]
    }
}
