// SPDX-License-Identifier: Apache-2.0

import FileScans
import Scanning
import Testing

@Suite struct ScanTallyTests {
    private func finding(_ text: String) throws -> (Finding, LocatedFinding) {
        let bytes = Array(text.utf8)
        let finding = try #require(DockerfileScanner.scan(bytes).findings.first)
        return (finding, LocatedFinding(finding, file: "Dockerfile", bytes: bytes, lines: LineTable(bytes)))
    }

    @Test func `references, open ones and those made here are counted apart`() throws {
        var (held, tally) = (HeldFindings(), ScanTally())
        for text in ["FROM redis:7\n", "FROM redis:$V\n", "FROM made:1\n"] {
            held.add(try finding(text).1, as: text, isOffence: text.contains("redis"))
        }
        for (number, item) in held.enumerated() { tally.add(item, isMade: number == 2) }
        #expect([tally.references, tally.open, tally.built] == [1, 1, 1])
        #expect([tally.offences, tally.openOffences] == [2, 1])
    }

    @Test func `a gate lets the expected registries pass, and nothing whose registry cannot be seen`() throws {
        let gate = ScanGate(expected: ["registry.example"])
        #expect(!gate.refuses(try finding("FROM registry.example/redis:7\n").0))
        #expect(gate.refuses(try finding("FROM redis:7\n").0))
        #expect(gate.refuses(try finding("FROM $IMAGE\n").0))
    }
}
