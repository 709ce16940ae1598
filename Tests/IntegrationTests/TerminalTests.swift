// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Progress as a terminal gets it.
@Suite struct TerminalTests {
    private func list(_ source: Peer, _ scratch: Scratch) async throws -> String {
        let list = scratch.path + "/list"
        try await Tool.seed(source.address, "--set", "tiny", "--scale", "0.001", "--images-file", list)
        return list
    }

    /// Slow enough to be seen.
    private func run(_ width: Int, _ more: [String] = [], environment: [String: String] = [:]) async throws
        -> TerminalRun
    {
        let (source, target, scratch) = (try await Peer.embedded(), try await Peer.embedded(), try Scratch())
        let list = try await list(source, scratch)
        let run = try TerminalRun(
            [
                "batch", list, "--to", target.address, "--map", "repository", "--journal", "none", "--limit-rate",
                "40KiB",
            ]
                + more, width: width, environment: environment)
        kept.append((source, target, scratch))
        return run
    }

    private let kept = Kept()

    @Test(arguments: [40, 80, 200]) func `a block is drawn in its place and gone at the end`(width: Int) async throws {
        let run = try await run(width)
        var most = 0
        let status = run.finish { lines in
            most = max(most, lines.count { $0.contains(" requests") || $0.contains("/64") })
        }
        #expect(status == 0, "\(run.screen.lines)")
        #expect(most > 0, "\(run.moments.suffix(3))")
        // What stays are whole notes, and the line with the sum.
        #expect(
            run.screen.lines.contains { $0.contains("copied") } && run.screen.lines.last == "", "\(run.screen.lines)")
        #expect(
            !run.screen.lines.contains { $0.hasPrefix("copying") || $0.contains("unknown sequence") },
            "\(run.screen.lines)")
    }

    @Test func `Ctrl-C leaves nothing of the block behind`() async throws {
        let run = try await run(80)
        var isInterrupted = false
        let status = run.finish { lines in
            guard !isInterrupted, lines.contains(where: { $0.hasPrefix("copying") }) else { return }
            isInterrupted = true
            run.interrupt()
        }
        #expect(isInterrupted && status == 130)
        #expect(!run.screen.lines.contains { $0.hasPrefix("copying") }, "\(run.screen.lines)")
        #expect(run.screen.lines.contains { $0.hasPrefix("stopping;") })
    }

    @Test(arguments: [
        (["plan"], "planning"), (["check"], "checking"), (["verify"], "verifying"), (["batch", "--repair"], "copying"),
    ])
    func `Ctrl-C leaves nothing behind of any command's block`(words: [String], verb: String) async throws {
        let (source, target, scratch) = (try await Peer.embedded(), try await Peer.embedded(), try Scratch())
        let list = scratch.path + "/list"
        try await Tool.seed(source.address, "--set", "tiny", "--scale", "0.02", "--images-file", list)
        let slowly = [source, target].flatMap { ["--requests", "\($0.address)=1/s"] }
        let run = try TerminalRun(
            words + [list, "--to", target.address, "--map", "repository"] + slowly, width: 80)
        var isInterrupted = false
        let status = run.finish { lines in
            guard !isInterrupted, lines.contains(where: { $0.hasPrefix(verb + "  ") }) else { return }
            isInterrupted = true
            run.interrupt()
        }
        #expect(isInterrupted && status == 130, "\(run.moments.suffix(3))")
        #expect(
            !run.screen.lines.contains { $0.hasPrefix(verb + "  ") || $0.contains("requests under way") },
            "\(run.screen.lines)")
        kept.append((source, target, scratch))
    }

    @Test(arguments: [["TERM": "dumb"], ["TERM": "xterm", "NO_COLOR": "1"]])
    func `a dumb terminal gets no control sequences, and NO_COLOR no colours`(environment: [String: String])
        async throws
    {
        let run = try await run(80, environment: environment)
        #expect(run.finish() == 0)
        #expect(environment["TERM"] == "dumb" ? !run.raw.contains("\u{1B}") : !run.raw.contains("m\u{1B}[0m"))
    }

    @Test func `quiet says nothing where nothing fails`() async throws {
        let run = try await run(80, ["--quiet"])
        #expect(run.finish() == 0 && run.raw.isEmpty, "\(run.raw)")
    }

    @Test func `where progress is JSON, all of standard error is objects, one a line, and the summary has its numbers`()
        async throws
    {
        let run = try await run(80, ["--progress", "json"])
        #expect(run.finish() == 0)
        let lines = run.raw.split(whereSeparator: \.isNewline)
        let objects = lines.compactMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
        #expect(!lines.isEmpty && objects.count == lines.count, "\(run.raw)")
        #expect(objects.count { $0["final"] as? Bool == true } == 1)
        let summary = objects.first { $0["message"] as? String == "summary" }
        #expect(summary?["items"] is Int && summary?["copied"] is Int && summary?["bytesSent"] is Int, "\(run.raw)")
    }
}

/// Peers and folders that live as long as a test.
private final class Kept {
    private var things: [Any] = []
    func append(_ thing: Any) { things.append(thing) }
}
