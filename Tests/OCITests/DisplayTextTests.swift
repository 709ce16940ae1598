// SPDX-License-Identifier: Apache-2.0

import OCI
import ProtocolCases
import Testing

@Suite struct DisplayTextTests {
    @Test(
        .covers("S21"),
        arguments: [
            ("plain text, äöü, 漢字, 🎉", "plain text, äöü, 漢字, 🎉"),
            ("\u{1B}[31mred", "\\u{1b}[31mred"),
            ("\u{1B}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("\u{9B}31m", "\\u{9b}31m"),
            ("a\nb\rc\td\u{0}", "a\\u{a}b\\u{d}c\\u{9}d\\u{0}"),
            ("\u{202E}txt.exe", "\\u{202e}txt.exe"),
            ("\u{2066}\u{2069}\u{200F}", "\\u{2066}\\u{2069}\\u{200f}"),
            ("zero\u{200B}width", "zero\\u{200b}width"),
            ("line\u{2028}paragraph\u{2029}", "line\\u{2028}paragraph\\u{2029}"),
            ("\u{FEFF}", "\\u{feff}"),
            ("\u{E000}", "\\u{e000}"),
            ("\u{7F}", "\\u{7f}"),
            ("\u{61C}\u{200E}\u{2060}", "\\u{61c}\\u{200e}\\u{2060}"),
            ("a\u{3164}b\u{34F}c\u{115F}d", "a\\u{3164}b\\u{34f}c\\u{115f}d"),
            ("⚠\u{FE0F} kept", "⚠\u{FE0F} kept"),
        ])
    func `shows text and escapes what could move a cursor, hide or reorder it`(text: String, shown: String) {
        #expect(text.displayable == shown)
    }

    @Test func `replaces invalid UTF-8 before it is shown`() {
        let text = String(decoding: [0x61, 0xFF, 0xC0, 0x62] as [UInt8], as: UTF8.self)
        #expect(text.displayable == "a\u{FFFD}\u{FFFD}b")
    }

    @Test func `lines stay lines, and nothing else gets through`() {
        #expect("a\n\tb\u{1B}c\r\u{202E}\u{85}".displayableLines == "a\n\tb\\u{1b}c\\u{d}\\u{202e}\\u{85}")
        #expect("plain\n\tlines, äöü".displayableLines == "plain\n\tlines, äöü")
    }

    /// Lines of JSON pass the last net before a terminal, whose escapes are none in JSON.
    @Test(arguments: ["\u{F8FF}", "\u{3164}", "\u{E0001}", "\u{10FFFF}", "\u{378}", "\u{85}", "\u{202E}", "\u{34F}"])
    func `what JSON keeps is shown as it is`(scalar: String) throws {
        let text = JSON.object(["a": .string("x\(scalar)y")]).text
        #expect(text.displayableLines == text)
        #expect(try JSON(Array(text.utf8))["a"]?.string == "x\(scalar)y")
    }

    @Test func `is cut after the limit`() {
        #expect("abcdef".displayable(limit: 3) == "abc…")
        #expect("abc".displayable(limit: 3) == "abc")
        #expect(String(repeating: "x", count: 100_000).displayable.unicodeScalars.count == 513)
    }
}
