// SPDX-License-Identifier: Apache-2.0

import BatchList
import OCI
import Testing

private let hex = String(repeating: "ab", count: 32)

func parsed(_ text: String, file: String = "images.txt") -> BatchListParser {
    var parser = BatchListParser()
    parser.read(Array(text.utf8), file: file)
    return parser
}

@Suite struct BatchListParserTests {
    private func typed(_ text: String) -> [String] {
        parsed(text).entries.map { entry in
            entry.source.asTyped + (entry.target.map { " " + $0.asTyped } ?? "")
        }
    }

    @Test func `reads one item a line, with or without a target`() {
        let list = "ubuntu:18.04\nquay.io/a/b@sha256:\(hex) localhost:5000/c:1\n"
        #expect(typed(list) == ["ubuntu:18.04", "quay.io/a/b@sha256:\(hex) localhost:5000/c:1"])
        #expect(parsed(list).problems.isEmpty)
    }

    @Test(arguments: [
        "a:1 b:2", "  a:1   b:2  ", "\ta:1\tb:2\t", "a:1 b:2\r\n", "a:1 b:2 # why", "a:1\t\tb:2\t#why",
        "\u{FEFF}a:1 b:2",
        "# first\n\na:1 b:2", "\r\n\r\na:1 b:2", "   \n\t\n  # comment\na:1 b:2",
        "a:1 b:2\n# last, without a line feed",
    ])
    func `takes blanks, comments, empty lines and CRLF for what they are`(list: String) {
        #expect(typed(list) == ["a:1 b:2"])
        #expect(parsed(list).problems.isEmpty)
    }

    @Test(arguments: ["", "\n", "\r\n", "#", "# only a comment", "\u{FEFF}", "   "])
    func `finds nothing in a list of nothing`(list: String) {
        #expect(parsed(list).entries.isEmpty)
        #expect(parsed(list).problems.isEmpty)
    }

    @Test func `knows where each item stands`() {
        let entries = parsed("# head\n  a:1   b:2\n\nc:3").entries
        #expect(entries.map(\.place.description) == ["images.txt:2:3", "images.txt:4:1"])
        #expect(entries[0].targetPlace.description == "images.txt:2:9")
    }

    @Test func `reads several lists`() {
        var parser = BatchListParser()
        parser.read(Array("a:1".utf8), file: "one.txt")
        parser.read(Array("b:1\nB:1".utf8), file: "-")
        #expect(parser.entries.map(\.place.file) == ["one.txt", "-"])
        #expect(parser.problems.map(\.place.description) == ["-:2:1"])
    }

    @Test func `keeps the tag beside a digest: the digest is copied and the tag is set`() {
        let source = parsed("repo:v1@sha256:\(hex)").entries[0].source
        #expect(source.tag?.name == "v1")
        #expect(source.digest?.hex == hex[...])
    }
}

@Suite struct BatchProblemTests {
    private func first(_ list: String) -> String? { parsed(list).problems.first?.description }
    private func hint(_ list: String) -> String? { parsed(list).problems.first?.hint }

    @Test(arguments: [
        ("Ubuntu", "images.txt:1:1: \"Ubuntu\" is not a reference: repository can only contain the characters"),
        ("a:1 Target:1", "images.txt:1:5: \"Target:1\" is not a reference: "),
        ("\n\n   http://x:1/a", "images.txt:3:4: \"http://x:1/a\" is not a reference: "),
        ("a:1 -> c:3", "images.txt:1:5: \"->\" is no target"),
        ("é:1 b", "images.txt:1:1: \"é:1\" is not a reference: "),
        ("a:1 É", "images.txt:1:5: \"É\" is not a reference: "),
        (
            "a/../b:1",
            "images.txt:1:1: \"a/../b:1\" cannot be requested: a part of its repository is empty, \".\" or \"..\""
        ),
        ("a//b c", "images.txt:1:1: \"a//b\" cannot be requested: "),
        ("- redis:7", "images.txt:1:1: \"-\" begins an entry of YAML, and names no image"),
        ("a:..", "images.txt:1:1: \"a:..\" cannot be requested: its tag is \".\" or \"..\""),
        ("a@sha256:abcd", "images.txt:1:1: \"a@sha256:abcd\" is not a reference: the digest"),
    ])
    func `names file, line and column, and what is wrong`(list: String, start: String) throws {
        let problem = try #require(first(list))
        #expect(problem.hasPrefix(start))
    }

