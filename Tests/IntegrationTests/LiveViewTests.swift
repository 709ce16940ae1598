// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import RegistryFaults
import RegistryServer
import Synchronization
import Testing

/// A run of the program that is watched while it goes on.
@Suite struct LiveViewTests {
    private struct Answer: Decodable {
        var status: Int
        var headers: [String: String]
        var body: String
    }

    private struct Found: Decodable {
        struct Event: Decodable {
            var event: String
        }

        struct End: Decodable {
            struct Data: Decodable { var outcome: String }
            var event: String
            var data: Data
        }

        enum Value: Decodable {
            case number(Int)
            case text(String)

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                self = try (try? container.decode(Int.self)).map(Value.number) ?? .text(container.decode(String.self))
            }
        }

        var first: Event
        var page: Answer
        var prometheus: Answer
        var openMetrics: Answer
        var health: Answer
        var head: Answer
        var post: Answer
        var foreign: Answer
        var absent: Answer
        var outside: Answer
        var families: [[String]]?
        var rows: [[Value]]
        var last: End
    }

    let scratch: Scratch
    let source: HeldRegistry

    init() async throws {
        scratch = try Scratch()
        source = try await HeldRegistry()
        try await source.seed(scratch.path + "/list")
    }

    private func batch(_ listen: String, _ more: [String] = []) async throws -> WatchedProcess {
        let target = try await Peer.embedded()
        return try await WatchedProcess(
            [
                "batch", scratch.path + "/list", "--to", target.address, "--map", "repository", "--journal", "none",
                "--progress", "none", "--listen", listen,
            ] + more, keeping: target)
    }

    private func found(_ run: WatchedProcess) async throws -> Found {
        let watched = try await Browser.run("live_run.py", run.address, source.address)
        try #require(watched.status == 0, "\(watched)")
        return try JSONDecoder().decode(Found.self, from: Data(watched.output.utf8))
    }

    @Test func `a run tells its page, events and metrics while it goes on, and its end, whoever does not read`()
        async throws
    {
        let run = try await batch("127.0.0.1:0")
        #expect(run.address.wholeMatch(of: #/http://127\.0\.0\.1:[0-9]+//#) != nil)
        let found = try await found(run)
        let finished = await run.finish()
        #expect(finished.status == 0, "\(finished)")
        #expect(found.first.event == "state" && found.last.event == "end" && found.last.data.outcome == "exit code 0")
        #expect(found.rows.count == finished.lines.count && found.rows.count > 3, "\(found.rows)")

        #expect(found.page.status == 200 && found.page.body.contains("<h2>Progress</h2>"))
        #expect(found.page.headers["content-security-policy"]?.contains("default-src 'none'") == true)
        #expect(
            found.page.headers["access-control-allow-origin"] == nil
                && found.page.headers["cache-control"] == "no-store")
        #expect(found.head.status == 200 && found.head.body == "" && found.health.body == "ok\n")
        #expect(found.post.status == 405 && found.post.headers["allow"] == "GET, HEAD")
        #expect(found.foreign.status == 421 && found.absent.status == 404 && found.outside.status == 404)
    }

    @Test func `metrics name no repository, and both forms say the same`() async throws {
        let run = try await batch("127.0.0.1:0")
        let found = try await found(run)
        _ = await run.finish()
        let (plain, open) = (found.prometheus, found.openMetrics)
        #expect(plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(open.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8")
        #expect(open.body.hasSuffix("# EOF\n") && !plain.body.contains("# EOF"))
        let samples = { (text: String) in
            Set(text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.prefix { $0 != " " } })
        }
        #expect(samples(plain.body) == samples(open.body))
        #expect(plain.body.contains("transship_run_info{command=\"batch\","))
        #expect(plain.body.contains("transship_requests_in_flight{registry=\"\(source.address)\"}"))
        #expect(!plain.body.contains("sha256") && !plain.body.contains("library/") && !plain.body.contains("tiny"))
        let page = try Checkout().text("docs/guides/watching.md")
        for name in Set(samples(plain.body).map { $0.prefix { $0 != "{" } }) {
            #expect(page.contains("| `\(name)` |"), "docs/guides/watching.md lists the metrics")
        }
        if let families = found.families { #expect(families[0].count == families[1].count && families[0].count > 12) }
    }

    @Test func `beyond this machine the address holds a token, which nothing else says`() async throws {
        let run = try await batch("0.0.0.0:0", ["--report", scratch.path + "/run.json", "--quiet"])
        let token = try #require(run.address.firstMatch(of: #/:[0-9]+/([0-9a-f]{32})/$/#)).output.1
        let found = try await found(run)
        let finished = await run.finish()
        #expect(finished.status == 0 && found.foreign.status == 200, "\(finished)")
        #expect(found.outside.status == 404 && found.last.data.outcome == "exit code 0")
        #expect(!(try scratch.read("run.json")).contains(token) && !found.page.body.contains(token))
        #expect(finished.errors.split(separator: "\n").count { $0.contains(token) } == 1)
    }

    @Test func `a usage error is told without an address that nobody can watch`() async throws {
        let list = try scratch.write("object.json", "\n  {\"images\": [\"redis:7\"]}\n")
        for command in ["batch", "verify"] {
            let run = try await Tool.transship(command, list, "--to", "127.0.0.1:1/m", "--listen", "127.0.0.1:0")
            #expect(
                run.status == 2
                    && run.errors
                        == "error: \(list): this is JSON, not a list of images\nhint: a list is text, one image a line: "
                        + "SRC, or SRC and DST, such as: redis:7 registry.example/mirror/redis:7\n",
                "\(run)")
        }
    }

    @Test func `a port in use is told before the run begins`() async throws {
        let (descriptor, port) = try Peer.bound()
        defer { close(descriptor) }
        _ = listen(descriptor, 1)
        let run = try await Tool.transship(
            "batch", scratch.path + "/list", "--to", "127.0.0.1:1", "--listen", "127.0.0.1:\(port)")
        #expect(run.status == 2 && run.output.isEmpty)
        #expect(
            run.errors.hasPrefix("error: cannot listen at 127.0.0.1:\(port): address already in use\nhint: "), "\(run)")
        let words = try await Tool.transship("batch", scratch.path + "/list", "--to", "r.io/x", "--listen", "9000")
        #expect(words.status == 2 && words.errors.hasPrefix("error: --listen \"9000\" is not HOST:PORT"), "\(words)")
    }

    @Test func `a signal ends the run and its page`() async throws {
        let run = try await batch("127.0.0.1:0")
        let events = try await Browser.run("live_end.py", run.address, "\(run.processIdentifier)")
        let finished = await run.finish()
        #expect(finished.status == 130, "\(finished)")
        #expect(events.output == "exit code 130\n", "\(events)")
    }

    @Test func `verify can be watched as well`() async throws {
        source.open()
        let image = try String(contentsOfFile: scratch.path + "/list", encoding: .utf8).split(separator: "\n")[0]
        let run = try await WatchedProcess(["verify", String(image), "--listen", "127.0.0.1:0"])
        let finished = await run.finish()
        #expect(finished.status == 0 && finished.output.hasPrefix("whole\t"), "\(finished)")
    }

    @Test(.enabled(if: Browser.isThere)) func `a page says when its run is gone, and keeps what it has`() async throws {
        let run = try await batch("127.0.0.1:0")
        let lost = try await Browser.run("live_lost.py", run.address, "\(run.processIdentifier)")
        #expect(lost.output.wholeMatch(of: /lost [0-9]+\n/) != nil && lost.output != "lost 0\n", "\(lost)")
        source.open()
        #expect(await run.finish().status == SIGKILL)
    }

    @Test(.enabled(if: Browser.isThere))
    func `in a browser the page follows the run to its end without being loaded again`()
        async throws
    {
        struct View: Decodable {
            var before: [String: Int]
            var after: [String: Int]
            var linkBefore: String
            var linkAfter: String
            var headings: [String]
            var isOpen: Bool
            var focus: String
            var loads: Int
            var console: [String]
            var violations: [String]
            var unfit: [String]
            var title: String
        }
        let run = try await batch("127.0.0.1:0")
        let folder = ProcessInfo.processInfo.environment["SCREENSHOTS"] ?? scratch.path
        let watched = try await Browser.run("live_page.py", run.address, source.address, folder)
        try #require(watched.status == 0, "\(watched)")
        let finished = await run.finish()
        #expect(finished.status == 0)
        let view = try JSONDecoder().decode(View.self, from: Data(watched.output.utf8))
        let count = finished.lines.count
        #expect(view.before["unfinished"] ?? 0 > 0 && view.after == ["copied": count], "\(view)")
        #expect(view.linkBefore == "Live: this page follows the run.")
        #expect(view.linkAfter == "The run has ended: exit code 0. This page changes no more.")
        #expect(view.headings.contains("Progress") && view.headings.contains("Bytes of blobs"))
        #expect(
            view.loads == 1 && view.console == [] && view.violations == [] && view.unfit == []
                && view.title == "100 % – transship")
        #expect(view.isOpen && view.focus == "SUMMARY", "what a reader opened stays open and keeps the focus")
    }
}

