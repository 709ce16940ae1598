// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Lists that choose among tags, against a registry that lists them.
@Suite struct TagFilterListTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// One repository with these tags; returns its name without the registry.
    private func seed(_ registry: Peer, tags: [String]) async throws -> String {
        try await Tool.seed(registry.address, "--set", "tiny", "--scale", "0.001")
        let image = try #require(try await Tool.transship("catalog", registry.address).lines.first)
        for tag in tags {
            let copy = try await Tool.transship(
                "cp", "\(registry.address)/\(image):v1", "\(registry.address)/app:\(tag)")
            try #require(copy.status == 0, "\(copy)")
        }
        return "app"
    }

    @Test func `filters choose tags, and a filter that chooses none fails alone and lands in the failures`()
        async throws
    {
        let source = try await Peer.embedded()
        let target = try await Peer.embedded()
        _ = try await seed(source, tags: ["1.19", "1.20", "1.21.3", "1.22-rc1", "2.0", "latest"])
        let list = try scratch.write(
            "list.txt",
            """
            \(source.address)/app:{semver>=1.20 <2} \(target.address)/semver
            \(source.address)/app:~^[a-z]+$ \(target.address)/regex
            \(source.address)/app:1.2? \(target.address)/glob
            \(source.address)/app:9.* \(target.address)/none
            \(source.address)/nosuch:* \(target.address)/missing

            """)
        let failures = "\(scratch.path)/failed.txt"
        let run = try await Tool.transship("batch", list, "--failures", failures)
        #expect(run.status == 1, "\(run)")
        let arrived = run.lines.filter { $0.hasPrefix("copied\t") }.map { $0.split(separator: "\t")[2] }
        let expected = ["semver:1.20", "semver:1.21.3", "regex:latest", "glob:1.20"]
        #expect(Set(arrived) == Set(expected.map { "\(target.address)/\($0)" }), "\(run)")
        let failed = try scratch.read("failed.txt").split(separator: "\n").map(String.init)
        #expect(failed.count == 2)
        #expect(failed[0].hasPrefix("\(source.address)/app:9.* \(target.address)/none # not-found: "), "\(failed)")
        #expect(failed[1].hasPrefix("\(source.address)/nosuch:* \(target.address)/missing # not-found: "), "\(failed)")
        let again = try await Tool.transship("batch", failures)
        #expect(again.status == 3, "\(again)")
    }

    @Test func `a bad filter stops everything before it begins`() async throws {
        let list = try scratch.write("list.txt", "127.0.0.1:1/a:~( 127.0.0.1:1/b\n")
        let run = try await Tool.transship("batch", list)
        #expect(run.status == 2 && run.errors.contains("list.txt:1:1"), "\(run)")
    }
}
