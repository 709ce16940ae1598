// SPDX-License-Identifier: Apache-2.0

import Foundation
import ProtocolCases
import Testing

/// One list in which much goes wrong: the rest arrives, each failure is explained, and the repaired rest follows.
@Suite struct FailureListTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test(.covers("L31"))
    func `damaged, missing, unknown, unreachable and refused items fail alone, and the next run finishes`()
        async throws
    {
        let source = try await Peer.dockerRegistry(scratch, name: "source")
        let target = try await Peer.dockerRegistry(scratch, name: "target")
        let users = try scratch.write("users", "bob:secret\n")
        let locked = try await Peer.embedded("--users", users)
        try await Tool.seed(source.address, "--set", "tiny", "--scale", "0.003")
        let images = try await references(source.address)
        try #require(images.count == 3, "\(images)")
        let (good, damaged, missing) = (images[0], images[1], images[2])
        let deadPort = try Peer.freePort()
        let damage = try await Damage(source, blobOf: damaged, how: .flipped)
        let loss = try await Damage(source, blobOf: missing, how: .removed)

        let list = try scratch.write(
            "list.txt",
            """
            \(good) \(target.address)/m/good:1
            \(damaged) \(target.address)/m/damaged:1
            \(missing) \(target.address)/m/missing:1
            \(good)-nosuch \(target.address)/m/wrongtag:1
            127.0.0.1:\(deadPort)/a/b:1 \(target.address)/m/unreachable:1
            \(good) \(locked.address)/m/refused:1
            """)
        let run = try await Tool.transship("batch", list, "--failures", "\(scratch.path)/failed.txt")
        // One registry refuses all that it is to take.
        #expect(run.status == 5, "\(run)")
        #expect(run.lines.count(where: { $0.hasPrefix("copied\t") }) == 1, "\(run)")
        #expect(run.lines.count(where: { $0.hasPrefix("failed\t") }) == 5, "\(run)")
        let failures = try scratch.read("failed.txt").split(separator: "\n").map(String.init)
        for (target, kind) in [
            ("damaged", "corrupt"), ("missing", "not-found"), ("wrongtag", "not-found"),
            ("unreachable", "unreachable"), ("refused", "unauthorized"),
        ] {
            #expect(failures.contains { $0.contains("/m/\(target):1") && $0.contains("# \(kind): ") }, "\(failures)")
        }
        #expect(run.errors.contains("target: ") && run.errors.contains("source: "), "\(run)")

        try damage.repair()
        try loss.repair()
        let retag = try await Tool.transship("cp", good, "\(good)-nosuch")
        #expect(retag.status == 0, "\(retag)")
        let late = try await Peer.lateRegistry(port: deadPort)
        let copied = try await Tool.transship("cp", good, "\(late.address)/a/b:1")
        #expect(copied.status == 0, "\(copied)")
        let config = try scratch.write(
            "config.json", "{\"auths\":{\"\(locked.address)\":{\"username\":\"bob\",\"password\":\"secret\"}}}")
        #expect(!config.isEmpty)
        let again = try await Tool.transship(
            "batch", "\(scratch.path)/failed.txt", "--failures", "\(scratch.path)/failed.txt",
            environment: ["DOCKER_CONFIG": scratch.path])
        #expect(again.status == 0, "\(again)")
        #expect(again.lines.count == 5)
        #expect(try scratch.read("failed.txt").isEmpty)
    }

    @Test func `a bad line stops everything before it begins`() async throws {
        let list = try scratch.write("list.txt", "127.0.0.1:1/ok:1 127.0.0.1:1/x:1\nBad/Name:1 127.0.0.1:1/y:1\n")
        let run = try await Tool.transship("batch", list)
        #expect(run.status == 2 && run.output.isEmpty, "\(run)")
        #expect(run.errors.contains("list.txt:2:1"), "\(run)")
    }

    @Test func `usage errors end with 2 for batch and 1 for cp`() async throws {
        #expect(try await Tool.transship("batch").status == 2)
        #expect(try await Tool.transship("batch", "--nosuch", "x").status == 2)
        #expect(try await Tool.transship("batch", "\(scratch.path)/nosuch.txt", "--to", "127.0.0.1:1").status == 2)
        #expect(try await Tool.transship("cp", "only-one").status == 1)
        let bad = try await Tool.transship("cp", "Bad", "127.0.0.1:1/x")
        #expect(
            bad.status == 1 && bad.errors.contains("Error: parsing reference \"Bad\": could not parse reference: Bad"),
            "\(bad)")
    }

    @Test func `an unknown command names the help, and every command has help of its own`() async throws {
        let unknown = try await Tool.transship("frobnicate")
        #expect(
            unknown.status == 2 && unknown.errors.contains("hint: transship --help names all commands"), "\(unknown)")
        for command in [
            ["cp"], ["batch"], ["verify"], ["digest"], ["manifest"], ["ls"], ["catalog"], ["registry", "serve"],
        ] {
            let help = try await Tool.run(
                Tool.products.appending(path: "transship").path, command + ["--help"])
            #expect(help.status == 0 && help.errors.isEmpty, "\(help)")
            let text = help.output.lowercased()
            let usage = text.replacing(/usage\s+/, with: "usage: ")
            #expect(usage.contains("usage: transship \(command.joined(separator: " "))"), "\(help)")
            #expect(text.contains("example") && text.contains("exit codes"), "\(help)")
        }
    }

    @Test func `a list comes from standard input`() async throws {
        let registry = try await Peer.embedded()
        try await Tool.seed(registry.address, "--set", "tiny", "--scale", "0.001")
        let images = try await references(registry.address)
        let run = try await Tool.transship(
            "batch", "-", "--to", "\(registry.address)/m", "--map", "repository", input: images[0] + "\n")
        #expect(run.status == 0 && run.lines.count == 1, "\(run)")
    }

    @Test(.covers("L23")) func `an interrupted run ends with 130 and lists what did not arrive`() async throws {
        let silent = try SilentHost()
        let list = try scratch.write("list.txt", "\(silent.address)/a:1 \(silent.address)/b:1\n")
        let failures = "\(scratch.path)/failed.txt"
        let run = try await Tool.interrupted(
            ["batch", list, "--failures", failures, "-v"], once: "-->")
        #expect(run.status == 130, "\(run)")
        #expect(run.errors.contains("1 not finished"), "\(run)")
        #expect(try scratch.read("failed.txt").hasPrefix("\(silent.address)/a:1 \(silent.address)/b:1 # cancelled"))
    }

    private func references(_ registry: String) async throws -> [String] {
        var result: [String] = []
        for repository in try await Tool.transship("catalog", registry).lines {
            result += try await Tool.transship("ls", "\(registry)/\(repository)").lines
        }
        return result
    }
}

