// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What programs read of this one is as the schemas in `docs` say, member by member.
@Suite struct SchemaTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func path(_ name: String) -> String { "\(scratch.path)/\(name)" }

    private func expect(_ schema: String, allows text: String, _ what: String) throws {
        #expect(try SchemaDocument(schema).faults(in: text) == [], "\(what): docs/\(schema).schema.json")
    }

    @Test func `lines, reports and progress of a run are as their schemas say, failed items too`() async throws {
        let (source, target) = (try await Peer.embedded(), try await Peer.embedded())
        try await Tool.seed(source.address, "--set", "tiny", "--scale", "0.003", "--images-file", path("images.txt"))
        let list = try scratch.write("list.txt", try scratch.read("images.txt") + "\(source.address)/no/such:1\n")
        let run = try await Tool.transship(
            "batch", list, "--to", target.address, "--map", "repository", "--format", "json", "--verify", "unpack",
            "--progress", "json", "--report", path("run.json"))
        #expect(run.status == 1 && run.lines.count == 4, "\(run)")
        for line in run.lines { try expect("batch-line", allows: line, "a line of batch") }
        try expect("report", allows: try scratch.read("run.json"), "a report")
        let looks = run.errors.split(separator: "\n").filter { $0.hasPrefix("{\"type\":\"progress\"") }
        #expect(!looks.isEmpty, "\(run)")
        for look in looks { try expect("progress", allows: String(look), "progress") }
    }

    @Test func `a merged report is as its schema says, also where a shard is missing`() async throws {
        let (source, target) = (try await Peer.embedded(), try await Peer.embedded())
        try await Tool.seed(source.address, "--set", "tiny", "--scale", "0.006", "--images-file", path("images.txt"))
        let shard = try await Tool.transship(
            "batch", path("images.txt"), "--to", target.address, "--map", "repository", "--shard", "0/3", "--report",
            path("0.json"))
        #expect(shard.status == 0, "\(shard)")
        _ = try await Tool.transship("report", "merge", path("0.json"), "-o", path("merged.json"))
        for name in ["0.json", "merged.json"] { try expect("report", allows: try scratch.read(name), name) }
    }

    @Test func `measurements and their comparison are as their schemas say`() async throws {
        let registry = try await Peer.embedded()
        for (name, bytes) in [("a.json", "16KiB"), ("b.json", "16KiB"), ("c.json", "12KiB")] {
            let run = try await Tool.transship(
                "bench", "registry", registry.address, "--phase", "small-put", "--phase", "referrers", "--bytes",
                bytes, "--blob-size", "4KiB", "--seconds", "1", "--repetitions", "2", "--report", path(name))
            #expect(run.status == 0, "\(run)")
            try expect("bench-registry", allows: try scratch.read(name), name)
        }
        for name in ["b.json", "c.json"] {
            let compared = try await Tool.transship(
                "bench", "compare", path("a.json"), path(name), "--format", "json")
            try expect("bench-compare", allows: compared.output, "\(compared)")
        }
        let copied = try await Tool.transship(
            "bench", "copy", "--workload", "tiny", "--scale", "0.003", "--repetitions", "1", "--format", "json")
        try expect("bench-copy", allows: copied.output, "\(copied)")
    }

    @Test func `a schema finds what is missing, of another kind, and not told`() throws {
        let schema = try SchemaDocument("bench-compare")
        let faults = try schema.faults(in: #"{"format":"another","rows":[1],"more":true}"#)
        #expect(faults.contains("$.unmeasured is missing") && faults.contains("$.more is not in the schema"))
        #expect(faults.contains { $0.hasPrefix("$.format: \"another\" is none of") })
        #expect(faults.contains { $0.hasPrefix("$.rows[0]: 1 is no") })
    }
}
