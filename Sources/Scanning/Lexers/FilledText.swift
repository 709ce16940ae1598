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
}
