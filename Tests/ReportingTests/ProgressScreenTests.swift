// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Reporting

/// What a terminal shows, for one moment of a run, as stored text.
///
/// `UPDATE_SCREENS=1` writes `Screens` anew.
@Suite struct ProgressScreenTests {
    struct Scene: Sendable, CustomTestStringConvertible {
        let name: String
        let facts: ProgressFacts
        var testDescription: String { name }

        init(_ name: String, _ change: (inout ProgressFacts) -> Void) {
            self.name = name
            var facts = ProgressFacts()
            facts.items.total = 40
            facts.elapsed = 75
            facts.bytes = ProgressFacts.Bytes()
            facts.registries = [ProgressFacts.Registry("docker.io"), ProgressFacts.Registry("europe-docker.pkg.dev")]
            change(&facts)
            self.facts = facts
        }
    }

    private static func moving(_ facts: inout ProgressFacts) {
        facts.items.done = 12
        facts.bytes = .init(done: 1_288_490_188, known: 3_650_722_201)
        (facts.bytesMoved, facts.rate, facts.secondsLeft) = (1_288_490_188, 89_128_960, 27)
        (facts.registries[0].inFlight, facts.registries[0].limit) = (12, 32)
        (facts.registries[1].inFlight, facts.registries[1].limit) = (14, 64)
        facts.blobs = [
            blob("4f2a91c07be3", 73_400_320, 30_094_131, "redis"), blob("91bd30aa52f1", 52_428_800, 1_048_576, "node"),
            blob("02b7e6414c9a", 9_000, 9_000, "debian"),
        ]
    }

    private static func blob(_ name: String, _ size: Int64, _ moved: Int64, _ repository: String) -> ProgressFacts.Blob
    {
        .init(
            name: name, target: "europe-docker.pkg.dev/project/mirror/library/\(repository)", moved: moved, size: size)
    }

    static let scenes = [
        Scene("begin") { $0.elapsed = 1 },
        Scene("discovering") {
            moving(&$0)
            $0.bytes?.isGrowing = true
            $0.discovered = 0.5
        },
        Scene("copying", moving),
        Scene("pause-429") {
            moving(&$0)
            $0.rate = 0
            $0.secondsLeft = nil
            $0.registries[0].inFlight = 0
            $0.registries[0].wait = .init("429", seconds: 42, clockTime: "14:05")
        },
        Scene("silent") {
            moving(&$0)
            $0.rate = 0
            $0.secondsLeft = nil
            $0.registries[1].silence = 48
        },
        Scene("pull-quota") {
            moving(&$0)
            $0.registries[0].inFlight = 0
            $0.registries[0].wait = .init("pull quota", seconds: 7_500, clockTime: "14:05")
        },
        Scene("failures") {
            moving(&$0)
            $0.items.failed = 2
            $0.failures = [
                .init("ghcr.io/acme/web:2.1", kind: "not-found", "ghcr.io/acme/web has no tag \"2.1\""),
                .init(
                    "quay.io/coreos/etcd:v3", kind: "unreachable",
                    "quay.io closed the connection at 41 of 70 MiB of blob 4f2a91c07be3, 5 attempts in 3m12s"),
            ]
        },
        Scene("layer-of-10-gib") {
            $0.items.total = 1
            $0.items.noun = "image"
            $0.bytes = .init(done: 4_402_341_478, known: 10_737_418_240)
            ($0.rate, $0.secondsLeft) = (104_857_600, 60)
            ($0.registries[0].inFlight, $0.registries[1].inFlight) = (1, 1)
            $0.blobs = [blob("4f2a91c07be3", 10_737_418_240, 4_402_341_478, "model")]
        },
        Scene("many-registries") { facts in
            moving(&facts)
            facts.registries = (1...12).map { number in
                var registry = ProgressFacts.Registry("registry-\(number).a-long-name-of-a-company.example:5000")
                registry.inFlight = number
                return registry
            }
        },
        Scene("verifying") {
            $0.verb = "verifying"
            $0.items.noun = "image"
            $0.bytes = nil
            $0.items.done = 31
            $0.requests = 1290
        },
        Scene("verifying-layers") {
            moving(&$0)
            ($0.verb, $0.items.noun, $0.requests) = ("verifying", "image", 1290)
            $0.bytes?.isGrowing = true
            $0.discovered = 0.9
            $0.registries.removeFirst()
        },
        Scene("verifying-long-names") {
            $0.verb = "verifying"
            $0.items.noun = "image"
            $0.bytes = nil
            ($0.items.done, $0.items.failed) = (29, 2)
            let host = "europe-docker.pkg.dev/a-project-with-a-long-name/mirror/docker.io/library"
            $0.failures = [
                .init(
                    "\(host)/redis:7.2-alpine", kind: "absent",
                    "GET https://\(host)/manifests/7.2-alpine: MANIFEST_UNKNOWN: manifest unknown"),
                .init("\(host)/node:22", kind: "incomplete", "blob 4f2a91c07be3 is not at the target"),
            ]
        },
        Scene("planning") {
            ($0.verb, $0.phase, $0.readsFirst, $0.discovered) = ("planning", "reading sources", true, 0.6)
            ($0.bytes, $0.requests) = (nil, 62)
        },
        Scene("checking") {
            ($0.verb, $0.items.noun, $0.bytes, $0.requests) = ("checking", "question", nil, 66)
            $0.items.done = 12
        },
        // `scan --cluster`: how many there are is known at the end.
        Scene("asking-the-cluster") {
            ($0.verb, $0.items.noun, $0.bytes) = ("asking the cluster", "workload", nil)
            ($0.items.total, $0.registries, $0.elapsed) = (0, [], 12)
        },
    ]

