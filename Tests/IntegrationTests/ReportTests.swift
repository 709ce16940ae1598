// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Runs written down, and several reports put together.
@Suite struct ReportFileTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func path(_ name: String) -> String { "\(scratch.path)/\(name)" }

    private func document(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(filePath: path(name)))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test func `a report has every item, what arrived, and only its owner reads it`() async throws {
        let source = try await Peer.embedded()
        let target = try await Peer.embedded()
        try await Tool.seed(source.address, "--set", "tiny", "--scale", "0.003", "--images-file", path("images.txt"))
        let list = try scratch.write(
            "list.txt", try scratch.read("images.txt") + "\(source.address)/no/such:1\n")
        let run = try await Tool.transship(
            "batch", list, "--to", target.address, "--map", "repository", "--report", path("r.json"), "--report",
            path("r.html"))
        #expect(run.status == 1, "\(run)")
        let report = try document("r.json")
        let items = try #require(report["items"] as? [[String: Any]])
        #expect(items.map { $0["status"] as? String } == ["copied", "copied", "copied", "failed"])
        for item in items.prefix(3) {
            let digest = try await Tool.transship("digest", try #require(item["target"] as? String))
            #expect(item["digest"] as? String == digest.lines.first)
        }
        let registries = try #require(report["registries"] as? [[String: Any]])
        #expect(Set(registries.compactMap { $0["registry"] as? String }) == [source.address, target.address])
        let origins = try #require(report["origins"] as? [[String: Any]])
        #expect(origins.allSatisfy { ($0["requests"] as? Int ?? 0) > 0 })
        #expect(report["exitStatus"] as? Int == 1)
        for time in ["started", "ended"] {
            #expect(
                (report[time] as? String)?.wholeMatch(of: /[-0-9]+T[:0-9]{8}\.[0-9]{3}Z/) != nil,
                "\(report[time] ?? "")")
        }
        for name in ["r.json", "r.html"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: path(name))
            #expect((attributes[.posixPermissions] as? Int) == 0o600)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
        #expect(!names.contains { $0.hasSuffix(".new") })
    }

    @Test func `merged shards are the whole list; without one of them its items are named and listed`() async throws {
        let source = try await Peer.embedded()
        let target = try await Peer.embedded()
        try await Tool.seed(source.address, "--set", "tiny", "--scale", "0.006", "--images-file", path("images.txt"))
        for shard in 0..<3 {
            let run = try await Tool.transship(
                "batch", path("images.txt"), "--to", target.address, "--map", "repository", "--shard", "\(shard)/3",
                "--report", path("\(shard).json"))
            #expect(run.status == 0, "\(run)")
        }
        let whole = try await Tool.transship(
            "report", "merge", path("0.json"), path("1.json"), path("2.json"), "-o", path("all.html"), "-o",
            path("all.json"))
        #expect(whole.status == 0 && whole.errors.isEmpty, "\(whole)")
        #expect(whole.output.hasPrefix("6 items: 6 copied; "), "\(whole)")
        #expect((try document("all.json")["items"] as? [Any])?.count == 6)

        let part = try await Tool.transship(
            "report", "merge", path("0.json"), path("2.json"), "--failures", path("rest.txt"))
        #expect(part.status == 1 && part.errors.contains("no report of shard 1/3"), "\(part)")
        let rest = try scratch.read("rest.txt").split(separator: "\n")
        #expect(rest.count == 2 && rest.allSatisfy { $0.contains(" # missing: ") }, "\(rest)")
        let again = try await Tool.transship("batch", path("rest.txt"))
        #expect(again.status == 0 && again.lines.allSatisfy { $0.hasPrefix("unchanged") }, "\(again)")
    }

    /// Which shard a line goes to that selects nothing is a matter of its name: of sixteen each shard has some.
    @Test func `lines that selected nothing in a shard without a report are missing`() async throws {
        let (source, target) = (try await Peer.embedded(), try await Peer.embedded())
        try await Tool.seed(source.address, "--set", "tiny", "--scale", "0.001", "--images-file", path("images.txt"))
        let image = try #require(try scratch.read("images.txt").split(separator: "\n").first)
        let repository = image.split(separator: ":").dropLast().joined(separator: ":")
        let lines = (0..<16).map { "\(repository):none\($0)* \(target.address)/none\n" }
        let list = try scratch.write("list.txt", "\(image) \(target.address)/app:1\n" + lines.joined())
        for shard in 0..<2 {
            let run = try await Tool.transship(
                "batch", list, "--shard", "\(shard)/2", "--report", path("\(shard).json"))
            #expect(run.status != 0, "\(run)")
            let part = try await Tool.transship("report", "merge", path("\(shard).json"))
            #expect(part.status != 0 && part.errors.contains("no report of shard"), "\(part)")
            #expect(part.output.hasPrefix("17 items: ") && part.output.contains("missing"), "\(part)")
        }
        let whole = try await Tool.transship("report", "merge", path("0.json"), path("1.json"))
        #expect(whole.output.hasPrefix("17 items: 1 copied, 16 failed; ") && whole.status == 1, "\(whole)")
    }

    @Test func `what was kept is told as such, and is in no list of what is left`() async throws {
        let (source, target) = (try await Peer.embedded(), try await Peer.embedded())
        try await Tool.seed(source.address, "--set", "tiny", "--scale", "0.002", "--images-file", path("images.txt"))
        let images = try scratch.read("images.txt").split(separator: "\n")
        let list = try scratch.write("list.txt", "\(images[0]) \(target.address)/app:1\n")
        let other = try await Tool.transship("cp", String(images[1]), "\(target.address)/app:1")
        try #require(other.status == 0, "\(other)")
        let run = try await Tool.transship("batch", list, "--no-clobber", "--report", path("r.json"))
        #expect(run.lines.first?.hasPrefix("kept\t") == true, "\(run)")
        let merge = try await Tool.transship("report", "merge", path("r.json"), "--failures", path("rest.txt"))
        let digest = try #require(try await Tool.transship("digest", "\(target.address)/app:1").lines.first)
        #expect(merge.status == 1 && merge.errors.contains("app:1: the target has \(digest), the source "), "\(merge)")
        #expect(try scratch.read("rest.txt").isEmpty)
    }

    @Test func `a report that could not be written is refused before the run`() async throws {
        let list = try scratch.write("list.txt", "127.0.0.1:1/a:1 127.0.0.1:1/b:1\n")
        for report in ["\(scratch.path)/nosuch/r.json", path("r.txt")] {
            let run = try await Tool.transship("batch", list, "--report", report)
            #expect(run.status == 2 && run.output.isEmpty, "\(run)")
        }
        let merge = try await Tool.transship("report", "merge", list)
        #expect(merge.status == 2 && merge.errors.contains("is not a report"), "\(merge)")
    }
}
