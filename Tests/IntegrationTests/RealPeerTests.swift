// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Copies between our registry and docker-registry, over http and TLS, judged by skopeo.
@Suite struct RealPeerTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private static let guide = [
        "ubuntu:18.04", "debian:buster", "hello-world:latest", "redis:buster", "jupyter/tensorflow-notebook:latest",
    ]

    private func list(_ images: [String], from source: String) throws -> String {
        try scratch.write("images.txt", images.map { "\(source)/\($0)\n" }.joined())
    }

    /// Every image has the same digest at both ends, and skopeo can read all of it at the target.
    private func expectEqual(
        _ images: [String], _ source: String, _ target: String, judge: [String] = ["--src-tls-verify=false"]
    )
        async throws
    {
        for image in images {
            let original = try await Tool.transship("digest", "\(source)/\(image)")
            #expect(original.status == 0, "\(original)")
            #expect(
                try await Skopeo.digest(of: "\(target)/\(image)", scratch, arguments: judge) == original.lines.first)
        }
    }

    @Test func `a list goes from our registry to docker-registry and back, every digest the same`() async throws {
        let ours = try await Peer.embedded()
        let theirs = try await Peer.dockerRegistry(scratch)
        let back = try await Peer.embedded("--disk", "\(scratch.path)/back")
        try await Tool.seed(ours.address, "--set", "guide")

        let there = try await Tool.transship(
            "batch", try list(Self.guide, from: ours.address), "--to", "\(theirs.address)/mirror", "--map", "repository"
        )
        #expect(there.status == 0, "\(there)")
        #expect(there.lines.count == Self.guide.count)
        try await expectEqual(Self.guide, ours.address, "\(theirs.address)/mirror")

        let returned = try await Tool.transship(
            "batch", try list(Self.guide.map { "mirror/" + $0 }, from: theirs.address), "--to", back.address, "--map",
            "repository")
        #expect(returned.status == 0, "\(returned)")
        try await expectEqual(Self.guide, ours.address, "\(back.address)/mirror")
    }

    @Test func `a second run copies nothing and says so`() async throws {
        let (ours, theirs) = (try await Peer.embedded(), try await Peer.dockerRegistry(scratch))
        try await Tool.seed(ours.address, "--set", "guide")
        let images = try list(Self.guide, from: ours.address)
        for expected in ["copied", "unchanged"] {
            let run = try await Tool.transship("batch", images, "--to", theirs.address, "--map", "repository")
            #expect(run.status == 0 && run.lines.count == Self.guide.count, "\(run)")
            #expect(run.lines.allSatisfy { $0.hasPrefix(expected + "\t") }, "\(run)")
        }
    }

    @Test func `cp copies one index with gcrane's lines on standard error and nothing on standard output`() async throws
    {
        let (ours, theirs) = (try await Peer.embedded(), try await Peer.dockerRegistry(scratch))
        try await Tool.seed(ours.address, "--set", "guide")
        let (source, target) = ("\(ours.address)/debian:buster", "\(theirs.address)/copy/debian:buster")
        let copy = try await Tool.transship("cp", source, target)
        #expect(copy.status == 0 && copy.output.isEmpty, "\(copy)")
        let lines = copy.errors.split(separator: "\n").map { $0.dropFirst("2026/11/22 10:00:00 ".count) }
        #expect(lines.first == "Copying from \(source) to \(target)")
        #expect(lines.last?.hasPrefix("\(target): digest: sha256:") == true)
        #expect(lines.contains { $0.hasPrefix("pushed blob: sha256:") })
        try await expectEqual(["debian:buster"], ours.address, "\(theirs.address)/copy")

        let again = try await Tool.transship("cp", source, target)
        #expect(again.status == 0 && again.errors.contains("existing manifest: buster@sha256:"), "\(again)")
    }

    @Test func `over TLS, docker-registry and ours behind nginx, with an extra authority`() async throws {
        let certificate = try await Certificate(scratch)
        let (ours, theirs) = (try await Peer.embedded(), try await Peer.dockerRegistry(scratch))
        try await Tool.seed(ours.address, "--set", "guide")
        let source = try await Peer.tlsFront(scratch, of: ours.address, certificate: certificate)
        let target = try await Peer.tlsFront(scratch, of: theirs.address, certificate: certificate)
        let images = try list(Self.guide, from: source.address)

        let refused = try await Tool.transship("batch", images, "--to", target.address, "--map", "repository")
        #expect(refused.status == 3 && refused.errors.contains("certificate"), "\(refused)")

        let run = try await Tool.transship(
            "batch", images, "--to", target.address, "--map", "repository", "--ca-file", certificate.authority)
        #expect(run.status == 0, "\(run)")
        try await expectEqual(Self.guide, ours.address, theirs.address)

        let trusting = try await Tool.transship(
            "batch", images, "--to", "\(target.address)/again", "--map", "repository",
            "--insecure-registry", source.address, "--insecure-registry", target.address)
        #expect(trusting.status == 0, "\(trusting)")
        try await expectEqual(Self.guide, ours.address, "\(theirs.address)/again")
    }

    @Test func `our registry speaks TLS itself`() async throws {
        let certificate = try await Certificate(scratch)
        let plain = try await Peer.embedded()
        let secure = try await Peer.embedded("--tls-cert", certificate.chain, "--tls-key", certificate.key)
        try await Tool.seed(plain.address, "--set", "guide")
        let run = try await Tool.transship(
            "batch", try list(Self.guide, from: plain.address), "--to", secure.address, "--map", "repository",
            "--ca-file", certificate.authority)
        #expect(run.status == 0, "\(run)")
        try await expectEqual(Self.guide, plain.address, secure.address)
    }

    @Test func `platform takes one child of an index`() async throws {
        let (ours, theirs) = (try await Peer.embedded(), try await Peer.dockerRegistry(scratch))
        try await Tool.seed(ours.address, "--set", "guide")
        let source = "\(ours.address)/debian:buster"
        let child = try await Tool.transship("digest", source, "--platform", "linux/arm64")
        #expect(child.status == 0, "\(child)")
        let copy = try await Tool.transship("cp", "--platform", "linux/arm64", source, "\(theirs.address)/debian:arm")
        #expect(copy.status == 0, "\(copy)")
        let arrived = try await Tool.transship("digest", "\(theirs.address)/debian:arm")
        #expect(arrived.output == child.output)
    }

    @Test func `companions read what is there`() async throws {
        let ours = try await Peer.embedded()
        try await Tool.seed(ours.address, "--set", "guide")
        let tags = try await Tool.transship("ls", "\(ours.address)/debian")
        #expect(tags.lines.contains("\(ours.address)/debian:buster"), "\(tags)")
        let catalog = try await Tool.transship("catalog", ours.address)
        #expect(catalog.lines.contains("debian") && catalog.lines.contains("jupyter/tensorflow-notebook"), "\(catalog)")
        let manifest = try await Tool.transship("manifest", "\(ours.address)/debian:buster")
        let raw = try await Tool.run(
            "skopeo", ["inspect", "--raw", "--tls-verify=false", "docker://\(ours.address)/debian:buster"])
        #expect(manifest.output == raw.output)
        let missing = try await Tool.transship("manifest", "\(ours.address)/debian:nosuch")
        #expect(
            missing.status == 1 && missing.output.isEmpty && missing.errors.hasPrefix("Error: fetching manifest"),
            "\(missing)")
    }
}
