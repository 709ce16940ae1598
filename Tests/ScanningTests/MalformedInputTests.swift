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
}
