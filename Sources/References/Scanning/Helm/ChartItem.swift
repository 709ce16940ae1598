// SPDX-License-Identifier: Apache-2.0

/// What a name of a chart's template stands for, as far as the chart itself says so.
indirect enum ChartItem {
    /// What `$` is.
    case root
    case chart
    /// What stands in the values at a path.
    case values([String])
    /// nil: nothing.
    case text(ChartRecipe?)
    /// What `dict` makes.
    case fields([String: ChartItem])
}

/// A text made of others, so that it can be made again where the values have changed.
package struct ChartRecipe: Hashable, Sendable {
    enum Piece: Hashable, Sendable {
        case text(String)
        /// The scalar at a path of the values.
        case value([String])
    }

    var pieces: [Piece] = []

    init(_ pieces: [Piece] = []) { self.pieces = pieces }

    init(_ text: String) { pieces = text.isEmpty ? [] : [.text(text)] }

    static func + (left: ChartRecipe, right: ChartRecipe) -> ChartRecipe { ChartRecipe(left.pieces + right.pieces) }

    /// Of the values in it.
    var paths: [[String]] {
        pieces.compactMap { if case .value(let path) = $0 { path } else { nil } }
    }

    /// - Parameter value: the scalar at a path.
    func text(_ value: ([String]) -> TracedText?) -> TracedText {
        pieces.reduce(into: TracedText()) { result, piece in
            switch piece {
            case .text(let text): result.append(TracedText(untraced: text))
            case .value(let path): if let text = value(path) { result.append(text) }
            }
        }
    }
}

/// A template cut into texts and actions.
struct ChartTokens {
    enum Token {
        case text(String)
        /// What stands between the braces, and where behind them the template goes on.
        case action(Substring, end: Int)
    }

    let tokens: [Token]

    /// Blanks beside `{{-` and `-}}` are left out.
    init(_ text: String) {
        var tokens: [Token] = []
        var start = 0
        var trims = false
        for place in Self.actions(in: text) {
            var inner = text[bytes: place]
            tokens.append(.text(Self.text(text[bytes: start..<place.lowerBound - 2], trims, inner.utf8.first == 45)))
            trims = inner.utf8.last == 45
            if inner.utf8.first == 45 { inner = inner.dropFirst() }
            if inner.utf8.last == 45 { inner = inner.dropLast() }
            start = place.upperBound + 2
            tokens.append(.action(inner, end: start))
        }
        tokens.append(.text(Self.text(text[bytes: start..<text.utf8.count], trims, false)))
        self.tokens = tokens
    }

    /// Where actions stand, without their braces, as offsets of bytes.
    static func actions(in text: String) -> [Range<Int>] {
        var text = text
        return text.withUTF8 { bytes in
            var places: [Range<Int>] = []
            var offset = 0
            while let open = pair(UInt8(ascii: "{"), in: bytes, from: offset),
                let close = pair(UInt8(ascii: "}"), in: bytes, from: open + 2)
            {
                places.append(open + 2..<close)
                offset = close + 2
            }
            return places
        }
    }

    /// Where `byte` stands twice.
    private static func pair(_ byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var offset = start
        while let found = ByteSearch.first(byte, in: bytes, from: offset), found + 1 < bytes.count {
            if bytes[found + 1] == byte { return found }
            offset = found + 1
        }
        return nil
    }

    /// Go's templates trim the blanks of ASCII.
    private static func text(_ text: Substring, _ trimsStart: Bool, _ trimsEnd: Bool) -> String {
        var bytes = text.utf8
        if trimsStart { bytes = bytes.drop(while: TracedText.isBlank) }
        while trimsEnd, let last = bytes.last, TracedText.isBlank(last) { bytes = bytes.dropLast() }
        return String(Substring(bytes))
    }

    /// Words between blanks; texts in quotes and what stands in parentheses is one each, `|` a word of its own.
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
    /// The text between two offsets of bytes.
    subscript(bytes range: Range<Int>) -> Substring {
        let start = utf8.index(utf8.startIndex, offsetBy: range.lowerBound)
        return self[start..<utf8.index(start, offsetBy: range.count)]
    }
}
