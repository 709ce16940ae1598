// SPDX-License-Identifier: Apache-2.0

import GcraneSyntax

/// The documentation of one command: the source of its help, its man page and its chapter of the reference.
struct HelpPage: Sendable {
    /// `["transship", "report", "merge"]`
    var words: [String]
    var aliases: [String] = []
    /// One sentence.
    var summary: String
    /// What follows the words in the usage line, such as `LIST... [OPTIONS]`.
    var arguments: String
    var sections: [HelpSection] = []

    var name: String { words.joined(separator: " ") }
}

/// A part of a page below a heading. A part without one is directly below the usage line.
struct HelpSection: Sendable, Hashable {
    static let examples = "EXAMPLES"
    static let environment = "ENVIRONMENT"
    static let exitCodes = "EXIT CODES"

    var title: String?
    var blocks: [HelpBlock]
}

enum HelpBlock: Sendable, Hashable {
    /// A paragraph, which is wrapped when it is shown.
    case text(String)
    /// Command lines to paste, never wrapped, with a title above.
    case example(title: String, lines: [String])
    case entry(term: String, text: String)
}
