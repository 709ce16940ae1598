// SPDX-License-Identifier: Apache-2.0

import BatchList
import OCI
import Testing

@Suite struct TagExpansionTests {
    private let rule: TargetRule

    init() throws { rule = TargetRule(prefix: try TargetPrefix(parsing: "localhost:5000/m")) }

    private func expanded(
        _ list: String, _ tags: [String: String], rule: TargetRule? = nil
    ) throws -> BatchItems {
        let parser = parsed(list)
        var listings: [SourceRepository: [OCI.Tag]] = [:]
        for source in parser.repositoriesToList {
            listings[source] = try tags[source.repository.path]?.split(separator: " ").map { try OCI.Tag($0) }
        }
        return try parser.items(rules: [rule ?? self.rule], tags: listings)
    }

    private func lines(_ items: BatchItems) -> [String] {
        items.items.map { "\($0.source.asTyped) \($0.target.asTyped)" }
    }

    @Test func `a filtered line becomes its tags by name, in the line's place, below the target for all`() throws {
        let items = try expanded("a:1\nquay.io/b:1.?\nc:2", ["b": "1.9 1.1 2.0 1.10 1.5"])
        #expect(
            lines(items) == [
                "a:1 localhost:5000/m/a:1", "quay.io/b:1.1 localhost:5000/m/quay.io/b:1.1",
                "quay.io/b:1.5 localhost:5000/m/quay.io/b:1.5", "quay.io/b:1.9 localhost:5000/m/quay.io/b:1.9",
                "c:2 localhost:5000/m/c:2",
            ])
        #expect(items.items[1].place.line == 2)
    }

    @Test func `a line's own target is a repository`() throws {
        let items = try expanded("quay.io/b:~^1 gcr.io/p/mirror", ["b": "1.1 2.0"])
        #expect(lines(items) == ["quay.io/b:1.1 gcr.io/p/mirror:1.1"])
    }

    @Test func `each repository is listed once, whatever the number of lines and spellings`() {
        let parser = parsed("ubuntu:1*\ndocker.io/library/ubuntu:~x\nquay.io/a/b:*\nubuntu:2* gcr.io/p/u")
        #expect(parser.repositoriesToList.map(\.repository.path) == ["library/ubuntu", "a/b"])
    }

    @Test func `tags that several lines select are one item`() throws {
        #expect(try lines(expanded("b:*\nb:1.?\nb:1.1", ["library/b": "1.1"])).count == 1)
    }

    @Test func `a line that selects nothing fails alone, as does one whose tags are not known`() throws {
        let items = try expanded("a:1\nb:9.*\nc:*", ["library/b": "1.1 1.2"])
        #expect(items.items.count == 1)
        #expect(items.unexpanded.map(\.entry.asTyped) == ["b:9.*", "c:*"])
        #expect(items.unexpanded.map(\.targetName) == ["localhost:5000/m/b", "localhost:5000/m/c"])
        #expect(items.unexpanded.map(\.reason) == [.nothingSelected(of: 2), .notListed])
    }

    @Test func `a failed line reads back as itself`() throws {
        for list in ["b:{semver>=9 <10}", "quay.io/b:~^x#y$", "b:[a-c]* gcr.io/p/b"] {
            let line = try expanded(list, [:]).unexpanded[0]
            let failure = FailureLine(
                source: line.entry.asTyped, target: line.targetName, kind: "not-found", message: "no such tag # here")
            let again = try parsed(failure.description).items(rules: [], tags: [:]).unexpanded
            #expect(again.map(\.entry.asTyped) == [line.entry.asTyped])
            #expect(again.map(\.targetName) == [line.targetName])
        }
    }

    @Test func `two lines that would write one tag are found once the tags are known`() throws {
        #expect(throws: BatchListError.self) {
            try expanded("a:1 gcr.io/p/x:1\nb:* gcr.io/p/x", ["library/b": "1 2"])
        }
    }

    @Test func `a filtered line needs a target like any other`() {
        #expect(throws: BatchListError.self) { try parsed("b:*").items(rule: nil) }
        #expect(throws: BatchListError.self) { try parsed("host:5000/b:*").items(rule: self.rule) }
    }

    @Test(arguments: [
        ("b:~(", "images.txt:1:1: \"b:~(\" has a tag filter that cannot be read: \"(\" is not closed by \")\""),
        ("a//b:*", "images.txt:1:1: \"a//b\" cannot be requested: a part of it is empty, \".\" or \"..\""),
        ("b:* c:1", "images.txt:1:5: \"c:1\" names one image, and its source's filter may select several tags"),
        ("b:1 c:*", "images.txt:1:5: \"c:*\" filters tags with \"*\", which only a source can"),
    ])
    func `a bad filter or target is named with its place`(list: String, message: String) {
        #expect(parsed(list).problems.map(\.description) == [message])
    }
}
