// SPDX-License-Identifier: Apache-2.0

import FileTree
import Testing

@Suite struct IgnoreRulesTests {
    private func ignores(_ patterns: String, _ path: String, folder: Bool = false) -> Bool {
        var rules = IgnoreRules()
        rules.add(Array(patterns.utf8), folder: "")
        return rules.ignores(path, isFolder: folder)
    }

    /// gitignore(5), pattern format.
    @Test(arguments: [
        ("*.log", "a.log", true), ("*.log", "d/a.log", true), ("*.log", "a.txt", false),
        ("/a.log", "a.log", true), ("/a.log", "d/a.log", false), ("d/a.log", "d/a.log", true),
        ("d/a.log", "x/d/a.log", false), ("**/d/a.log", "x/d/a.log", true), ("**/a", "a", true),
        ("d/**", "d/x/y", true), ("d/**", "d", false), ("a/**/b", "a/b", true), ("a/**/b", "a/x/y/b", true),
        ("a/**/b", "ab", false), ("a?c", "abc", true), ("a?c", "a/c", false), ("a[bc]d", "abd", true),
        ("a[!bc]d", "abd", false), ("a[!bc]d", "axd", true), ("a[b-d]e", "ace", true), ("a*c", "abbc", true),
        ("x/*", "x/a/b", false), ("# comment", "# comment", false), ("\\#a", "#a", true), ("\\!a", "!a", true),
        ("a  ", "a", true), ("a\\ ", "a ", true), ("", "a", false), ("*", "a", true), ("a\r", "a", true),
        ("foo*bar*baz", "fooXbarYbaz", true), ("a**b", "axxb", true), ("[", "[", true),
    ])
    func `match as git's`(pattern: String, path: String, isIgnored: Bool) {
        #expect(ignores(pattern, path) == isIgnored)
    }

    @Test func `a slash at the end means folders only`() {
        #expect(ignores("build/", "build", folder: true))
        #expect(!ignores("build/", "build"))
    }

    @Test func `later patterns win, and take back what earlier ones left out`() {
        #expect(!ignores("*.yaml\n!keep.yaml\n", "keep.yaml"))
        #expect(ignores("!keep.yaml\n*.yaml\n", "keep.yaml"))
    }

    @Test func `a nearer file wins, and its patterns begin at its folder`() {
        var rules = IgnoreRules()
        rules.add(Array("*.yaml\n".utf8), folder: "")
        rules.add(Array("!a.yaml\n/b.txt\n".utf8), folder: "d")
        #expect(!rules.ignores("d/a.yaml", isFolder: false))
        #expect(rules.ignores("d/c.yaml", isFolder: false))
        #expect(rules.ignores("d/b.txt", isFolder: false))
        #expect(!rules.ignores("d/e/b.txt", isFolder: false))
    }
}