/// Something done to a blob's file in a docker-registry's folder, and undone.
struct Damage {
    enum Kind {
        case flipped
        case removed
    }

    private let file: String
    private let original: Data

    /// Takes the first layer of the image.
    init(_ registry: Peer, blobOf reference: String, how: Kind) async throws {
        let manifest = try await Tool.transship("manifest", reference)
        let document = try JSONSerialization.jsonObject(with: Data(manifest.output.utf8)) as? [String: Any]
        let layers = try #require(document?["layers"] as? [[String: Any]])
        let digest = try #require(layers.first?["digest"] as? String).dropFirst("sha256:".count)
        file = "\(registry.folder)/docker/registry/v2/blobs/sha256/\(digest.prefix(2))/\(digest)/data"
        original = try Data(contentsOf: URL(filePath: file))
        var changed = original
        switch how {
        case .flipped:
            changed[changed.count / 2] ^= 1
            try changed.write(to: URL(filePath: file))
        case .removed: try FileManager.default.removeItem(atPath: file)
        }
    }

    func repair() throws { try original.write(to: URL(filePath: file)) }
}

extension Peer {
    /// Our registry at a port that was dead before.
    static func lateRegistry(port: Int) async throws -> Peer { try await embedded("--address", "127.0.0.1:\(port)") }
}

/// A host that takes connections and never says a word.
final class SilentHost: Sendable {
    let address: String
    private let descriptor: Int32

    init() throws {
        let port: Int
        (descriptor, port) = try Peer.bound()
        address = "127.0.0.1:\(port)"
        try #require(listen(descriptor, 16) == 0)
    }

    deinit { close(descriptor) }
}
