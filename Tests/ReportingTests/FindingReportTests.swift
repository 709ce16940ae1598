// SPDX-License-Identifier: Apache-2.0

import BatchList
import OCI
import Reporting
import Scanning
import Testing

@Suite struct FindingReportTests {
    private func located(_ text: String, as path: String = "a/b.yaml") -> [LocatedFinding] {
        let bytes = Array(text.utf8)
        let lines = LineTable(bytes)
        return FileScanner().scan(bytes, kind: FileKind(path: path)).findings.map {
            LocatedFinding($0, file: path, bytes: bytes, lines: lines)
        }
    }

    private let pod =
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: nginx:1\t# é\u{1B}[31m\n  - {image: $X}\n"

    @Test func `lines are grep's, trimmed, and cannot move a terminal's cursor`() {
        #expect(
            located(pod).map(\.grepLine) == [
                "a/b.yaml:5:- image: nginx:1\\u{9}# é\\u{1b}[31m", "a/b.yaml:6:- {image: $X}",
            ])
        let docker = located("  FROM  debian:stretch \r\n", as: "./Dockerfile")
        #expect(docker.map(\.grepLine) == ["./Dockerfile:1:FROM  debian:stretch"])
    }

    @Test func `JSON lines have what stands there, what it means, and where`() {
        let lines = located(pod).map(\.jsonLine)
        #expect(
            lines[0]
                == #"{"file":"a/b.yaml","line":5,"column":12,"kind":"kubernetes","text":"nginx:1","reference":"nginx:1","image":"docker.io/library/nginx:1","unresolved":null,"owner":{"namespace":null,"kind":"Pod","name":null}}"#
        )
        #expect(lines[1].contains(#""text":"$X","reference":null,"image":null,"unresolved":"X""#))
    }

    @Test func `a list has each reference once, and batch reads it as it is`() {
        var list = ReferenceList()
        let text =
            "FROM nginx\nFROM oci:1\nFROM quay.io/a/b:1@sha256:\(String(repeating: "ab", count: 32))\nFROM nginx\nFROM $X\n"
        for found in located(text, as: "Dockerfile") { list.add(found.finding) }
        #expect(list.lines.count == 3)
        var parser = BatchListParser()
        parser.read(Array(list.lines.joined(separator: "\n").utf8), file: "-")
        #expect(parser.problems.isEmpty)
        #expect(
            parser.entries.map { ImageName.fullName(of: $0.source) }.prefix(2) == [
                "docker.io/library/nginx:latest", "docker.io/library/oci:1",
            ])
    }

    /// Pods whose image is `nginx:1`, each with what its status says of it.
    private func list(of pods: [(image: String, digit: String)]) -> ReferenceList {
        var list = ReferenceList(pinsRunning: true)
        for (image, digit) in pods {
            let identity = "nginx@sha256:" + String(repeating: digit, count: 64)
            let text =
                "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: c, image: 'nginx:1'}]}\n"
                + "status: {containerStatuses: [{name: c, image: '\(image)', imageID: '\(identity)'}]}\n"
            for found in located(text) { list.add(found.finding) }
        }
        return list
    }

    @Test func `each digest that pods run for one image is a line`() {
        let list = list(of: [("nginx:1", "1"), ("nginx:1", "2"), ("nginx:1", "1"), ("nginx:0", "3")])
        let digests = ["1", "2"].map { "nginx:1@sha256:" + String(repeating: $0, count: 64) }
        #expect(list.lines == digests && list.unpinned.isEmpty)
    }

    @Test func `an image that no pod shows to run stays by tag, and is named`() {
        let list = list(of: [("nginx:0", "1"), ("sha256:" + String(repeating: "2", count: 64), "2")])
        #expect(list.lines == ["nginx:1"] && list.unpinned == ["nginx:1"])
    }

    @Test func `groups count, the most frequent first`() {
        var groups = FindingGroups(by: .registry)
        for found in located("FROM a\nFROM quay.io/b/c\nFROM d\nFROM $E\n", as: "Dockerfile") { groups.add(found) }
        #expect(groups.textLines == ["2\tdocker.io", "1\tquay.io", "1\tunresolved"])
        #expect(groups.jsonLines.first == #"{"registry":"docker.io","count":2}"#)
    }

    /// What a file may be called by somebody who wants to leave a report.
    private static let marked = "a\"\u{301}<\u{301}&\u{301}\r\nb,\u{301}:\u{301}%\u{301}.yaml"

    @Test func `a JUnit report stays XML, whatever a file is called`() throws {
        let found = try #require(located(pod, as: Self.marked).first)
        let text = JUnitReport.testCase(found, isOffence: true)
        let unmarked = String(text.unicodeScalars.filter { $0 != "\u{301}" })
        #expect(unmarked.contains("classname=\"a&quot;&lt;&amp;\\u{d}\\u{a}b,:%.yaml:5\""), "\(text)")
        #expect(text.utf8.count { $0 == UInt8(ascii: "<") } == 4)
    }

    @Test func `an annotation is one line with its own properties, whatever a file is called`() throws {
        let text = try #require(located(pod, as: Self.marked).first).annotation(isOffence: false)
        let file = "file=a\"\u{301}<\u{301}&\u{301}%0D%0Ab%2C\u{301}%3A\u{301}%25\u{301}.yaml,line=5,"
        #expect(text.hasPrefix("::notice \(file)"), "\(text)")
        #expect(!text.utf8.contains { $0 == 0x0A || $0 == 0x0D })
    }

    @Test func `SARIF is one JSON document with a place for each finding`() throws {
        let found = located("{apiVersion: v1, kind: é, containers: [{image: nginx}]}\n")
        let text =
            SarifLog.opening(version: "1") + found.map({ SarifLog.result($0) }).joined(separator: ",")
            + SarifLog.closing
        let json = try JSON(Array(text.utf8))
        let region = json["runs"]?.array?.first?["results"]?.array?.first?["locations"]?.array?.first?[
            "physicalLocation"]?["region"]
        #expect(region?["startColumn"]?.integer == 48)
        #expect(region?["byteOffset"]?.integer == 48)
    }
}

extension ReferenceList {
    /// Adds an entry as a scan does that kept it as a text meanwhile.
    fileprivate mutating func add(_ finding: Finding) {
        if let entry = Entry(finding).flatMap({ Entry(line: $0.line) }) { add(entry) }
    }
}
