// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Scanning

@Suite struct KeySetTests {
    /// The value of `image` in the root of a document.
    private func image(_ yaml: String) -> String {
        YAMLView.first(of: Array(yaml.utf8)) { view in
            view.document.value("image", in: view.root).flatMap(view.document.string) ?? "no such key"
        } ?? "no document"
    }

    @Test(arguments: [
        "image: a:1", "'image': a:1", "\"image\": a:1", "{image: a:1}", "{\"image\": \"a:1\"}",
        "{other: b, 'image': 'a:1'}",
        "? image\n: a:1", "? |-\n  image\n: a:1", "? >-\n  image\n\n: a:1", "? |2-\n  image\n: a:1",
        "\"im\\x61ge\": a:1",
        "{\"im\\\n  age\": a:1}",
        "image: b:2\nimage: a:1", "key: &k image\n*k : a:1", "<<: {image: a:1}", "\"<<\": {image: a:1}",
        "base: &b {image: a:1}\n<<: *b", "base: &b\n  <<: {image: a:1}\n<<: [{x: y}, *b]", "!!str image: a:1",
    ])
    func `a key is found in whatever way it is written`(yaml: String) {
        #expect(image(yaml) == "a:1")
    }

    @Test(arguments: [
        ("|\n  a\n", "a\n"), ("|\n  a", "a"), ("|\n  a\n\n\n", "a\n"), ("|-\n  a\n\n\n", "a"),
        ("|+\n  a\n \n\n", "a\n\n\n"),
        ("|-2\n   a\n", " a"), ("|2-\n   a\n", " a"), (">- # c - +\n  a\n  b\n\n", "a b"), ("| # -\n  a\n", "a\n"),
        ("|-\r\n  a\r\n", "a"), ("|+\r\n  a\r\n\r\n", "a\n\n"), ("|\n", ""), ("|-\n\n", ""), ("|+\n\n\n", "\n\n"),
        ("|+\n  a\n\nb: c\n", "a\n\n"), ("|+\n  a\n# c\n", "a\n"), ("!!str |-\n  a\n", "a"),
    ]) func `the line breaks behind a block are kept as its header says`(block: String, meant: String) {
        #expect(image("image: " + block) == meant)
    }

    @Test(arguments: ["|", "|-", "|+", ">", ">-"])
    func `a text in a block is at its own bytes, whatever its header keeps behind it`(header: String) {
        let place = YAMLView.first(of: Array("image: \(header)\n  a:1\n\nb: c\n".utf8)) { view in
            view.document.value("image", in: view.root).flatMap { view.text($0) }?.contiguousRange
        }
        let start = header.utf8.count + 10
        #expect(place == start..<start + 3)
    }

    @Test func `a key over several lines is found`() {
        let text = "{two\n  words: a:1}"
        let found = YAMLView.first(of: Array(text.utf8)) { $0.document.value("two words", in: $0.root) != nil }
        #expect(found == true)
    }

    @Test func `the keys of a mapping in the place of a key are found`() {
        let found = YAMLView.first(of: Array("? image: a:1\n: b\n".utf8)) { view in
            view.document.entries(view.root).first.flatMap { view.document.value("image", in: $0.key) } != nil
        }
        #expect(found == true)
    }

    @Test func `an empty key is found`() {
        let found = YAMLView.first(of: Array("a: b\n? \n: c\n".utf8)) { $0.document.value("", in: $0.root) != nil }
        #expect(found == true)
    }

    @Test func `most keys that a mapping does not have are told apart`() {
        let keys = KeySet(["name", "image", "ports", "env"])
        let others = [
            "kind", "metadata", "spec", "hub", "tag", "registry", "args", "command", "<<", "status", "volumes",
        ]
        #expect(others.filter(keys.mayHold).isEmpty)
    }
}
