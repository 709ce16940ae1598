// SPDX-License-Identifier: Apache-2.0

/// A text and the expressions in it that are filled in.
struct FilledText {
    enum Piece {
        case literal(TracedText)
        /// `${…}`. `path` is the name in it, or its whole content if that is not a name.
        case expression(path: String, written: TracedText)
    }

    var pieces: [Piece] = []
    /// The whole text as the file writes it, without quotes.
    var written = TracedText()
    /// It may hold line breaks: `<<NAME`, `"""`.
    var isBlock = false

    /// The meaning of the text, with the expressions as they are written.
    var unfilled: TracedText {
        pieces.reduce(into: TracedText()) { text, piece in
            switch piece {
            case .literal(let literal): text.append(literal)
            case .expression(_, let written): text.append(written)
            }
        }
    }

    /// The names that are filled in.
    var names: [String] {
        pieces.compactMap { if case .expression(let path, _) = $0 { path } else { nil } }
    }
}

extension FilledText {
    init(literal: TracedText) { self.init(pieces: [.literal(literal)], written: literal) }
}
