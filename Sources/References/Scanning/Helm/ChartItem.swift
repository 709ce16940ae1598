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
        var rest = text[...]
        var trims = false
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            var inner = rest[open.upperBound..<close.lowerBound]
            tokens.append(.text(Self.text(rest[..<open.lowerBound], trims, inner.hasPrefix("-"))))
            trims = inner.hasSuffix("-")
            if inner.hasPrefix("-") { inner = inner.dropFirst() }
            if inner.hasSuffix("-") { inner = inner.dropLast() }
            let end = text.utf8.distance(from: text.startIndex, to: close.upperBound)
            tokens.append(.action(inner, end: end))
            rest = rest[close.upperBound...]
        }
        tokens.append(.text(Self.text(rest, trims, false)))
        self.tokens = tokens
    }

    private static func text(_ text: Substring, _ trimsStart: Bool, _ trimsEnd: Bool) -> String {
        var text = text
        if trimsStart { text = text.drop(while: \.isWhitespace) }
        while trimsEnd, text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }

    /// Words between blanks; texts in quotes and what stands in parentheses is one each, `|` a word of its own.
    static func words(_ text: Substring) -> [Substring] {
        var words: [Substring] = []
        var start: Substring.Index?
        var level = 0
        var quote: Character?
        func end(_ index: Substring.Index) {
            if let begin = start { words.append(text[begin..<index]) }
            start = nil
        }
        for index in text.indices {
            let character = text[index]
            if let open = quote {
                if character == open { quote = nil }
                continue
            }
            if character == "\"" || character == "`" { quote = character }
            if character == "(" { level += 1 }
            if character == ")" { level -= 1 }
            if level == 0, character.isWhitespace || character == "|" {
                end(index)
                if character == "|" { words.append(text[index...index]) }
            } else if start == nil {
                start = index
            }
        }
        end(text.endIndex)
        return words
    }
}
