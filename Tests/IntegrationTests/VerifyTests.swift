// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import Foundation
import ImageFixtures
import NIOCore
import OCI
import Testing
import TransshipTesting

/// Layers that are not what they say, in a registry whose digests are all right, seen through the commands.
@Suite struct VerifyTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private static let gzipLayer: MediaType = "application/vnd.oci.image.layer.v1.tar+gzip"
    private static let base = FixtureLayer([.text("base", String(repeating: "the base of all\n", count: 999))])

    /// An image of one shared layer and one of its own, which `change` damages before its digest is taken.
    private static func image(
        _ name: String, diffID: Digest? = nil, _ change: ([UInt8]) -> [UInt8] = { $0 }
    ) -> SampleImage {
        let own = FixtureLayer([.text(name, String(repeating: "content of \(name)\n", count: 500))])
        let texts = [base.diffID, diffID ?? own.diffID].map { "\"\($0)\"" }.joined(separator: ",")
        return SampleImage(
            config: Array("{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\(texts)]}}".utf8),
            layers: [(gzipLayer, base.blob.content.bytes), (gzipLayer, change(own.blob.content.bytes))])
    }

    /// A mebibyte as a member of its own.
    private static let zeros = FixtureContent([UInt8](repeating: 0, count: 1 << 20)).gzipped().bytes

    private static let images: [(name: String, image: SampleImage, kind: String?, evidence: String)] = [
        ("sound", image("sound"), nil, ""),
        ("flipped", image("flipped") { $0.dropLast(8) + [$0[$0.count - 8] ^ 1] + $0.suffix(7) }, "corrupt", "CRC-32"),
        ("cut", image("cut") { $0.dropLast(20) }, "corrupt", "ends in the middle"),
        ("trailing", image("trailing") { $0 + [0, 0] }, "corrupt", "follows the last member"),
        (
            "bomb", image("bomb") { _ in [[UInt8]](repeating: zeros, count: 400).flatMap { $0 } },
            "too-large", "expanded"
        ),
        ("wrong", image("wrong", diffID: base.diffID), "inconsistent", "config says"),
    ]

    /// A registry with all of them below `prefix`, as `NAME:1`.
    private func registry(_ prefix: String = "", only names: [String]? = nil) async throws -> Peer {
        let peer = try await Peer.embedded()
        let network = try RegistryNetwork()
        do {
            let store = network.store(for: try RegistryHost(peer.address), as: .target)
            for (name, image, _, _) in Self.images where names?.contains(name) ?? true {
                try await store.place(image, in: try Repository(prefix + name))
            }
        } catch {
            await network.shutdown()
            throw error
        }
        await network.shutdown()
        return peer
    }

    private func list(_ peer: Peer) throws -> String {
        try scratch.write("list.txt", Self.images.map { "\(peer.address)/\($0.name):1\n" }.joined())
    }

    @Test func `a batch that looks into layers copies what is sound and says what is not, and where`() async throws {
        let (source, target) = (try await registry(), try await Peer.embedded())
        let list = try list(source)
        let run = try await Tool.transship(
            "batch", list, "--to", "\(target.address)/m", "--map", "repository", "--verify", "diffid", "--output",
            "json")
        #expect(run.status == 1, "\(run)")
        for (name, image, kind, evidence) in Self.images {
            let line = try #require(run.lines.first { $0.contains("\(source.address)/\(name):1") }, "\(run)")
            if let kind {
                #expect(line.contains("\"status\":\"failed\"") && line.contains("\"kind\":\"\(kind)\""), "\(line)")
                #expect(line.contains(evidence), "\(line)")
                let digest = try await Tool.transship("digest", "\(target.address)/m/\(name):1")
                #expect(digest.status == 1, "\(digest)")
            } else {
                #expect(line.contains(image.root.digest.text) && line.contains("\"layersChecked\":2"), "\(line)")
            }
        }
        #expect(run.errors.contains("layers: 2 checked"), "\(run)")
    }

    @Test func `at digest level everything is copied as it is`() async throws {
        let (source, target) = (try await registry(only: ["flipped", "wrong"]), try await Peer.embedded())
        for name in ["flipped", "wrong"] {
            let copy = try await Tool.transship("cp", "\(source.address)/\(name):1", "\(target.address)/\(name):1")
            #expect(copy.status == 0, "\(copy)")
        }
    }

    @Test func `cp looks into layers, too`() async throws {
        let (source, target) = (try await registry(only: ["sound", "cut"]), try await Peer.embedded())
        let sound = try await Tool.transship(
            "cp", "--verify", "gzip", "\(source.address)/sound:1", "\(target.address)/sound:1")
        #expect(sound.status == 0 && sound.errors.contains("layers: 2 checked"), "\(sound)")
        let cut = try await Tool.transship(
            "cp", "--verify", "gzip", "\(source.address)/cut:1", "\(target.address)/cut:1")
        #expect(cut.status == 1 && cut.errors.contains("ends in the middle"), "\(cut)")
    }

    @Test func `verify reads what is at a target and names every image that is not whole`() async throws {
        let (source, target) = (try await registry(), try await registry("m/"))
        let arguments = [try list(source), "--to", "\(target.address)/m", "--map", "repository"]

        let asked = try await Tool.verify(arguments)
        #expect(asked.status == 0, "\(asked)")
        #expect(
            asked.lines.count == Self.images.count && asked.lines.allSatisfy { $0.hasPrefix("whole\t") }, "\(asked)")

        let read = try await Tool.verify(arguments + ["--verify", "diffid"])
        #expect(read.status == 1, "\(read)")
        for (name, _, kind, evidence) in Self.images {
            let line = try #require(read.lines.first { $0.contains("\(source.address)/\(name):1") }, "\(read)")
            #expect(line.hasPrefix(kind == nil ? "whole\t" : "incomplete\t"), "\(line)")
            if kind != nil { #expect(read.errors.contains(evidence), "\(read)") }
        }
    }

    @Test func `verify of one image, and of a source and a target`() async throws {
        let source = try await registry(only: ["sound", "cut"])
        let (sound, cut) = ("\(source.address)/sound:1", "\(source.address)/cut:1")
        #expect(try await Tool.verify([sound, "--verify", "gzip"]).status == 0)
        let damaged = try await Tool.verify([cut, "--verify", "gzip", "--output", "json"])
        #expect(damaged.status == 3 && damaged.output.contains("\"kind\":\"corrupt\""), "\(damaged)")
        let other = try await Tool.verify([sound, cut])
        #expect(other.status == 3 && other.errors.contains("but the source is"), "\(other)")
        let missing = try await Tool.verify([sound, "\(source.address)/nosuch:1"])
        #expect(missing.status == 3 && missing.errors.contains("MANIFEST_UNKNOWN"), "\(missing)")
    }

    @Test func `verify finds a blob missing at the target`() async throws {
        let source = try await Peer.embedded()
        let target = try await Peer.dockerRegistry(scratch)
        try await Tool.seed(source.address, "--set", "tiny", "--scale", "0.002")
        let repository = try #require(try await Tool.transship("catalog", source.address).lines.first)
        let reference = try #require(try await Tool.transship("ls", "\(source.address)/\(repository)").lines.first)
        let copied = "\(target.address)/m/app:1"
        #expect(try await Tool.transship("cp", reference, copied).status == 0)
        #expect(try await Tool.verify([reference, copied]).status == 0)
        let damage = try await Damage(target, blobOf: copied, how: .removed)
        let after = try await Tool.verify([reference, copied])
        #expect(after.status == 3 && after.errors.contains("has no blob"), "\(after)")
        try damage.repair()
        let flip = try await Damage(target, blobOf: copied, how: .flipped)
        #expect(try await Tool.verify([reference, copied]).status == 0)
        let read = try await Tool.verify([reference, copied, "--verify", "gzip"])
        #expect(read.status == 3 && read.errors.contains("corrupt") || read.errors.contains("checksum"), "\(read)")
        // This registry keeps what it has of a digest, and takes the same digest once more without a word.
        let failures = "\(scratch.path)/damaged.txt"
        let sent = try await Tool.verify([reference, copied, "--verify", "diffid", "--repair", "--failures", failures])
        #expect(sent.status == 3, "\(sent)")
        #expect(sent.lines.map { $0.prefix(6) } == ["incomp", "copied", "incomp"], "\(sent)")
        #expect(sent.errors.contains("garbage collection"), "\(sent)")
        #expect(try String(contentsOfFile: failures, encoding: .utf8).contains("# corrupt: "))
        try flip.repair()
    }

    @Test func `a child that somebody deleted at a target is missed by verify, and brought back alone`() async throws {
        let (source, target) = (try await Peer.embedded(), try await Peer.embedded())
        try await Tool.seed(source.address, "--set", "multiarch", "--scale", "0.002")
        let repository = try #require(try await Tool.transship("catalog", source.address).lines.first)
        let reference = try #require(try await Tool.transship("ls", "\(source.address)/\(repository)").lines.first)
        let copied = "\(target.address)/m/app:1"
        let list = try scratch.write("repair.txt", "\(reference) \(copied)\n")
        #expect(try await Tool.transship("batch", list).status == 0)
        let index = try JSON(Array(try await Tool.transship("manifest", copied).output.utf8))
        let child = try #require(index["manifests"]?.array?.first?["digest"]?.string)
        let deleted = try await Tool.transship("delete", "\(target.address)/m/app@\(child)")
        #expect(deleted.status == 0, "\(deleted)")

        let (failures, report) = ("\(scratch.path)/not-whole.txt", "\(scratch.path)/verified.json")
        let missed = try await Tool.verify([list, "--failures", failures, "--report", report])
        #expect(missed.status == 3 && missed.output.hasPrefix("incomplete\t"), "\(missed)")
        #expect(try String(contentsOfFile: failures, encoding: .utf8).contains("# not-found: "))
        #expect(try String(contentsOfFile: report, encoding: .utf8).contains("\"exitStatus\":3"))
        let document = try JSON(Array(try String(contentsOfFile: report, encoding: .utf8).utf8))
        #expect(document["items"]?.array?.first?["audit"] == "incomplete")
        let trusting = try await Tool.transship("batch", list)
        #expect(trusting.output.hasPrefix("unchanged\t"), "\(trusting)")

        let repaired = try await Tool.transship("batch", list, "--repair")
        #expect(repaired.status == 0 && repaired.output.hasPrefix("copied\t"), "\(repaired)")
        #expect(repaired.output.hasSuffix("\t0\n"), "\(repaired)")
        #expect(try await Tool.verify([list]).status == 0)

        #expect(try await Tool.transship("delete", "\(target.address)/m/app@\(child)").status == 0)
        let both = try await Tool.verify([list, "--repair"])
        #expect(both.status == 0 && both.lines.map { $0.prefix(6) } == ["incomp", "copied", "whole\t"], "\(both)")
    }

    @Test func `a line whose tags cannot be listed fails alone, and the rest is looked at and repaired`() async throws {
        let (source, target) = (try await registry(only: ["sound", "wrong"]), try await Peer.embedded())
        let names = ["sound", "wrong"].map { "\(source.address)/\($0):1 \(target.address)/m/\($0):1\n" }
        let list = try scratch.write("list", names.joined() + "\(source.address)/gone:* \(target.address)/m/gone\n")
        let files = ["--failures", scratch.path + "/failed", "--report", scratch.path + "/run.json"]
        let first = try await Tool.verify([list] + files)
        #expect(first.status == 3, "\(first)")
        let words = first.output.split(separator: "\n").map { $0.prefix { $0 != "\t" } }.sorted()
        #expect(words == ["absent", "absent", "failed"], "\(first)")
        #expect(try scratch.read("failed").contains("/gone:*") && scratch.read("run.json").contains("/gone:*"))
        let repaired = try await Tool.verify([list, "--repair"])
        #expect(repaired.status == 1 && repaired.errors.contains("NAME_UNKNOWN"), "\(repaired)")
        let same = try await Tool.verify([
            list, "--failures", scratch.path + "/a.json", "--report", scratch.path + "/./a.json",
        ])
        #expect(same.status == 2 && same.errors.contains("name the same file"), "\(same)")
    }

    @Test func `verify refuses what it cannot make sense of, before it begins`() async throws {
        let list = try scratch.write("list.txt", "127.0.0.1:1/a:1\n")
        #expect(try await Tool.verify([list, "127.0.0.1:1/a:1"]).status == 2)
        #expect(try await Tool.verify(["127.0.0.1:1/a", "127.0.0.1:1/b", "127.0.0.1:1/c"]).status == 2)
        #expect(try await Tool.verify(["Bad/Name"]).status == 2)
        #expect(try await Tool.verify([]).status == 2)
        let nothing = try await Tool.verify([try scratch.write("none.txt", "# nothing\n")])
        #expect(
            nothing.status == 1 && nothing.errors == "error: the lists contain no images, so nothing was verified\n")
        #expect(try await Tool.verify([list, "--verify", "everything"]).status == 2)
    }
}

extension Tool {
    fileprivate static func verify(_ arguments: [String]) async throws -> Finished {
        try await run(products.appending(path: "transship").path, ["verify"] + arguments)
    }
}
