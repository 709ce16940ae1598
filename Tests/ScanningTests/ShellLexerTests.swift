// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Scanning

/// Shell text as simple commands.
@Suite struct ShellLexerTests {
    private func commands(_ text: String) -> [[String]] {
        var lexer = ShellLexer(SourceText(Array(text.utf8)))
        lexer.read()
        return lexer.commands.map { $0.words.map(\.string) }
    }

    @Test(arguments: [
        ("a b; c && d | e &\nf", [["a", "b"], ["c"], ["d"], ["e"], ["f"]]),
        ("a 'b c' \"d $(e f) g\" # h", [["e", "f"], ["a", "'b c'", "\"d $(e f) g\""]]),
        ("a `b c` d", [["b", "c"], ["a", "`b c`", "d"]]),
        ("a \\\n  b\\\nc", [["a", "bc"]]),
        ("a > b 2>&1 < c d", [["a", "d"]]),
        ("a ${b:-c d} $((1<<2)) e", [["a", "${b:-c d}", "$((1<<2))", "e"]]),
        ("(a; b) { c; }", [["a"], ["b"], ["{", "c"], ["}"]]),
        ("a <<X\nb c\nX\nd", [["a"], ["d"]]),
        ("x=(a b\n c) d", [["x="], ["d"]]),
        ("a#b c", [["a#b", "c"]]),
    ])
    func `are cut as a shell cuts them`(text: String, expected: [[String]]) {
        #expect(commands(text) == expected)
    }

    @Test(arguments: [#""${b:-{\}}""#, #"${b:-{}"#, "${b:-${c:-d}}", "${{ format('{0}', b) }}"])
    func `take a brace alone for nothing but itself`(word: String) {
        #expect(commands("a \(word) c; d") == [["a", word, "c"], ["d"]])
    }

    @Test func `keep what stands in heredocs and arrays`() {
        var lexer = ShellLexer(SourceText(Array("bash <<-'E'\n\tdocker x\n\tE\nlist=(a 'b')\n".utf8)))
        lexer.read()
        #expect(lexer.commands.first?.heredocs.map(\.text.string) == ["\tdocker x\n"])
        #expect(lexer.commands.first?.heredocs.map(\.isLiteral) == [true])
        #expect(lexer.commands.last?.array?.map(\.string) == ["a", "'b'"])
    }

    @Test func `end with a quote that is never closed, and say where`() {
        var lexer = ShellLexer(SourceText(Array("a 'b".utf8)))
        lexer.read()
        #expect(lexer.openQuote == 2)
    }

    /// Substitutions inside of substitutions end somewhere, whatever the text is.
    @Test func `are read in bounded depth`() {
        let text = String(repeating: "$(", count: 10_000)
        #expect(commands(text).count < 200)
    }
}
