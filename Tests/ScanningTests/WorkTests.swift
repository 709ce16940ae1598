// SPDX-License-Identifier: Apache-2.0

import OCI
import Synchronization
import Testing

@testable import Scanning

/// What is done once for each of many findings does not grow with their number, or with the file.
@Suite struct WorkTests {
    /// Counts how often its value is compared with another.
    private struct Counted: Hashable {
        let value: Int
        static let comparisons = Mutex(0)

        static func == (left: Self, right: Self) -> Bool {
            comparisons.withLock { $0 += 1 }
            return left.value == right.value
        }

        func hash(into hasher: inout Hasher) { hasher.combine(value) }
    }

    @Test func `a list that has each element once compares each with a few others`() {
        var list = UniqueList<Counted>()
        for value in 0..<20_000 { list.add(Counted(value: value % 10_000)) }
        #expect(list.elements.map(\.value) == Array(0..<10_000))
        // Each of the second half meets its like, and a few meet others in the same place of the table.
        #expect(Counted.comparisons.withLock { $0 } < 100_000)
    }

    @Test func `a column of characters is found without reading the whole line`() {
        let bytes = Array(String(repeating: "aé漢", count: 50_000).utf8)
        let lines = LineTable(bytes)
        for (start, end) in stride(from: 0, through: bytes.count, by: 997).map({ ($0 / 3, $0) }) {
            let expected = bytes[start..<end].count { $0 & 0xC0 != 0x80 }
            var reads = 0
            let counted = lines.characters(in: start..<end) { range in
                reads += range.count
                return bytes[range].count { $0 & 0xC0 != 0x80 }
            }
            #expect(counted == expected)
            #expect(lines.characters(in: start..<end, of: bytes) == expected)
            #expect(reads < 2048)
        }
    }

    @Test func `values that name one image often are found once, in files of any size`() {
        let text =
            (0..<2000).map { "a\($0)Image: nginx\n" }.joined()
            + (0..<2000).map { "k\($0): {image: nginx:1}\n" }.joined()
        let found = FileScanner().scan(Array(text.utf8), kind: .helmValues).findings
        #expect(Set(found.map(\.range)).count == found.count && found.count == 2000)
    }

    /// An end of an action that is not there is looked for once, and a line's beginning is not read again for each action.
    @Test(.timeLimit(.minutes(30)), arguments: ["[", "[[.a]]", "[[ .a ]] "])
    func `a template of many brackets is read once`(text: String) {
        let job = "job \"x\" { image = \"a:1\" }\n"
        let template = job + String(repeating: text, count: 100_000) + "\n"
        #expect(scanned(template, as: "a.nomad.tpl").findings.map(\.text) == ["a:1"])
    }

    @Test(
        .timeLimit(.minutes(30)),
        arguments: [
            ("a.sh.j2", "{"), ("a.sh.j2", "{{ "), ("a.sh.j2", "{% "), ("a.sh.j2", "{#"), ("a.sh", "X=$(which "),
            ("a.sh", "X=${which "), ("a.sh", "sed 's#a/b# s|c "), ("values.yaml", "{% "), ("values.yaml", "<% "),
            ("values.yaml", "%{ if "),
        ])
    func `openings without an end are read once`(name: String, opening: String) {
        let beginning = name.hasSuffix(".yaml") ? "image: acme/a:1\n# " : "docker pull acme/a:1\n"
        let text = beginning + String(repeating: opening, count: 5_000) + "\n"
        #expect(scanned(text, as: name).findings.map(\.text) == ["acme/a:1"])
    }

    @Test(.timeLimit(.minutes(30))) func `a document with many fields of one variable is read once`() {
        let fields = String(repeating: "- image:\n    repository: $R\n    tag: \"$T\"\n", count: 10_000)
        let text = "R=q.io/a\nT=1\ncat > values.yaml <<EOF\na:\n\(fields)EOF\n"
        #expect(Set(scanned(text, as: "a.sh").findings.map(\.text)) == ["q.io/a"])
    }

    @Test(.timeLimit(.minutes(30))) func `a document with many names that a variable begins is read once`() {
        let fields = String(repeating: "- image:\n    repository: $R/x\n    tag: v1\n", count: 10_000)
        let text = "R=q.io/a\ncat > values.yaml <<EOF\na:\n\(fields)EOF\n"
        #expect(Set(scanned(text, as: "a.sh").findings.map { $0.reference?.asTyped }) == ["q.io/a/x:v1"])
    }

