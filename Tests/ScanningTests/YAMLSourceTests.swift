// SPDX-License-Identifier: Apache-2.0

import OCI
import Scanning
import Testing

func scanned(_ text: String, as path: String = "a.yaml", options: ScanOptions = ScanOptions()) -> ScanResult {
    FileScanner(options: options).scan(Array(text.utf8), kind: FileKind(path: path))
}

func references(_ text: String, as path: String = "a.yaml", options: ScanOptions = ScanOptions()) -> [String] {
    scanned(text, as: path, options: options).findings.map { $0.reference?.asTyped ?? "?" + ($0.unresolved ?? "") }
}

func pod(_ image: String) -> String { "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: \(image)\n" }

@Suite struct YAMLSourceTests {
    @Test(arguments: [
        ("nginx:1", "nginx:1"), ("\"nginx:1\"", "nginx:1"), ("'nginx:1'", "nginx:1"), ("nginx:1 # c", "nginx:1"),
        ("!!str nginx:1", "nginx:1"), ("&a nginx:1", "nginx:1"), (">\n      nginx:1", "nginx:1"),
        ("|-\n      nginx:1\n\n", "nginx:1"), ("\n      nginx:1", "nginx:1"), ("\"ngi\\\n      nx:1\"", "nginx:1"),
        ("\"\\u006eginx:1\"", "nginx:1"), ("'nginx:1'   ", "nginx:1"), ("\t\"nginx:1\"\t", "nginx:1"),
    ])
    func `reads a scalar in every form`(written: String, meant: String) {
        #expect(references(pod(written)) == [meant])
    }

    @Test(arguments: [
        "!reference [.images, node]", "!reset null", "!reset nginx:1", "!Sub \"nginx:1\"", "!vault |\n      nginx:1",
        "!<custom> nginx:1", "!custom nginx:1", "!custom\n      nginx:1", "!reset", "&a !custom nginx:1",
        "!custom &a nginx:1",
    ])
    func `takes nothing behind a tag that is not YAML's own for an image`(written: String) {
        #expect(references(pod(written) + "  - image: redis:7\n") == ["redis:7"])
    }

    @Test func `passes over a tagged item, mapping or alias of one, and reads what stands beside it`() {
        let services = """
            services:
              a: !reset {image: "gone:1"}
              b: !override
                image: nginx:1
              c: {image: !override "redis:7"}
              d: &d !custom
                image: gone:2
              e: *d
              f: {image: !!str busybox:1, build: !reset {}}
            """
        #expect(references(services, as: "compose.yaml") == ["nginx:1", "redis:7", "busybox:1"])
        let pipeline =
            "a: {services: [!reference [.db, services], \"redis:7\"], image: !<tag:yaml.org,2002:str> node:20}\n"
        #expect(references(pipeline, as: ".gitlab-ci.yml").sorted() == ["node:20", "redis:7"])
    }

    @Test func `follows what a pipeline includes of its project, and nothing else`() {
        let text = """
            include:
            - local: /ci/build.yml
            - ci/test.yml
            - local: ci/*.yml
            - project: group/templates
              file: /x.yml
            - remote: https://example.com/y.yml
            - https://example.com/z.yml
            """
        #expect(
            scanned(text, as: ".gitlab-ci.yml").followUps.map(\.path) == ["ci/build.yml", "ci/test.yml", "ci/*.yml"])
        #expect(scanned("include: /a.yml\n", as: ".gitlab-ci.yml").followUps.map(\.path) == ["a.yml"])
        let part = FileScanner().scan(
            Array("build: {image: \"maven:3.9\"}\n".utf8), kind: .yaml, followed: .gitlabPart(project: "."))
        #expect(part.findings.compactMap { $0.reference?.asTyped } == ["maven:3.9"])
    }

    @Test func `gives the bytes inside the quotes for editing`() throws {
        let text = pod("\"nginx:1\" # c")
        let part = try #require(scanned(text).findings.first?.parts.first)
        #expect(part.field == .reference)
        #expect(part.style == .doubleQuoted)
        #expect(String(decoding: Array(text.utf8)[part.range], as: UTF8.self) == "nginx:1")
    }

    @Test func `edits an alias at its anchor`() throws {
        let text = "x: &i nginx:1\n" + pod("*i")
        let finding = try #require(scanned(text).findings.first)
        #expect(finding.text == "*i")
        #expect(finding.parts.first?.range == 6..<13)
    }

    @Test func `reports a document that is none with its line, and still reads the others`() {
        let result = scanned(pod("a:1") + "---\n" + pod("[b") + "---\n" + pod("c:1"))
        #expect(result.findings.compactMap { $0.reference?.asTyped } == ["a:1", "c:1"])
        #expect(result.problems.count == 1)
        #expect(result.problems.first?.offset != nil)
    }

    @Test func `does not expand aliases without end`() {
        var text = "a0: &a0 [{containers: [{image: nginx:1}]}]\n"
        for level in 1...40 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1), *a\(level - 1)]\n" }
        #expect(references(text) == ["nginx:1"])
    }

    @Test(arguments: ["[", "{", "- ", "? ", "{a: ", "[{\"a\": "])
    func `refuses nesting without end`(opening: String) {
        let text = "image: x\nkey:\n" + String(repeating: opening, count: 20_000)
        let result = scanned(text)
        #expect(result.findings.isEmpty)
        #expect(!result.problems.isEmpty)
    }

    @Test func `says that UTF-16 is not read`() {
        let result = FileScanner().scan([0xFF, 0xFE, 0x61, 0], kind: .yaml)
        #expect(result.problems.map(\.message) == ["the file is UTF-16; only UTF-8 is read"])
    }
}
