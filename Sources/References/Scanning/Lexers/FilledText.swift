// SPDX-License-Identifier: Apache-2.0

/// A text with what is filled into it.
struct FilledText {
    enum Piece {
        case literal(TracedText)
        /// `${…}`: the name in it, or all of it where that is no name.
        case expression(path: String, written: TracedText)
    }

    var pieces: [Piece] = []
    /// All of it as it stands, without quotes.
    var written = TracedText()
    /// It may hold line breaks: `<<NAME`, `"""`.
    var isBlock = false

    /// The names that are filled in.
    var names: [String] {
        pieces.compactMap { if case .expression(let path, _) = $0 { path } else { nil } }
    }
}

extension FilledText {
    init(literal: TracedText) { self.init(pieces: [.literal(literal)], written: literal) }
}