    @Test(.timeLimit(.minutes(30))) func `a line of many names is searched for comparisons once`() {
        let text = "X=acme/a:1\ndocker pull $X\necho " + String(repeating: "acme/a:1 ", count: 100_000) + "\n"
        var result = scanned(text, as: "a.sh")
        result.keepCompared(in: Array(text.utf8))
        #expect(result.findings.map(\.advice) == [nil])
    }

    /// Calls in calls are read once, not once for each call around them.
    @Test(
        .timeLimit(.minutes(30)),
        arguments: [
            ("ATest.java", "DockerImageName.parse("), ("ATest.java", "GenericContainer(a, "),
            ("Jenkinsfile", "docker.image("),
            ("ATest.java", "b.withDockerfileFromBuilder(b -> "), ("Tiltfile", "docker_build("),
            ("a_test.go", "pool.Run("), ("Makefile", "$(a "),
        ])
    func `calls inside of calls are read once`(name: String, opening: String) {
        let beginnings = [
            "ATest.java": "import org.testcontainers.*;\nclass A { Object x = new GenericContainer(\"acme/a:1\"), y = ",
            "Jenkinsfile": "node { docker.image('acme/a:1'); ", "Tiltfile": "local('docker pull acme/a:1')\n",
            "a_test.go": "import \"github.com/ory/dockertest\"\nvar x = pool.Run(\"acme/a\", \"1\", nil)\nvar y = ",
            "Makefile": "all:\n\tdocker pull acme/a:1\n\tdocker pull ",
        ]
        let text = beginnings[name, default: ""] + String(repeating: opening, count: 5_000) + "\n"
        #expect(scanned(text, as: name).findings.contains { $0.reference?.description == "acme/a:1" })
    }

    /// What stands before a command in a line of a Windows shell is read once, and not once for each such thing.
    @Test(
        .timeLimit(.minutes(30)),
        arguments: [
            ("a.cmd", "if a==b "), ("a.cmd", "@"), ("a.cmd", "if not exist x ("), ("a.cmd", "for %%x in (a) do "),
            ("a.ps1", "[string]"), ("a.ps1", "$a = 1; "), ("a.ps1", "foreach ($x in \"a\", \"b\") { "),
        ])
    func `a command behind many others of one line is found`(name: String, beginning: String) {
        let text = String(repeating: beginning, count: 20_000) + "\ndocker pull acme/a:1\n"
        #expect(scanned(text, as: name).findings.map(\.text) == ["acme/a:1"])
    }

    @Test func `a command behind any number of conditions is found`() {
        let line = String(repeating: "if not exist a if a==b if /i a equ b (", count: 20) + "docker pull acme/a:1"
        #expect(scanned(line + "\n", as: "a.cmd").findings.map(\.text) == ["acme/a:1"])
    }

    @Test(.timeLimit(.minutes(30))) func `a makefile's loop has as many turns as its list has words`() {
        let words = (0..<5_000).map { "a\($0)" }.joined(separator: " ")
        let text = "X = \(words)\nall:\n\t$(foreach x,$(X),docker pull acme/$(x):1;)\n"
        #expect(scanned(text, as: "Makefile").findings.count == 5_000)
    }

    @Test(.timeLimit(.minutes(30))) func `a makefile's variables that double with each step fill in a bounded text`() {
        let variables = (0..<1000).map { "X\($0) = $(X\($0 + 1)) $(X\($0 + 1))\n" }.joined()
        let found = scanned(variables + "all:\n\tdocker pull acme/a:1 && docker pull $(X0)\n", as: "Makefile").findings
        #expect(found.contains { $0.text == "acme/a:1" })
    }

    @Test func `the next place of some bytes is found from any position`() {
        let bytes = Array("a}}b}c}}}".utf8)
        var next = NextPlace(of: "}}".utf8)
        #expect((0...9).map { next.first(in: bytes, from: $0) } == [1, 1, 6, 6, 6, 6, 6, 7, nil, nil])
    }

    @Test func `a document beyond 2 GiB is refused before it is read`() {
        let bytes: [UInt8] = [0x61]
        bytes.withUnsafeBufferPointer { buffer in
            var document = YAMLDocument(buffer)
            let range = 0..<(Int(Int32.max) + 1)
            let error = #expect(throws: YAMLError.self) { try document.parse(range) }
            #expect(error?.message.contains("2 GiB") == true)
        }
    }
}
