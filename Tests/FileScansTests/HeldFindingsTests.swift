// SPDX-License-Identifier: Apache-2.0

import FileScans
import Scanning
import Testing

@Suite struct HeldFindingsTests {
    private func located(_ text: String, _ result: ScanResult, file: String) throws -> LocatedFinding {
        let bytes = Array(text.utf8)
        return LocatedFinding(try #require(result.findings.first), file: file, bytes: bytes, lines: LineTable(bytes))
    }

    @Test func `a value that another reading finds supersedes the finding without one`() throws {
        let text = "ARG V\nFROM redis:$V\n"
        var arguments = BuildArguments()
        arguments.add("V", "0")
        let open = DockerfileScanner.scan(Array("FROM redis:$V\n".utf8))
        let closed = DockerfileScanner.scan(Array(text.utf8), arguments: arguments)
        var held = HeldFindings()
        held.add(try located("FROM redis:$V\n", open, file: "a"), as: "open", isOffence: false)
        #expect(held.items.map(\.isOpen) == [true])
        // Another place, and the same place of another file, say nothing of it.
        held.add(try located(text, closed, file: "a"), as: "elsewhere", isOffence: false)
        #expect(held.superseded.isEmpty)
        let whole = DockerfileScanner.scan(Array("FROM redis:10\n".utf8))
        held.add(try located("FROM redis:10\n", whole, file: "b"), as: "another file", isOffence: false)
        #expect(held.superseded.isEmpty)
        held.add(try located("FROM redis:10\n", whole, file: "a"), as: "closed", isOffence: false)
        #expect(held.superseded == [0])
    }

    @Test func `a value of a chart is taken back where a template makes something else of it`() throws {
        let text = "image: redis:7\n"
        let found = try located(text, FileScanner().scan(Array(text.utf8), kind: .helmValues), file: "values.yaml")
        var held = HeldFindings()
        held.add(found, as: text, isOffence: true)
        held.withdraw(found.finding, in: "other/values.yaml")
        #expect(held.superseded.isEmpty)
        held.withdraw(found.finding, in: "values.yaml")
        #expect(held.superseded == [0])
    }

    @Test func `keeps texts of every length as they are`() throws {
        let text = "FROM redis:7\n"
        let found = try located(text, DockerfileScanner.scan(Array(text.utf8)), file: "Dockerfile")
        let texts = [0, 1, 40_000, 40_000, 200_000, 3].map { String(repeating: "é", count: $0) }
        var held = HeldFindings()
        for text in texts { held.add(found, as: text, isOffence: false) }
        #expect(held.items.map(held.text(of:)) == texts)
    }
}
