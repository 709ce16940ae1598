// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Several platforms of an index, copied by every command between real registries and read by skopeo.
@Suite struct PlatformTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private static let pair = ["--platform", "linux/amd64,linux/arm64"]

    private struct Index: Decodable {
        struct Entry: Decodable {
            struct Platform: Decodable {
                var os: String
                var architecture: String
            }

            var digest: String
            var platform: Platform?
        }

        var manifests: [Entry]

        var platforms: Set<String> { Set(manifests.compactMap { $0.platform.map { "\($0.os)/\($0.architecture)" } }) }
    }

    private func index(at reference: String) async throws -> Index {
        let raw = try await Tool.run("skopeo", ["inspect", "--raw", "--tls-verify=false", "docker://\(reference)"])
        return try JSONDecoder().decode(Index.self, from: Data(raw.output.utf8))
    }

    private func seeded() async throws -> Peer {
        let source = try await Peer.embedded()
        try await Tool.seed(source.address, "--set", "guide")
        return source
    }

    @Test func `batch, plan and verify agree on an index of two platforms`() async throws {
        let source = try await seeded()
        let image = "\(source.address)/debian:buster"
        let target = try await Peer.dockerRegistry(scratch)
        let list = try scratch.write("list.txt", "\(image) \(target.address)/debian:buster\n")

        let run = try await Tool.transship(["batch", list] + Self.pair)
        #expect(run.status == 0, "\(run)")
        let original = try #require(try await Tool.transship("digest", image).lines.first)
        #expect(run.errors.contains("made of some images of the source's \(original)"), "\(run)")
        let copy = try await index(at: "\(target.address)/debian:buster")
        #expect(copy.platforms.isSuperset(of: ["linux/amd64", "linux/arm64"]))
        #expect(copy.manifests.count < (try await index(at: image)).manifests.count)

        for arguments in [["verify", list], ["plan", list]] {
            let result = try await Tool.transship(arguments + Self.pair)
            #expect(result.status == 0, "\(result)")
        }
        // Another order, and one option for each, is the same choice.
        let again = try await Tool.transship(
            "batch", list, "--platform", "linux/arm64", "--platform", "linux/amd64")
        #expect(again.lines.first?.hasPrefix("unchanged\t") == true, "\(again)")
        let whole = try await Tool.transship("verify", list)
        #expect(whole.status == 3 && whole.lines.first?.hasPrefix("different\t") == true, "\(whole)")
    }

    @Test func `cp takes several under our own name, and the last one as gcrane`() async throws {
        let peer = try await seeded()
        let (source, image) = (peer.address, "\(peer.address)/debian:buster")
        let run = try await Tool.transship(["cp"] + Self.pair + [image, "\(source)/two:1"])
        #expect(run.status == 0, "\(run)")
        #expect(try await index(at: "\(source)/two:1").manifests.count >= 2)

        let refused = try await Tool.transship(["digest"] + Self.pair + [image])
        #expect(refused.status == 1 && refused.errors.contains("digest takes one --platform"), "\(refused)")
    }

    @Test func `a sparse copy keeps the digest where the registry takes it, and says why where not`() async throws {
        let peer = try await seeded()
        let image = "\(peer.address)/debian:buster"
        let digest = try await Tool.transship("digest", image).lines.first
        let folder = "oci:\(scratch.path)/layout:sparse"
        let kept = try await Tool.transship(["cp", "--sparse", "--platform", "linux/arm64", image, folder])
        #expect(kept.status == 0, "\(kept)")
        let layout = try String(contentsOfFile: "\(scratch.path)/layout/index.json", encoding: .utf8)
        #expect(layout.contains(try #require(digest)), "\(layout)")
        let there = try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/layout/blobs/sha256")
        let images = try await index(at: image).manifests.map { String($0.digest.dropFirst("sha256:".count)) }
        #expect(images.count { there.contains($0) } == 2, "the image and what attests it")

        let strict = try await Peer.dockerRegistry(scratch)
        let refused = try await Tool.transship(
            "cp", "--sparse", "--platform", "linux/arm64", image, "\(strict.address)/sparse:1")
        #expect(refused.status == 1 && refused.errors.contains("leave out --sparse"), "\(refused)")
    }

    @Test(arguments: ["batch", "plan", "verify"])
    func `a list of failures says that it needs the same platform, where it has a line`(command: String) async throws {
        let source = try await seeded()
        let target = try await Peer.embedded()
        let note = "copy it with the same --platform"
        let options = ["--platform", "linux/arm64", "--failures", "\(scratch.path)/failed.txt"]
        let list = try scratch.write("list.txt", "\(source.address)/debian:nosuch \(target.address)/debian:1\n")
        let failing = try await Tool.transship([command, list] + options)
        #expect(failing.status != 0 && failing.errors.contains(note), "\(failing)")
        let good = try scratch.write("good.txt", "\(source.address)/debian:buster \(target.address)/debian:2\n")
        _ = try await Tool.transship("batch", good, "--platform", "linux/arm64")
        let whole = try await Tool.transship([command, good] + options)
        #expect(whole.status == 0 && !whole.errors.contains(note), "\(whole)")
    }

    @Test(arguments: [
        (["--platform", "linux"], "--platform wants OS/ARCH[/VARIANT] or all, not \"linux\""),
        (["--platform", "linux/amd64,"], "--platform wants OS/ARCH[/VARIANT] or all, not \"\""),
        (["--sparse"], "--sparse needs --platform OS/ARCH"),
    ])
    func `what is no platform is refused before anything is asked`(options: [String], message: String) async throws {
        let list = try scratch.write("list.txt", "registry.invalid/a:1 registry.invalid/b:1\n")
        for command in ["batch", "plan", "verify"] {
            let run = try await Tool.transship([command, list] + options)
            #expect(run.status == 2 && run.errors.contains(message), "\(run)")
        }
    }
}
