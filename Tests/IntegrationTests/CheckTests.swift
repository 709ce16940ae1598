// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `check`, against registries that let in, and such that do not.
@Suite struct CheckTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func check(_ arguments: String..., environment: [String: String] = [:]) async throws -> Finished {
        let home = [
            "HOME": scratch.path, "DOCKER_CONFIG": scratch.path + "/no-config", "XDG_RUNTIME_DIR": scratch.path,
        ]
        return try await Tool.run(
            Tool.products.appending(path: "transship").path, ["check"] + arguments,
            environment: home.merging(environment) { _, new in new })
    }

    /// Columns of the table's line for a repository.
    private func answer(_ finished: Finished, _ repository: String) -> [String] {
        let line = finished.lines.first { $0.hasPrefix(repository + " ") } ?? ""
        return line.components(separatedBy: "  ").filter { !$0.isEmpty }.dropFirst().map {
            $0.trimmingCharacters(in: .whitespaces)
        }
    }

    private func source() async throws -> Peer {
        let peer = try await Peer.embedded()
        try await Tool.seed(peer.address, "--set", "shapes")
        return peer
    }

    @Test func `each repository is asked once, nothing is fetched and nothing is left behind`() async throws {
        let log = scratch.path + "/access.jsonl"
        let (source, target) = (try await source(), try await Peer.embedded("--access-log", log))
        let list = try scratch.write(
            "list.txt",
            """
            \(source.address)/shapes/oci:v1 \(target.address)/m/oci:v1
            \(source.address)/shapes/oci:latest \(target.address)/m/oci:latest
            \(source.address)/shapes/zstd:v1 \(target.address)/m/zstd:v1

            """)
        let finished = try await check(list)
        #expect(finished.status == 0, "\(finished)")
        #expect(finished.lines.count == 5, "\(finished)")
        #expect(answer(finished, "\(source.address)/shapes/oci") == ["pull", "ok", "none"])
        #expect(answer(finished, "\(target.address)/m/oci") == ["push", "ok", "none"])
        #expect(finished.errors == "4 questions: 4 ok\n")
        let requests = try scratch.read("access.jsonl").split(separator: "\n")
        #expect(requests.count { $0.contains("\"POST\"") } == 2)
        #expect(requests.count { $0.contains("\"DELETE\"") } == 2)
        let catalog = try await Tool.transship("catalog", target.address)
        #expect(catalog.output.isEmpty, "\(catalog)")
    }

    @Test func `what a side refuses is listed for the next run`() async throws {
        let (source, target) = (try await source(), try await Peer.embedded())
        let closed = try await Peer.embedded("--users", try scratch.write("closed", "ann:secret\n"))
        let open = "\(source.address)/shapes/oci:v1 \(target.address)/m/oci:v1"
        let (unread, unwritten) = (
            "\(closed.address)/app:1 \(target.address)/m/app:1",
            "\(source.address)/shapes/oci:v1 \(closed.address)/m/oci:v1"
        )
        let list = try scratch.write("list.txt", "\(open)\n\(unread)\n\(unwritten)\n")
        let finished = try await check(list, "--failures", scratch.path + "/left.txt")
        #expect(finished.status == 5, "\(finished)")
        let left = try scratch.read("left.txt").split(separator: "\n").map { $0.components(separatedBy: " # ") }
        #expect(left.map { $0[0] } == [unread, unwritten], "\(left)")
        #expect(left.allSatisfy { $0[1].hasPrefix("unauthorized: ") }, "\(left)")
        #expect(try await check(scratch.path + "/left.txt").status == 5)

        let single = try await check("\(source.address)/shapes/oci:v1", "--failures", scratch.path + "/none.txt")
        #expect(single.status == 2 && single.errors.contains("--failures is a list of copies"), "\(single)")
    }

    @Test func `an image that is missing is listed, and others of its repository are not`() async throws {
        let (source, target) = (try await source(), try await Peer.embedded())
        let lines = ["gone", "v1", "latest"].map {
            "\(source.address)/shapes/oci:\($0) \(target.address)/m/oci:\($0)"
        }
        let list = try scratch.write("list.txt", lines.joined(separator: "\n") + "\n")
        let finished = try await check(list, "--failures", scratch.path + "/left.txt")
        #expect(finished.status == 1, "\(finished)")
        let left = try scratch.read("left.txt").split(separator: "\n").map { $0.components(separatedBy: " # ") }
        #expect(left.map { $0[0] } == [lines[0]], "\(left)")
    }

    @Test func `a registry that refuses is told from one that lets in, with the login that was used`() async throws {
        let users = try scratch.write("users", "ann:secret\n")
        let (source, locked) = (try await source(), try await Peer.embedded("--users", users, "--token-auth"))
        let image = "\(source.address)/shapes/oci:v1"
        let refused = try await check(image, "\(locked.address)/m/oci:v1")
        #expect(refused.status == 5, "\(refused)")
        #expect(answer(refused, "\(locked.address)/m/oci") == ["push", "refused", "none"], "\(refused)")
        #expect(refused.errors.contains("hint: no login for \(locked.address) was found"))

        let entry = Data("ann:secret".utf8).base64EncodedString()
        _ = try scratch.write("config.json", #"{"auths":{"\#(locked.address)":{"auth":"\#(entry)"}}}"#)
        let login = ["DOCKER_CONFIG": scratch.path]
        let open = try await check(image, "\(locked.address)/m/oci:v1", environment: login)
        #expect(open.status == 0, "\(open)")
        #expect(
            answer(open, "\(locked.address)/m/oci") == ["push", "ok", scratch.path + "/config.json"], "\(open)")
    }

    @Test func `what is missing fails alone`() async throws {
        let (source, target) = (try await source(), try await Peer.embedded())
        let finished = try await check("\(source.address)/nosuch:v1", "\(target.address)/m:v1", "--output", "json")
        #expect(finished.status == 1, "\(finished)")
        #expect(finished.lines.first?.contains(#""status":"missing""#) == true, "\(finished)")
        #expect(finished.lines.last?.contains(#""access":"push""#) == true)
        #expect(finished.errors.contains("error: pull \(source.address)/nosuch:v1: "))
    }

    @Test func `a registry that only reads takes no push`() async throws {
        let (source, frozen) = (try await source(), try await Peer.embedded("--read-only"))
        let finished = try await check("\(source.address)/shapes/oci:v1", "\(frozen.address)/m:v1")
        #expect(finished.status == 1, "\(finished)")
        #expect(answer(finished, "\(frozen.address)/m").first == "push")
        #expect(!finished.output.contains("push  ok"), "\(finished)")
    }

    @Test func `a layout folder is looked at and not made`() async throws {
        let source = try await source()
        let folder = scratch.path + "/new/layout"
        let finished = try await check("\(source.address)/shapes/oci:v1", "oci:\(folder):v1")
        #expect(finished.status == 0, "\(finished)")
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/new"))
        let file = try scratch.write("file", "")
        let inFile = try await check("\(source.address)/shapes/oci:v1", "oci:\(file)/layout:v1")
        #expect(inFile.status == 1, "\(inFile)")
    }

    @Test func `three images are no question`() async throws {
        let finished = try await check("a", "b", "c")
        #expect(finished.status == 2)
        #expect(finished.errors == "error: 3 images were given: give one, or a source and a target\n")
    }
}