/// A registry in this process that gives no blob but the first ones until somebody asks it for `/open`.
final class HeldRegistry: Sendable {
    private let server: RegistryServer
    private let gate: Gate
    var address: String { server.authority }

    init() async throws {
        let gate = Gate()
        var configuration = RegistryConfiguration()
        configuration.wrap = { HeldResponder(base: $0, gate: gate) }
        server = try await RegistryServer.start(configuration)
        self.gate = gate
    }

    func seed(_ list: String) async throws {
        try await Tool.seed(address, "--set", "tiny", "--scale", "0.01", "--images-file", list)
    }

    func open() { gate.open() }
}

private struct HeldResponder: RegistryResponder {
    /// A run can show that bytes move before it is held.
    static let given = 4

    let base: any RegistryResponder
    let gate: Gate

    func respond(to request: RegistryRequest) async -> RegistryResponse {
        if request.path == "/open" {
            gate.open()
            return RegistryResponse(.ok)
        }
        if request.method == .GET, RequestMatch.Subject(request) == .blob { await gate.pass(afterFirst: Self.given) }
        return await base.respond(to: request)
    }
}

/// Closed at first; the first few pass all the same.
private final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var count = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func pass(afterFirst count: Int) async {
        await withCheckedContinuation { continuation in
            let passes = state.withLock { state in
                state.count += 1
                if state.isOpen || state.count <= count { return true }
                state.waiting.append(continuation)
                return false
            }
            if passes { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume() }
    }
}