    private static let unicode = TerminalTraits(isScreen: true, isUnicode: true, hasColours: false)
    private static let ascii = TerminalTraits(isScreen: true, isUnicode: false, hasColours: false)

    private static func picture(_ facts: ProgressFacts) -> String {
        var parts = [40, 80, 120, 200].map { width in
            "== \(width) columns\n" + screen(facts, width, 24, unicode)
        }
        parts.append("== 80 columns, 8 rows\n" + screen(facts, 80, 8, unicode))
        parts.append("== 80 columns, no UTF-8\n" + screen(facts, 80, 24, ascii))
        parts.append("== log\n" + facts.notice(unicode: true).text)
        parts.append("== log, no UTF-8\n" + facts.notice(unicode: false).text)
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func screen(_ facts: ProgressFacts, _ width: Int, _ height: Int, _ traits: TerminalTraits) -> String
    {
        ProgressScreen(width: width, height: height, traits: traits).lines(facts).joined(separator: "\n")
    }

    @Test(arguments: scenes) func `a moment of a run looks as it is stored`(scene: Scene) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Screens/\(scene.name).txt")
        let picture = Self.picture(scene.facts)
        if ProcessInfo.processInfo.environment["UPDATE_SCREENS"] != nil { try Data(picture.utf8).write(to: file) }
        #expect(try String(contentsOf: file, encoding: .utf8) == picture)
    }

    @Test(arguments: scenes, [20, 40, 53, 80, 120, 200]) func `no line is as wide as the terminal`(
        scene: Scene, width: Int
    ) {
        for height in [3, 5, 24, 60] {
            let lines = ProgressScreen(width: width, height: height, traits: Self.unicode).lines(scene.facts)
            #expect(lines.allSatisfy { $0.count < width || width < 40 })
            #expect(lines.count < height)
        }
    }

    @Test(arguments: scenes) func `without UTF-8 everything is ASCII`(scene: Scene) {
        let lines = ProgressScreen(width: 120, height: 24, traits: Self.ascii).lines(scene.facts)
        let isASCII = (lines + [scene.facts.notice(unicode: false).text]).allSatisfy { $0.utf8.allSatisfy { $0 < 128 } }
        #expect(isASCII)
    }