    @Test(arguments: [
        ("Ubuntu:18.04", "repository names are lower case: ubuntu:18.04"),
        ("https://quay.io/a/b", "leave out the scheme"),
        ("docker://Quay", "leave out \"docker://\": Quay"),
        ("a:1 -> b:1", "leave out the arrow: SOURCE TARGET"),
        ("- redis:7", "write the image alone, one a line"),
        ("a:1#pinned", "a comment needs a blank before \"#\": a:1 #pinned"),
        ("oci:dir: a:1", "write oci:FOLDER, oci:FOLDER:TAG or oci:FOLDER@DIGEST"),
        ("a:*  b:1", "name the repository: b"),
        ("a:1 b:*", "name a repository as the target: b"),
        ("a:{>=1}", "{semver>=1.20 <2}"),
        ("a:{semver>=x}", "{semver>=1.20 <2}"),
    ])
    func `says what would be right`(list: String, hint: String) {
        #expect(self.hint(list) == hint)
    }

    @Test func `takes image layouts as sources and targets`() throws {
        let entry = try #require(parsed("oci:images/a:v1 oci:/var/b").entries.first)
        #expect(entry.source == Reference(try LayoutReference(parsing: "oci:images/a:v1")))
        #expect(entry.source.registry.layoutFolder == "images/a" && entry.source.tag?.name == "v1")
        #expect(entry.target?.registry.layoutFolder == "/var/b" && entry.target?.tag == .latest)
        #expect(entry.source.asTyped == "oci:images/a:v1")
    }

    @Test func `collects every bad line`() {
        let problems = parsed("Bad\ngood:1\n:\na -> c d\nWorse x").problems
        #expect(problems.map(\.place.line) == [1, 3, 4, 5])
    }

    @Test func `refuses a target digest that cannot be what arrives`() {
        let other = String(repeating: "cd", count: 32)
        #expect(
            first("a@sha256:\(hex) b@sha256:\(other)")
                == "images.txt:1:75: the target's digest cdcdcdcdcdcd is not the source's, abababababab: a copy keeps its digest"
        )
        #expect(first("a@sha256:\(hex) b:1@sha256:\(hex)") == nil)
    }

    @Test func `refuses bytes that are no text, naming the line`() {
        var parser = BatchListParser()
        parser.read(Array("a:1\n".utf8) + [0xFF, 0xFE, 0x0A] + Array("b:1".utf8), file: "x")
        #expect(parser.problems.map(\.description) == ["x:2:1: the line is not UTF-8"])
        #expect(parser.entries.count == 2)
    }

    @Test func `recognises UTF-16 instead of reporting every line`() {
        var parser = BatchListParser()
        parser.read([0xFF, 0xFE, 0x61, 0x00, 0x0A, 0x00], file: "x")
        #expect(parser.problems.map(\.description) == ["x:1:1: the list is UTF-16"])
    }

    @Test func `shows a hostile list escaped`() throws {
        let problem = try #require(first("\u{1B}[2J\u{202E}"))
        #expect(!problem.unicodeScalars.contains("\u{1B}"))
        #expect(!problem.unicodeScalars.contains("\u{202E}"))
    }

    @Test func `a line with several targets is an item for each of them, and so is each place of a whole list`() throws
    {
        var parser = BatchListParser()
        parser.read(
            Array("a:1 r.example/a:1 s.example/b:2\nb:1\nc:{semver>=1}  r.example/c s.example/c\n".utf8), file: "l")
        #expect(parser.problems.isEmpty)
        let rules = try ["r.example/m", "s.example/n"].map {
            TargetRule(prefix: try TargetPrefix(parsing: $0), mapping: .asWritten)
        }
        let tag = try OCI.Tag("1.2")
        let tags = Dictionary(uniqueKeysWithValues: parser.repositoriesToList.map { ($0, [tag]) })
        let items = try parser.items(rules: rules, tags: tags).items
        #expect(
            items.map(\.target.asTyped) == [
                "r.example/a:1", "s.example/b:2", "r.example/m/b:1", "s.example/n/b:1", "r.example/c:1.2",
                "s.example/c:1.2",
            ])
    }
}
