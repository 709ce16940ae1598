// SPDX-License-Identifier: Apache-2.0

/// How a programming language writes comments and texts.
struct ProgramDialect: Sendable {
    /// The marks around a text, and what the text can contain.
    struct Quote: Sendable {
        var opening: [UInt8]
        var closing: [UInt8]
        /// A backslash escapes the next byte.
        var hasEscapes = true
        /// The syntax of filled-in values: `${x}` and `$x`, `{x}`, `#{x}`, `\(x)` or `\#(x)`.
        var filling: Filling = .none
        var isBlock = false
        /// The closing mark, written twice, means the mark itself.
        var isDoubled = false
    }

    enum Filling: Sendable { case none, dollar, dollarBraces, braces, hashBraces, parentheses, rawParentheses }

    var lineComments: [[UInt8]]
    var hasBlockComments = true
    /// Texts can be on the lines after the one that names their end: `<<~NAME`.
    var hasHeredocs = false
    /// Longer openings first.
    var quotes: [Quote]

    private init(comments: String, blockComments: Bool = true, heredocs: Bool = false, _ quotes: [Quote]) {
        lineComments = comments.split(separator: " ").map { Array($0.utf8) }
        hasBlockComments = blockComments
        hasHeredocs = heredocs
        self.quotes = quotes.sorted { $0.opening.count > $1.opening.count }
    }

    private static func quote(
        _ opening: String, to closing: String? = nil, escapes: Bool = true, fills filling: Filling = .none,
        isBlock: Bool = false, isDoubled: Bool = false
    ) -> Quote {
        Quote(
            opening: Array(opening.utf8), closing: Array((closing ?? opening).utf8), hasEscapes: escapes,
            filling: filling, isBlock: isBlock, isDoubled: isDoubled)
    }

    // MARK: - Languages

    static let groovy = ProgramDialect(
        comments: "//",
        [
            quote("'''", isBlock: true), quote("\"\"\"", fills: .dollar, isBlock: true), quote("'"),
            quote("\"", fills: .dollar),
        ])
    static let java = ProgramDialect(comments: "//", [quote("\"\"\"", isBlock: true), quote("\""), quote("'")])
    static let kotlin = ProgramDialect(
        comments: "//",
        [quote("\"\"\"", escapes: false, fills: .dollar, isBlock: true), quote("\"", fills: .dollar), quote("'")])
    static let scala = ProgramDialect(
        comments: "//",
        [
            quote("\"\"\"", escapes: false, isBlock: true), quote("s\"", to: "\"", fills: .dollar), quote("\""),
            quote("'"),
        ])
    static let go = ProgramDialect(
        comments: "//", [quote("`", escapes: false, isBlock: true), quote("\""), quote("'")])
    static let typescript = ProgramDialect(
        comments: "//", [quote("`", fills: .dollarBraces, isBlock: true), quote("\""), quote("'")])
    static let csharp = ProgramDialect(
        comments: "//",
        [
            quote("$\"\"\"", to: "\"\"\"", escapes: false, fills: .braces, isBlock: true),
            quote("\"\"\"", escapes: false, isBlock: true),
            quote("$@\"", to: "\"", escapes: false, fills: .braces, isBlock: true, isDoubled: true),
            quote("@$\"", to: "\"", escapes: false, fills: .braces, isBlock: true, isDoubled: true),
            quote("@\"", to: "\"", escapes: false, isBlock: true, isDoubled: true),
            quote("$\"", to: "\"", fills: .braces),
            quote("\""), quote("'"),
        ])
    static let python = ProgramDialect(
        comments: "#", blockComments: false,
        [
            quote("f\"\"\"", to: "\"\"\"", fills: .braces, isBlock: true),
            quote("f'''", to: "'''", fills: .braces, isBlock: true),
            quote("\"\"\"", isBlock: true), quote("'''", isBlock: true), quote("f\"", to: "\"", fills: .braces),
            quote("f'", to: "'", fills: .braces), quote("r\"", to: "\"", escapes: false),
            quote("r'", to: "'", escapes: false),
            quote("\""), quote("'"),
        ])
    static let ruby = ProgramDialect(
        comments: "#", blockComments: false, heredocs: true,
        [quote("\"", fills: .hashBraces, isBlock: true), quote("'", isBlock: true)])
    static let jsonnet = ProgramDialect(
        comments: "// #",
        [
            quote("|||", escapes: false, isBlock: true), quote("@\"", to: "\"", escapes: false, isDoubled: true),
            quote("@'", to: "'", escapes: false, isDoubled: true), quote("\"", isBlock: true),
            quote("'", isBlock: true),
        ])
    /// cuelang.org, "The CUE Language Specification", "String and byte sequence literals".
    static let cue = ProgramDialect(
        comments: "//", blockComments: false,
        [
            quote("#\"\"\"", to: "\"\"\"#", escapes: false, fills: .rawParentheses, isBlock: true),
            quote("\"\"\"", fills: .parentheses, isBlock: true), quote("'''", fills: .parentheses, isBlock: true),
            quote("#\"", to: "\"#", escapes: false, fills: .rawParentheses), quote("\"", fills: .parentheses),
            quote("'", fills: .parentheses),
        ])
    static let bicep = ProgramDialect(
        comments: "//", [quote("'''", escapes: false, isBlock: true), quote("'", fills: .dollarBraces)])
}