/// The program, from the line that says where it can be watched.
final class WatchedProcess: Sendable {
    private static let mark = "watch this run at "

    let address: String
    private let process = Process()
    private let lines: AsyncStream<String>
    private let said: [String]
    private let output = Pipe()
    private let kept: Peer?

    /// - Parameter kept: what the program needs as long as it runs.
    init(_ arguments: [String], keeping kept: Peer? = nil) async throws {
        self.kept = kept
        let errors = Pipe()
        process.executableURL = Tool.products.appending(path: "transship")
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = errors
        try process.start()
        lines = Peer.lines(of: errors)
        var said: [String] = []
        for await line in lines {
            said.append(line)
            if line.hasPrefix(Self.mark) { break }
        }
        let last = try #require(said.last, "the program says nothing")
        try #require(last.hasPrefix(Self.mark), "\(said)")
        address = String(last.dropFirst(Self.mark.count))
        self.said = said
    }

    var processIdentifier: Int32 { process.processIdentifier }

    func finish() async -> Finished {
        var said = said
        // Results are small enough for a pipe: nobody has to read them before the end.
        for await line in lines { said.append(line) }
        process.waitUntilExit()
        let text = String(decoding: output.readToEnd(), as: UTF8.self)
        return Finished(status: process.terminationStatus, output: text, errors: said.joined(separator: "\n"))
    }
}
