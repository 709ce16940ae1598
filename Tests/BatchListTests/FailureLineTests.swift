// SPDX-License-Identifier: Apache-2.0

import BatchList
import OCI
import Testing

private let hex = String(repeating: "ab", count: 32)

@Suite struct FailureLineTests {
    @Test(arguments: [
        "ubuntu", "ubuntu:18.04", "quay.io/a/b@sha256:\(hex)", "a:v1@sha256:\(hex)", "a:1 gcr.io/p/b",
        "127.0.0.1:5001/a:1 localhost:5000/b@sha256:\(hex)",
    ])
    func `reads back as the item that failed, with and without a target for all`(line: String) throws {
        let rule = TargetRule(prefix: try TargetPrefix(parsing: "localhost:5000/m"))
        let item = try parsed(line).items(rule: rule)[0]
        let failure = FailureLine(
            source: item.source, target: item.target, kind: "not-found", message: "source a has no tag \"1\"")
        for again in [rule, nil] {
            let items = try parsed(failure.description + "\n").items(rule: again)
            #expect(items.map(\.source) == [item.source])
            #expect(items.map(\.target) == [item.target])
        }
    }

    @Test func `is the item, then the kind and the message as a comment`() throws {
        let line = FailureLine(
            source: try Reference(parsing: "ubuntu"), target: try Reference(parsing: "gcr.io/p/ubuntu"),
            kind: "rate-limited", message: "no more pulls until 16:40")
        #expect(line.description == "ubuntu gcr.io/p/ubuntu # rate-limited: no more pulls until 16:40")
    }

    @Test func `stays on one line whatever the registry said`() throws {
        let line = FailureLine(
            source: try Reference(parsing: "a"), target: try Reference(parsing: "b"), kind: "invalid",
            message: "first\nevil:1 gcr.io/evil\r\u{1B}[2J")
        #expect(!line.description.contains { $0.isNewline })
        #expect(parsed(line.description).entries.count == 1)
    }
}
