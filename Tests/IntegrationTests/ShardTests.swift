// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// One list, several processes that know nothing of each other.
@Suite struct ShardedRunTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func fleet(_ registry: Peer, scale: String = "0.1") async throws -> String {
        let list = "\(scratch.path)/images.txt"
        try await Tool.seed(registry.address, "--set", "fleet", "--scale", scale, "--images-file", list)
        return list
    }

    private func lines(_ list: String) throws -> [String] {
        try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// Column of bytes sent, summed.
    private func sent(_ lines: [String]) -> Int {
        lines.reduce(0) { $0 + (Int($1.split(separator: "\t").last ?? "") ?? 0) }
    }

    private func unsharded(_ list: String) async throws -> Int {
        let target = try await Peer.embedded()
        let run = try await Tool.transship("batch", list, "--to", target.address, "--map", "repository")
        try #require(run.status == 0, "\(run)")
        return sent(run.lines)
    }

    @Test(arguments: [true, false])
    func `eight shards do exactly the list and send at most a tenth more`(atOnce: Bool) async throws {
        let source = try await Peer.embedded()
        let target = try await Peer.embedded()
        let list = try await fleet(source)
        let whole = try await unsharded(list)
        @Sendable func run(_ shard: Int) async throws -> Finished {
            try await Tool.transship(
                "batch", list, "--to", target.address, "--map", "repository", "--shard", "\(shard)/8")
        }
        var runs: [Finished] = []
        if atOnce {
            runs = try await withThrowingTaskGroup(of: Finished.self) { group in
                for shard in 0..<8 { group.addTask { try await run(shard) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        } else {
            for shard in 0..<8 { runs.append(try await run(shard)) }
        }
        for run in runs { #expect(run.status == 0, "\(run)") }
        let arrived = runs.flatMap(\.lines).map { String($0.split(separator: "\t")[1]) }
        #expect(arrived.sorted() == (try lines(list)).sorted())
        #expect(runs.count { !$0.lines.isEmpty } >= 5)
        #expect(Double(runs.reduce(0) { $0 + sent($1.lines) }) <= 1.1 * Double(whole))
        let check = try await Tool.transship("batch", list, "--to", target.address, "--map", "repository")
        #expect(check.lines.allSatisfy { $0.hasPrefix("unchanged\t") }, "\(check)")
    }

    @Test(arguments: [
        (["--shards", "2"], "JOB_COMPLETION_INDEX"), ([], "CLOUD_RUN_TASK_INDEX"),
    ])
    func `the environment of a job says which shard this is`(options: [String], name: String) async throws {
        let source = try await Peer.embedded()
        let target = try await Peer.embedded()
        let list = try await fleet(source, scale: "0.02")
        var arrived: [String] = []
        for index in 0..<2 {
            let run = try await Tool.run(
                Tool.products.appending(path: "transship").path,
                ["batch", list, "--to", target.address, "--map", "repository"] + options,
                environment: [name: "\(index)", "CLOUD_RUN_TASK_COUNT": "2"])
            #expect(run.status == 0, "\(run)")
            arrived += run.lines.map { String($0.split(separator: "\t")[1]) }
        }
        #expect(arrived.sorted() == (try lines(list)).sorted())
    }

    @Test func `what cannot be read fails in one shard, the same each time`() async throws {
        let source = try await Peer.embedded()
        let target = try await Peer.embedded()
        let list = try await fleet(source, scale: "0.02")
        let missing = "\(source.address)/no/such:1"
        let withMissing = try scratch.write(
            "list.txt", try lines(list).joined(separator: "\n") + "\n\(missing)\n\(source.address)/fleet/app0:9*\n")
        for _ in 0..<2 {
            var failed: [String] = []
            for shard in 0..<3 {
                let run = try await Tool.transship(
                    "batch", withMissing, "--to", target.address, "--map", "repository", "--shard", "\(shard)/3")
                failed += run.lines.filter { $0.hasPrefix("failed\t") }.map { String($0.split(separator: "\t")[1]) }
            }
            #expect(failed.sorted() == ["\(source.address)/fleet/app0:9*", missing].sorted())
        }
    }

    @Test(arguments: [
        (["--shard", "8/8"], "shards count from 0, so they are 0/8 to 7/8"),
        (["--shard", "x"], "is not a shard: write I/N"),
        (["--shards", "8"], "nothing says which one this is"),
        (["--shard", "1/4", "--shards", "8"], "disagree"),
    ])
    func `what names no shard is refused before anything is tried`(options: [String], message: String) async throws {
        let list = try scratch.write("list.txt", "127.0.0.1:1/a:1 127.0.0.1:1/b:1\n")
        let run = try await Tool.run(Tool.products.appending(path: "transship").path, ["batch", list] + options)
        #expect(run.status == 2 && run.errors.contains(message), "\(run)")
    }
}
