// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Targets that their registry cannot have, in every command that writes to targets or looks for something there.
@Suite struct TargetNameTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// Nothing was asked of the source, whose log this is.
    private func expectSilence(_ log: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        #expect(said.isEmpty, sourceLocation: sourceLocation)
    }

    @Test(arguments: ["batch", "plan", "check", "verify"])
    func `a list is refused before anything is asked, with the place to type`(command: String) async throws {
        let log = scratch.path + "/access.jsonl"
        let source = try await Peer.embedded("--access-log", log)
        let list = try scratch.write("list.txt", "ubuntu\n\(source.address)/a:* us-docker.pkg.dev/p/a\n")
        let refused = try await Tool.transship(command, list, "--to", "us-docker.pkg.dev/p")
        #expect(refused.status == 2 && refused.output.isEmpty, "\(refused)")
        #expect(
            refused.errors == """
                error: \(list):1:1: "us-docker.pkg.dev/p/ubuntu" cannot be a target: us-docker.pkg.dev wants PROJECT/REPOSITORY/IMAGE
                error: \(list):2:\(source.address.count + 6): "us-docker.pkg.dev/p/a" cannot be a target: us-docker.pkg.dev wants PROJECT/REPOSITORY/IMAGE
                hint: --to us-docker.pkg.dev/p/REPOSITORY
                hint: write us-docker.pkg.dev/p/REPOSITORY/a

                """)
        expectSilence(log)
    }

    @Test(arguments: ["check", "verify"]) func `a single target is refused by its name`(command: String) async throws {
        let refused = try await Tool.transship(command, "127.0.0.1:1/a:1", "docker.io/team/a/b:1")
        #expect(refused.status == 2 && refused.output.isEmpty, "\(refused)")
        #expect(
            refused.errors == """
                error: "docker.io/team/a/b:1" cannot be a target: docker.io wants NAMESPACE/REPOSITORY and nothing below
                hint: write docker.io/team/b:1

                """)
    }

    @Test(arguments: [[], ["--all-tags"]]) func `cp refuses it as it refuses what is no reference`(flags: [String])
        async throws
    {
        let log = scratch.path + "/access.jsonl"
        let source = try await Peer.embedded("--access-log", log)
        let words = ["cp"] + flags + ["\(source.address)/a", "ghcr.io/a"]
        let refused = try await Tool.run(Tool.products.appending(path: "transship").path, words)
        #expect(refused.status == 1, "\(refused)")
        #expect(
            refused.errors.hasSuffix("Error: \"ghcr.io/a\" cannot be a target: ghcr.io wants OWNER/IMAGE\n"),
            "\(refused)")
        #expect(refused.errors.contains("hint: write ghcr.io/OWNER/a\n"), "\(refused)")
        expectSilence(log)
    }

    @Test func `push refuses it before it sends a byte`() async throws {
        let source = try await Peer.embedded()
        try await Tool.seed(source.address, "--set", "shapes")
        let archive = scratch.path + "/image.tar"
        #expect(try await Tool.transship("pull", "\(source.address)/shapes/oci:v1", archive).status == 0)
        let refused = try await Tool.transship("push", archive, "us-docker.pkg.dev/p/quay.io/a:1")
        #expect(refused.status == 1 && refused.output.isEmpty, "\(refused)")
        #expect(refused.errors.contains("is no name of a REPOSITORY"), "\(refused)")
        #expect(refused.errors.contains("hint: write us-docker.pkg.dev/p/REPOSITORY/quay.io/a:1\n"), "\(refused)")
    }

    @Test func `cp -r refuses a place at which none of the images can be`() async throws {
        let source = try await Peer.embedded()
        try await Tool.seed(source.address, "--set", "shapes")
        let refused = try await Tool.transship("cp", "-r", "\(source.address)/shapes", "us-docker.pkg.dev/p")
        #expect(
            refused.status == 1 && refused.errors.contains("us-docker.pkg.dev wants PROJECT/REPOSITORY/IMAGE"),
            "\(refused)")
        #expect(!refused.errors.contains("failed to copy"), "\(refused)")
    }

    @Test func `rewrite names no image that cannot be`() async throws {
        let file = try scratch.write("Dockerfile", "FROM ubuntu:18.04\nFROM quay.io/a/b:1\nFROM bitnami/redis:7\n")
        let run = try await Tool.transship("rewrite", file, "--to", "us-docker.pkg.dev/p")
        #expect(run.errors.contains("there can be no us-docker.pkg.dev/p/ubuntu:18.04"), "\(run)")
        #expect(run.errors.contains("there can be no us-docker.pkg.dev/p/quay.io/a/b:1"), "\(run)")
        #expect(run.output.contains("+FROM us-docker.pkg.dev/p/bitnami/redis:7"), "\(run)")
    }
}
