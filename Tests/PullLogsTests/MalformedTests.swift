// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PullLogs

@Suite struct MalformedTests {
    @Test func `each malformed entry is named, and takes no other with it`() throws {
        let tally = try PullTally.fixture("malformed.jsonl")
        #expect(tally.problemLines == [2, 4, 5, 6, 7])
        #expect(tally.pulls == 3)
        #expect(tally.malformed == 5)
        #expect(tally.problems.first?.file == "malformed.jsonl")
    }

    @Test(arguments: [1, 3, 17])
    func `the same lines are named however they are read`(size: Int) throws {
        let bytes = try PullFixture.bytes("malformed.jsonl")
        #expect(try PullTally.counting([("log", bytes)], pieces: size).problemLines == [2, 4, 5, 6, 7])
    }

    @Test func `a log that ends in the middle of an entry says where the entry began`() throws {
        let tally = try PullTally.counting(entry("a", "2026-11-02T09:00:00Z") + "{\"message\":\"Pulling")
        #expect(tally.counts == ["a": 1])
        #expect(tally.problemLines == [2])
    }

    @Test func `a quote that is never closed costs one line of a table`() throws {
        let table = "message\n\"Pulling image \"\"a\"\"\"\n\"Pulling image \"\"b\"\"\n\"Pulling image \"\"c\"\"\"\n"
        let tally = try PullTally.counting(table)
        #expect(tally.counts["a"] == 1)
        #expect(tally.malformed > 0)
        #expect(tally.problemLines.first == 3)
    }

    @Test func `a table's row with too few fields is named`() throws {
        let tally = try PullTally.counting("timestamp,message\n2026-11-02T09:00:00Z\n,\"Pulling image \"\"a\"\"\"\n")
        #expect(tally.problemLines == [2])
        #expect(tally.counts == ["a": 1])
    }

    @Test func `problems are counted beyond those that are kept`() throws {
        var settings = PullSettings()
        settings.namedProblems = 2
        let tally = try PullTally.counting(String(repeating: "{\"message\":1\n", count: 5), settings)
        #expect(tally.malformed == 5)
        #expect(tally.problems.count == 2)
    }

    @Test func `an endless entry is given up, and what follows is read`() throws {
        var splitter = JSONEntrySplitter(entryLimit: 64)
        var found: [Int] = []
        var problems: [Int] = []
        let text = "{\"a\":\"" + String(repeating: "x", count: 500) + "\"}\n{\"b\":1}\n"
        for byte in text.utf8 {
            withUnsafePointer(to: byte) { pointer in
                splitter.feed(
                    UnsafeBufferPointer(start: pointer, count: 1), { _, line in found.append(line) },
                    { line, _ in problems.append(line) })
            }
        }
        #expect(found == [2])
        #expect(problems == [1])
    }

    /// Every prefix, and every byte exchanged for one that hurts.
    @Test(arguments: LogFormatTests.files)
    func `damage never stops the count`(file: String) throws {
        let bytes = try PullFixture.bytes(file)
        var finished = 0
        for cut in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 40)) {
            for damage: UInt8 in [0, UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "]"), UInt8(ascii: "\\"), 10] {
                var damaged = bytes
                damaged[cut] = damage
                // Refusing the file is an answer, too.
                _ = try? PullTally.counting([("log", damaged)], pieces: 500)
            }
            _ = try? PullTally.counting([("log", Array(bytes[..<cut]))], pieces: 33)
            finished += 1
        }
        #expect(finished > 0)
    }

    @Test(arguments: ["[", "[\n{\"a\":1},\n", "{\"entries\":[{\"a\":1}"])
    func `a list of entries that is cut between two of them is not read to its end`(log: String) throws {
        #expect(try PullTally.counting(log).malformed > 0)
    }

    @Test(arguments: ["[]", "[ ]\n", "[\n{\"a\":1}\n]\n", "{\"entries\":[{\"a\":1}]}", ""])
    func `a list that ends is whole`(log: String) throws {
        #expect(try !PullTally.counting(log).problems.contains { $0.reason.contains("cut off") })
    }
}
