// SPDX-License-Identifier: Apache-2.0

/// The value of a name in a chart's template, as far as the chart itself decides it.
indirect enum ChartItem {
    /// The value of `$`.
    case root
    case chart
    /// The value at a path of the values.
    case values([String])
    /// A text; nil if there is none.
    case text(ChartRecipe?)
    /// The result of `dict`.
    case fields([String: ChartItem])
    /// The result of `list` and `tuple`.
    case list([ChartItem])
}

/// A text composed of pieces. It can be composed again after the values have changed.
package struct ChartRecipe: Hashable, Sendable {
    enum Piece: Hashable, Sendable {
        case text(String)
        /// The scalar at a path of the values.
        case value([String])

        var isText: Bool { if case .text = self { true } else { false } }
    }

    var pieces: [Piece] = []

    init(_ pieces: [Piece] = []) { self.pieces = pieces }

    init(_ text: String) { pieces = text.isEmpty ? [] : [.text(text)] }

    static func + (left: ChartRecipe, right: ChartRecipe) -> ChartRecipe { ChartRecipe(left.pieces + right.pieces) }

    /// The text before the first value.
    var front: String {
        var front = ""
        for case .text(let text) in pieces.prefix(while: \.isText) { front += text }
        return front
    }

    /// Whether a text with a slash is before the first value. The first value is then not the whole name.
    var beginsWithPath: Bool { front.contains("/") }

    /// The paths of all values except one that begins the text.
    var pathsBehind: [[String]] {
        guard let first = pieces.first else { return [] }
        let rest = ChartRecipe(Array(pieces.dropFirst())).paths
        if case .value(let path) = first { return rest.filter { $0 != path } }
        return rest
    }

    /// The text with the names of its values: `{{ .Values.hub }}/{{ .Values.name }}`.
    var outline: String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .value(let path): "{{ .Values.\(path.joined(separator: ".")) }}"
            }
        }.joined()
    }

    /// The paths of the values in the text.
    var paths: [[String]] {
        pieces.compactMap { if case .value(let path) = $0 { path } else { nil } }
    }

    /// - Parameter value: returns the scalar at a path.
    func text(_ value: ([String]) -> TracedText?) -> TracedText {
        pieces.reduce(into: TracedText()) { result, piece in
            switch piece {
            case .text(let text): result.append(TracedText(untraced: text))
            case .value(let path): if let text = value(path) { result.append(text) }
            }
        }
    }
}

extension ChartRecipe {
    /// The recipe without blanks at its ends; nil if nothing is left.
    var trimmed: ChartRecipe? {
        var pieces = pieces
        if case .text(let text)? = pieces.first {
            pieces.removeFirst()
            let rest = String(text.drop(while: \.isWhitespace))
            if !rest.isEmpty {
                pieces.insert(.text(rest), at: 0)
            } else if pieces.first != nil {
                return ChartRecipe(pieces).trimmed
            }
        }
        if case .text(var text)? = pieces.last {
            pieces.removeLast()
            while text.last?.isWhitespace == true { text.removeLast() }
            if !text.isEmpty {
                pieces.append(.text(text))
            } else if pieces.last != nil {
                return ChartRecipe(pieces).trimmed
            }
        }
        return pieces.isEmpty ? nil : ChartRecipe(pieces)
    }
}
