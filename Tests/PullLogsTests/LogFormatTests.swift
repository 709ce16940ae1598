// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PullLogs

/// The same eight pulls in every format they are exported to.
@Suite struct LogFormatTests {
    private static let web = "europe-docker.pkg.dev/shop-1/mirror/web@sha256:" + String(repeating: "5a", count: 32)
    private static let pulls = [
        "nginx:1.14.2": 3, "kubernetes/redis:v1": 2, "quay.io/prometheus/node-exporter:v1.8.2": 1, web: 1,
    ]
    static let files = [
        "gcloud.json", "sink.jsonl", "sink.jsonl.gz", "bigquery-nested.jsonl", "bigquery-flat.json", "bigquery.csv",
        "guide-query.csv", "kubectl.json",
    ]

    @Test(arguments: files)
    func `every export counts the same pulls`(file: String) throws {
        let tally = try PullTally.fixture(file)
        #expect(tally.counts == Self.pulls)
        #expect(tally.malformed == 0)
    }

    @Test(arguments: files)
    func `nothing depends on where a read ends`(file: String) throws {
        let bytes = try PullFixture.bytes(file)
        for size in [1, 2, 3, 7, 64, 1000] {
            let tally = try PullTally.counting([(file, bytes)], pieces: size)
            #expect(tally.counts == Self.pulls, "pieces of \(size)")
            #expect(tally.malformed == 0, "pieces of \(size)")
        }
    }

    @Test func `what is no pull is counted by what it is`() throws {
        let tally = try PullTally.fixture("sink.jsonl")
        #expect(tally.others == [.finished: 1, .present: 1, .other: 1])
    }

    /// Windows and byte order marks.
    @Test func `line ends and byte order marks change nothing`() throws {
        let text = "\u{FEFF}" + entry("a", "2026-11-02T09:00:00Z") + "\r\n" + entry("b", "2026-11-02T09:00:00Z")
        #expect(try PullTally.counting(text).counts == ["a": 1, "b": 1])
        let table = "\u{FEFF}timestamp;message\r\n2026-11-02T09:00:00Z;\"Pulling image \"\"a\"\"\"\r\n"
        #expect(try PullTally.counting(table).counts == ["a": 1])
    }

    @Test func `entries may be pretty, in one array, or under entries`() throws {
        let one = "{\n  \"message\": \"Pulling image \\\"a\\\"\"\n}\n"
        #expect(try PullTally.counting(one + one).counts == ["a": 2])
        #expect(try PullTally.counting("[" + one + "," + one + "]").counts == ["a": 2])
        #expect(try PullTally.counting("{\"entries\":[\(one),\(one)],\"nextPageToken\":\"x\"}").counts == ["a": 2])
    }

    @Test func `a payload exported as text is read all the same`() throws {
        let payload = "{\"\"reason\"\":\"\"Pulling\"\",\"\"message\"\":\"\"Pulling image \\\"\"a\\\"\"\"\"}"
        #expect(
            try PullTally.counting("timestamp,jsonPayload\n2026-11-02T09:00:00Z,\"\(payload)\"\n").counts == ["a": 1])
    }

    @Test(arguments: [
        "apiVersion: v1\nitems:\n", "LAST SEEN   TYPE   REASON\n", "PAR1....", "name,age\nx,1\n",
        "\u{1}\u{2}\u{3}\u{4}",
    ])
    func `what is no log is refused`(text: String) {
        #expect(throws: UnreadableLog.self) { try PullTally.counting(text) }
    }

    @Test func `no bytes and an empty array are logs without pulls`() throws {
        #expect(try PullTally.counting("").counts == [:])
        #expect(try PullTally.counting(" \n").counts == [:])
        #expect(try PullTally.counting("[]\n").counts == [:])
    }

    @Test func `a cut gzip file says so`() throws {
        let whole = try PullFixture.bytes("sink.jsonl.gz")
        let tally = try PullTally.counting([("log", Array(whole.dropLast(40)))])
        #expect(tally.problems.contains { $0.reason.contains("gzip") })
    }
}
