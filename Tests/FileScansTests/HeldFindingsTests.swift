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
        #expect(held.map(\.isOpen) == [true])
        // Another place, and the same place of another file, say nothing of it.
        held.add(try located(text, closed, file: "a"), as: "elsewhere", isOffence: false)
        #expect(!held.contains { $0.isSuperseded })
        let whole = DockerfileScanner.scan(Array("FROM redis:10\n".utf8))
        held.add(try located("FROM redis:10\n", whole, file: "b"), as: "another file", isOffence: false)
        #expect(!held.contains { $0.isSuperseded })
        held.add(try located("FROM redis:10\n", whole, file: "a"), as: "closed", isOffence: false)
        #expect(held.map(\.isSuperseded) == [true, false, false, false])
    }

    @Test func `a value of a chart is taken back where a template makes something else of it`() throws {
        let text = "image: redis:7\n"
        let found = try located(text, FileScanner().scan(Array(text.utf8), kind: .helmValues), file: "values.yaml")
        var held = HeldFindings()
        held.add(found, as: text, isOffence: true)
        held.withdraw(found.finding, in: "other/values.yaml")
        #expect(!held.contains { $0.isSuperseded })
        held.withdraw(found.finding, in: "values.yaml")
        #expect(held.map(\.isSuperseded) == [true])
        // What another reading finds there later counts.
        held.add(found, as: text, isOffence: true)
        #expect(held.map(\.isSuperseded) == [true, false])
    }

    @Test func `keeps texts of every length as they are`() throws {
        let text = "FROM redis:7\n"
        let found = try located(text, DockerfileScanner.scan(Array(text.utf8)), file: "Dockerfile")
        let texts = [0, 1, 40_000, 40_000, 200_000, 3].map { String(repeating: "é", count: $0) }
        var held = HeldFindings()
        for text in texts { held.add(found, as: text, isOffence: false) }
        #expect(held.map(\.text) == texts)
    }

    @Test func `keeps the file, the marks and the container of each finding, however many there are`() throws {
        let text = """
            {apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: app, image: redis:7}]}}
            """
        let found = try located(text, FileScanner().scan(Array(text.utf8), kind: .yaml), file: "")
        var (held, made) = (HeldFindings(), MadeImages())
        for number in 0..<5_000 {
            var found = found
            found.file = "team-\(number / 3)/pod.yaml"
            found.finding.isGuess = number % 2 == 0
            held.add(found, as: "line \(number)", isOffence: number % 5 == 0)
        }
        let items = Array(held)
        #expect(items.map(\.file) == (0..<5_000).map { "team-\($0 / 3)/pod.yaml" })
        #expect(items.map(\.text) == (0..<5_000).map { "line \($0)" })
        #expect(items.map(\.isGuess) == (0..<5_000).map { $0 % 2 == 0 })
        #expect(items.map(\.isOffence) == (0..<5_000).map { $0 % 5 == 0 })
        var build = ScanResult()
        build.products = [BuildProduct("redis:7")]
        made.add(build, of: "team-7/skaffold.yaml")
        #expect(items.filter { held.isMade($0, by: made) }.map(\.text) == ["line 21", "line 22", "line 23"])
    }

    /// The name of an image in values of many charts, each with a tag of its own.
    @Test(.timeLimit(.minutes(30))) func `one text with any number of meanings takes no longer for each`() throws {
        let text = "FROM redis:7\n"
        var found = try located(text, DockerfileScanner.scan(Array(text.utf8)), file: "Dockerfile")
        var held = HeldFindings()
        for number in 0..<150_000 {
            found.finding.meaning = .unresolved("TAG_\(number)")
            held.add(found, as: "", isOffence: false)
        }
        #expect(held.count(where: \.isOpen) == 150_000)
    }
}