    @Test func `where names are longer than the terminal, each failure says which item and why`() throws {
        let facts = try #require(Self.scenes.first { $0.name == "verifying-long-names" }).facts
        let lines = ProgressScreen(width: 40, height: 24, traits: Self.unicode).lines(facts)
        #expect(lines.contains { $0.hasPrefix("  failed  absent: redis:7.2-alpine") })
        #expect(lines.contains { $0.hasPrefix("  failed  incomplete: node:22") })
    }

    @Test func `of a failure the request is left out first, then the registry, then the path, then the last words`() {
        let failure = ProgressFacts.Failure(
            "quay.io/coreos/etcd:v3", kind: "unavailable",
            "Get \"https://quay.io/v2/coreos/etcd/manifests/v3\": the registry closed the connection without an answer")
        let answer = "the registry closed the connection without an answer"
        for (room, expected) in [
            (140, "unavailable: quay.io/coreos/etcd:v3: \(failure.message)"),
            (138, "unavailable: quay.io/coreos/etcd:v3: \(answer)"),
            (89, "unavailable: quay.io/coreos/etcd:v3: \(answer)"),
            (88, "unavailable: coreos/etcd:v3: \(answer)"), (80, "unavailable: etcd:v3: \(answer)"),
            (74, "unavailable: etcd:v3: \(answer)"),
            (73, "unavailable: coreos/etcd:v3: the registry closed the connection without …"),
            (40, "unavailable: etcd:v3: the registry …"), (25, "unavailable: etcd:v3"), (22, "unavailable: etcd:v3"),
            (15, "unavailable"),
        ] {
            let line = failure.line(room: room, ellipsis: "…")
            #expect(line == expected, "\(room) columns")
            #expect(line.count <= room)
        }
        let pinned = ProgressFacts.Failure(
            "localhost:5000/a/b@sha256:4f2a91c07be34f2a91c07be3", kind: "not-found",
            "HEAD http://localhost:5000/v2/: 404")
        #expect(pinned.line(room: 40, ellipsis: "…") == "not-found: a/b@4f2a91c07be3: 404")
    }

    @Test func `failures and waits have colours where the terminal does`() {
        let traits = TerminalTraits(isScreen: true, isUnicode: true, hasColours: true)
        func text(_ name: String) -> String {
            let scene = Self.scenes.first { $0.name == name }
            return ProgressScreen(width: 80, height: 24, traits: traits).lines(scene?.facts ?? ProgressFacts()).joined()
        }
        #expect(text("failures").contains("\u{1B}[31mfailed\u{1B}[0m"))
        #expect(text("pause-429").contains("\u{1B}[33mwaits: 429"))
    }
}

@Suite struct TerminalTraitsTests {
    struct Row: Sendable {
        let variables: [String: String]
        let expected: TerminalTraits
        init(_ variables: [String: String], screen: Bool, unicode: Bool, colours: Bool) {
            self.variables = variables
            expected = TerminalTraits(isScreen: screen, isUnicode: unicode, hasColours: colours)
        }
    }

    @Test(arguments: [
        Row(["TERM": "xterm", "LANG": "C.UTF-8"], screen: true, unicode: true, colours: true),
        Row(["TERM": "dumb", "LANG": "C.UTF-8"], screen: false, unicode: true, colours: false),
        Row([:], screen: false, unicode: false, colours: false),
        Row(["TERM": "xterm", "LANG": "C.UTF-8", "LC_ALL": "C"], screen: true, unicode: false, colours: true),
        Row(["TERM": "xterm", "NO_COLOR": "1"], screen: true, unicode: false, colours: false),
        Row(["TERM": "dumb", "CLICOLOR_FORCE": "1"], screen: false, unicode: false, colours: true),
        Row(["TERM": "xterm", "NO_COLOR": "1", "CLICOLOR_FORCE": "1"], screen: true, unicode: false, colours: false),
        Row(["TERM": "xterm", "CLICOLOR": "0"], screen: true, unicode: false, colours: false),
    ])
    func `the environment says what the terminal can show`(row: Row) {
        #expect(TerminalTraits(isTerminal: true) { row.variables[$0] } == row.expected)
    }

    @Test func `what is no terminal is no screen`() {
        #expect(!TerminalTraits(isTerminal: false) { _ in "xterm" }.isScreen)
    }
}
