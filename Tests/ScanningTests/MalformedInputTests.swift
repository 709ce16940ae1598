// SPDX-License-Identifier: Apache-2.0

import Scanning
import Testing

/// A generator with a seed: the same inputs on every machine (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// Whatever the bytes are, a scan ends and its places are in the file.
@Suite struct MalformedInputTests {
    private static let kinds = [
        "Dockerfile", "a.yaml", "a.json", "compose.yaml", "kustomization.yaml", "values.yaml",
        ".github/workflows/a.yml", ".gitlab-ci.yml", "devcontainer.json", "pom.xml", "build.gradle", "skaffold.yaml",
        "config.toml", "builder.toml", "Vagrantfile", ".actrc", "distrobox.ini", "a.csproj", "werf.yaml", "garden.yml",
        "docker-bake.json", "azure-pipelines.yml", "x.ps1", "x.cmd", "own.build", "Jenkinsfile", "Tiltfile",
    ]

    private func check(_ bytes: [UInt8], _ path: String) {
        var options = ScanOptions()
        options.findsGuesses = true
        let result = FileScanner(options: options).scan(bytes, kind: FileKind(path: path))
        let lines = LineTable(bytes)
        for finding in result.findings {
            #expect(finding.range.lowerBound >= 0 && finding.range.upperBound <= bytes.count)
            let found = LocatedFinding(finding, file: path, bytes: bytes, lines: lines)
            #expect(found.line >= 1 && found.column >= 1)
            for part in finding.parts { #expect(part.range.upperBound <= bytes.count) }
        }
    }

    @Test(arguments: FixtureTests.names)
    func `a damaged fixture is read to its end`(name: String) throws {
        let bytes = try FixtureTests.bytes(name)
        var generator = SeededGenerator(state: UInt64(bytes.count))
        guard !bytes.isEmpty else { return }
        for _ in 0..<12 {
            var damaged = bytes
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: damaged = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator)))
            case 1:
                damaged[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            case 2: damaged.remove(at: Int.random(in: 0..<bytes.count, using: &generator))
            default:
                let mark = Array("[]{}:,-?&*!|>'\"%@`#\t\n $\\".utf8).randomElement(using: &generator) ?? 0
                damaged.insert(mark, at: Int.random(in: 0...bytes.count, using: &generator))
            }
            check(damaged, name)
            for kind in Self.kinds.shuffled(using: &generator).prefix(2) { check(damaged, kind) }
        }
    }

    @Test func `a name with bytes that are no text points at its own bytes`() {
        check(Array("node { image: nginx".utf8) + [0xB8] + Array("1\n".utf8), "Jenkinsfile")
    }

    @Test(arguments: kinds)
    func `noise is read to its end`(path: String) {
        var generator = SeededGenerator(state: 42)
        let alphabet =
            Array("image: FROM ${}[]-?&*!|>'\"%@`#\t\n\r\\<EOF{{.x}}containers".utf8) + [
                0, 0xC3, 0xFF, 0xEF, 0xBB, 0xBF,
            ]
        for length in [0, 1, 2, 3, 10, 100, 1000] {
            for _ in 0..<40 {
                check((0..<length).map { _ in alphabet.randomElement(using: &generator) ?? 0 }, path)
            }
        }
    }

    /// Small files that mean enormous ones, or make a careless reader look at the same place again and again.
    private static let bombs: [(path: String, text: String)] = {
        func nested(_ head: String, _ first: String, _ next: (Int) -> String) -> String {
            head + first + (1...40).map(next).joined()
        }
        let merges = nested("m0: &m0 {x: 1}\n", "") { number in
            let sources = Array(repeating: "*m\(number - 1)", count: 12).joined(separator: ",")
            return "m\(number): &m\(number) {<<: [\(sources)], y\(number): 2, containers: [{name: a}]}\n"
        }
        let mappings = nested(
            "spec:\n", "  k0: &k0 {source: {registry: {url: 'docker://x/y:1'}}, fromImage: 'a/b:1'}\n"
        ) {
            "  k\($0): &k\($0) {a: *k\($0 - 1), b: *k\($0 - 1)}\n"
        }
        let lists = nested("l0: &l0 {apiVersion: v1, kind: Pod, spec: {containers: [{image: 'a/b:1'}]}}\n", "") {
            "l\($0): &l\($0) {apiVersion: v1, kind: List, items: [*l\($0 - 1), *l\($0 - 1)]}\n"
        }
        return [
            ("a.yaml", "apiVersion: v1\nkind: Pod\n\(merges)spec: {<<: *m40, image: z}\n"),
            ("values.yaml", "image: {x: y}\n\(merges)last: {<<: *m40}\n"),
            ("compose.yaml", "services: {a: {image: x}}\n\(merges)"),
            ("a.yaml", "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\n\(mappings)"),
            ("skaffold.yaml", "apiVersion: skaffold/v4\nkind: Config\n\(mappings)"),
            ("a.yaml", "\(lists)apiVersion: v1\nkind: List\nitems: [*l40]\n"),
            ("a.yaml", "image: " + String(repeating: "{{", count: 50_000)),
            ("a.yaml", "image: " + String(repeating: "{{ x }} ", count: 20_000)),
            ("a.yaml", "apiVersion: v1\nimage: " + String(repeating: "[", count: 100_000)),
            ("a.yaml", "image: x\n" + (0..<20_000).map { "a\($0): &a\($0) x\nb\($0): *a0\n" }.joined()),
            ("Dockerfile", "ARG A=x\n" + String(repeating: "ARG A=${A}${A}\n", count: 60) + "FROM ${A}\n"),
            ("Dockerfile", "ARG A=x\n" + String(repeating: "ARG A=\"$A$A\"\n", count: 60) + "FROM ${A}\n"),
            ("Dockerfile", "FROM " + String(repeating: "${A:-", count: 100_000)),
            (
                "Dockerfile",
                "ARG A=" + String(repeating: "a", count: 20_000) + "\nFROM ${A//" + String(repeating: "*a", count: 20)
                    + "b/x}\n"
            ),
            ("compose.yaml", "services: {a: {image: \"" + String(repeating: "${A:-", count: 100_000) + "\"}}\n"),
            (
                "pom.xml",
                "<project><properties><a>" + String(repeating: "${a}", count: 250) + "</a><b>"
                    + String(repeating: "${b}", count: 50_000)
                    + "</b></properties>jib-maven-plugin<from><image>${a}${b}</image></from></project>"
            ),
            ("pom.xml", "jib-maven-plugin" + String(repeating: "<from>", count: 50_000)),
        ]
    }()

    @Test(arguments: bombs.indices)
    func `a file made to be expensive is read to its end`(number: Int) throws {
        let (path, text) = Self.bombs[number]
        check(Array(text.utf8), path)
        var options = ScanOptions()
        options.rules = [try ResourceRule(parsing: "*:**.fromImage")]
        let result = FileScanner(options: options).scan(Array(text.utf8), kind: FileKind(path: path))
        #expect(result.findings.count + result.problems.count < 100)
    }
}
