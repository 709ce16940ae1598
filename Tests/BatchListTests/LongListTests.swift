// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing
import TransshipTesting

@testable import BatchList

private let hex = String(repeating: "ab", count: 32)

@Suite struct LineEndTests {
    @Test(arguments: ["\n", "\r\n", "\r", "\u{85}"])
    func `a list ends its lines as any editor does`(end: String) {
        let parser = parsed(["a:1", "# why", "", "b:1 c:2", "Bad"].joined(separator: end) + end)
        #expect(parser.entries.map { $0.source.asTyped } == ["a:1", "b:1"])
        #expect(parser.entries.map { $0.target?.asTyped } == [nil, "c:2"])
        #expect(parser.entries.map(\.place.line) == [1, 4])
        #expect(parser.problems.map(\.place.line) == [5])
    }

    @Test func `pieces may part a line end, a letter or a mark of byte order`() {
        let text = "\u{FEFF}a:1 b:2\r\nc:3\u{85}d:4\r\r\ne:5"
        var parser = BatchListParser()
        parser.begin("l")
        for byte in Array(text.utf8) { parser.take([byte]) }
        parser.end()
        #expect(parser.entries == parsed(text, file: "l").entries)
        #expect(parser.entries.map(\.place.line) == [1, 2, 3, 5])
    }

    @Test func `the second half of NEL alone ends no line`() {
        var splitter = LineSplitter()
        var lines: [[UInt8]] = []
        splitter.take([0x61, 0xC3, 0x85, 0x62]) { line, _ in lines.append(line) }
        splitter.end { line, _ in lines.append(line) }
        #expect(lines == [[0x61, 0xC3, 0x85, 0x62]])
    }
}

@Suite struct EntryPoolTests {
    private static let texts = [
        "ubuntu", "ubuntu:18.04", "docker.io/library/ubuntu:18.04", "quay.io/a/b@sha256:\(hex)",
        "quay.io/a/b:1@sha256:\(hex)", "localhost:5000/" + String(repeating: "x", count: 200) + ":y", "oci:folder:v1",
        "oci:/var/a@sha256:\(hex)", "quay.io/a/b",
    ]

    @Test func `gives back every entry as it was said, in any order`() {
        var random = SeededGenerator(seed: 7)
        var (pool, entries): (EntryPool, [BatchEntry]) = (EntryPool(), [])
        for number in 0..<500 {
            let list = parsed(
                "\(Self.texts.randomElement(using: &random)!) \(Self.texts.randomElement(using: &random)!)",
                file: number % 3 == 0 ? "a" : "b")
            guard var entry = list.entries.first else { continue }
            if number % 4 == 0 { entry = BatchEntry(source: entry.source, target: nil, place: entry.place) }
            entries.append(entry)
            pool.append(entry)
        }
        #expect(pool.count == entries.count && entries.count > 100)
        for position in entries.indices.shuffled(using: &random) {
            #expect(pool[position] == entries[position])
            #expect(pool[position].source.asTyped == entries[position].source.asTyped)
            #expect(pool[position].target?.asTyped == entries[position].target?.asTyped)
        }
    }

    @Test func `gives entries one after the other as it does one by one, wherever the next one is`() {
        let pool = parsed((0..<100).map { "a:\($0) b:\($0)" }.joined(separator: "\n")).pool
        var cursor = EntryPool.Cursor(pool)
        for position in [0, 1, 2, 15, 16, 31, 31, 30, 64, 47, 48, 99, 0, 98] {
            #expect(cursor.entry(at: position) == pool[position])
        }
        let some = EntryPool(pool, at: stride(from: 1, to: 100, by: 3))
        #expect((0..<some.count).map { some[$0] } == stride(from: 1, to: 100, by: 3).map { pool[$0] })
    }

    @Test func `a list that says everything twice is kept once`() throws {
        let lines = (0..<100).map { "a:\($0)" }
        let rules = try ["x.io/m", "y.io/m"].map { TargetRule(prefix: try TargetPrefix(parsing: $0)) }
        let repository = try #require(parsed("c:* z.io/c").repositoriesToList.first)
        let tags = [repository: try ["2", "1"].map { try OCI.Tag($0) }]
        func items(_ lines: [String]) throws -> BatchItemList {
            try parsed(lines.joined(separator: "\n")).items(rules: rules, tags: tags).items
        }
        let once = try items(lines + ["c:* z.io/c"])
        let twice = try items(lines + ["c:* z.io/c"] + lines + lines + ["d:1"])
        #expect(twice.dropLast(2).elementsEqual(once))
        #expect(twice.suffix(2).map(\.target.asTyped) == ["x.io/m/d:1", "y.io/m/d:1"])
        #expect(twice.indices.map { twice[$0] } == Array(twice))
        #expect(twice.entries.count == 103)
    }
}
