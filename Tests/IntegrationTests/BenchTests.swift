// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import RegistryFaults
import RegistryServer
import Testing

/// `transship bench`, on registries that run.
@Suite struct BenchTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// Phases that end when their bytes are used up.
    private static let options =
        [
            "--repetitions", "2", "--bytes", "256KiB", "--blob-size", "64KiB", "--piece-size", "16KiB", "--connections",
            "2", "--seconds", "600",
        ]
        + ["blob-put", "blob-pieces", "blob-get", "blob-ranges", "small-put", "small-get"].flatMap { ["--phase", $0] }

    private func bench(_ registry: Peer, _ arguments: String...) async throws -> Finished {
        try await Tool.run(
            Tool.products.appending(path: "transship").path,
            ["bench", "registry", "http://\(registry.address)"] + Self.options + arguments)
    }

    private func members(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test(arguments: [true, false])
    func `a registry is measured in every phase, and nothing is left in it`(isEmbedded: Bool) async throws {
        let registry = try await isEmbedded ? Peer.embedded() : Peer.dockerRegistry(scratch)
        let finished = try await bench(registry, "--format", "json", "--report", "\(scratch.path)/page.html")
        #expect(finished.status == 0, "\(finished)")
        let report = try members(finished.output)
        #expect(report["format"] as? String == "transship-bench-registry-1")
        let phases = try #require(report["phases"] as? [[String: Any]])
        #expect(phases.count == 6)
        for phase in phases {
            let samples = try #require(phase["repetitions"] as? [[String: Any]])
            #expect(samples.count == 2 && samples.allSatisfy { $0["bytes"] as? Int == 256 << 10 }, "\(phase)")
            #expect((phase["latency"] as? [String: Double])?["p999"] ?? 0 > 0)
        }
        #expect((report["leftBehind"] as? [String: Any])?["blobs"] as? Int == 0, "\(finished)")
        #expect(try scratch.read("page.html").contains("<svg"))
    }

    @Test(.enabled(if: Browser.isThere))
    func `charts of a measurement fit every screen from 320 pixels on, with letters that can be read`() async throws {
        let registry = try await Peer.embedded()
        let page = "\(scratch.path)/bench.html"
        let finished = try await Tool.transship(
            "bench", "registry", registry.address, "--blob-size", "64KiB", "--piece-size", "16KiB", "--bytes", "256KiB",
            "--seconds", "1", "--repetitions", "2", "--pid", "\(ProcessInfo.processInfo.processIdentifier)", "--report",
            page)
        #expect(finished.status == 0, "\(finished)")
        let found = try await Browser.fit(page, scratch)
        #expect(found.charts == 5 && found.unfit == [])
    }

    @Test func `what the registry keeps is told, and what it does not offer`() async throws {
        let registry = try await Peer.dockerRegistry(scratch)
        let finished = try await bench(registry, "--keep", "--phase", "referrers")
        #expect(finished.status == 0, "\(finished)")
        #expect(finished.output.contains("referrers was not measured: the registry has no referrers API"))
        #expect(finished.output.contains(" are left below transship-bench/"), "\(finished)")
        #expect(finished.errors.contains("below transship-bench/"), "\(finished)")
    }

    @Test func `two measurements of one kind are compared`() async throws {
        let registry = try await Peer.embedded()
        let one = "\(scratch.path)/a.json"
        #expect(try await bench(registry, "--report", one).status == 0)
        let compared = try await Tool.transship("bench", "compare", one, one)
        #expect(compared.status == 0 && compared.output.contains("better in 0 and worse in 0 of 12"), "\(compared)")
    }

    /// Options that change what is measured, or how.
    private static let deciding = [
        "--phase": "small-get", "--connections": "3", "--rate": "50/s", "--seconds": "2", "--bytes": "12KiB",
        "--blob-size": "2KiB", "--piece-size": "2KiB", "--small-size": "2KiB", "--verbose": nil,
    ]

    /// The others: how often, where, what else is looked at, and what is told.
    private static let others: Set = [
        "--repetitions", "--prefix", "--pid", "--keep", "--yes-i-may", "--format", "--report", "--quiet",
        "--progress", "--log-format", "--insecure-registry", "--ca-file", "--help",
    ]

    @Test func `every option that changes a measurement is told where it differs, and nothing is better or worse then`()
        async throws
    {
        let help = HelpedCommands(try Checkout().text("docs/reference/help.txt"))
        let options = try #require(help.options["bench registry"])
        #expect(
            options.subtracting(Self.others) == Set(Self.deciding.keys),
            "a new option of bench registry either changes the measurement or is one of the others")
        let registry = try await Peer.embedded()
        let plain: [String: String?] = [
            "--bytes": "8KiB", "--blob-size": "4KiB", "--piece-size": "4KiB", "--seconds": "1", "--connections": "2",
            "--repetitions": "2",
        ]
        let transship = Tool.products.appending(path: "transship").path
        let measure = { (options: [String: String?], file: String) in
            let words = options.flatMap { [$0.key, $0.value].compactMap(\.self) }
            return try await Tool.run(
                transship,
                ["bench", "registry", registry.address, "--phase", "small-put", "--report", file] + words)
        }
        let (one, other) = ("\(scratch.path)/a.json", "\(scratch.path)/b.json")
        let first = try await measure(plain, one)
        #expect(first.status == 0, "\(first)")
        for (option, value) in Self.deciding.merging(["--repetitions": "3"], uniquingKeysWith: { $1 }) {
            let second = try await measure(plain.merging([option: value], uniquingKeysWith: { $1 }), other)
            #expect(second.status == 0, "\(second)")
            let compared = try await Tool.transship("bench", "compare", one, other, "--format", "json")
            let rows = try #require(try members(compared.output)["rows"] as? [[String: Any]])
            let differences = try #require(try members(compared.output)["differences"] as? [[String: Any]])
            let isDeciding = option != "--repetitions"
            #expect(compared.status == (isDeciding ? 2 : 0), "\(compared)")
            #expect(differences.map { $0["option"] as? String } == (isDeciding ? [option] : []), "\(compared)")
            #expect(
                !rows.isEmpty && rows.allSatisfy { ($0["verdict"] as? String == "incomparable") == isDeciding },
                "\(compared)")
            #expect(compared.errors.contains("with different settings, so that no figure") == isDeciding)
        }
    }

    @Test(arguments: ["8.8.8.8", "https://1.1.1.1/"])
    func `a registry of the internet is not loaded by accident`(host: String) async throws {
        let refused = try await Tool.transship("bench", "registry", host)
        #expect(refused.status == 2 && refused.output.isEmpty, "\(refused)")
        #expect(refused.errors.contains("hint: measure a registry of your own; --yes-i-may says"))
    }

    @Test func `a URL says whether TLS is used`() async throws {
        let registry = try await Peer.embedded()
        let secure = try await Tool.transship(
            "bench", "registry", "https://\(registry.address)", "--phase", "small-put")
        #expect(secure.status == 3 && secure.output.isEmpty, "\(secure)")
        #expect(secure.errors.contains("hint: without TLS it is http://\(registry.address)"), "\(secure)")
    }

    @Test func `a registry that is not there, and a process that is not there, are said`() async throws {
        let nobody = try await Tool.transship("bench", "registry", "127.0.0.1:1")
        #expect(nobody.status == 3 && nobody.errors.contains("error: 127.0.0.1:1: "), "\(nobody)")
        let process = try await Tool.transship("bench", "registry", "127.0.0.1:1", "--pid", "2147483646")
        #expect(process.status == 2 && process.errors.contains("there is no such process"), "\(process)")
    }

    // MARK: - Copies

    @Test func `a workload is copied between registries that were started for it`() async throws {
        let finished = try await Tool.transship(
            "bench", "copy", "--workload", "shapes", "--repetitions", "2", "--profile", "--report",
            "\(scratch.path)/copy.json")
        #expect(finished.status == 0, "\(finished)")
        for word in ["source requests", "least", "peak memory", "time for"] {
            #expect(finished.output.contains(word), "\(finished)")
        }
        let report = try members(scratch.read("copy.json"))
        #expect(report["format"] as? String == "transship-bench-copy-1" && report["tool"] is NSNull)
        let copies = try #require(report["copies"] as? [[String: Any]])
        #expect(copies.count == 2 && copies.allSatisfy { $0["failed"] as? Int == 0 })
    }

    @Test func `between two registries everything is deleted again`() async throws {
        let (source, target) = (try await Peer.embedded(), try await Peer.dockerRegistry(scratch))
        let finished = try await Tool.transship(
            "bench", "copy", source.address, "http://\(target.address)", "--workload", "tiny", "--scale", "0.005",
            "--repetitions", "1", "--format", "json")
        #expect(finished.status == 0, "\(finished)")
        #expect(try members(finished.output)["items"] as? Int == 5)
        let ends = finished.errors.split(separator: "\n").filter { $0.contains(" was deleted; ") }
        #expect(ends.count == 2, "\(finished)")
    }

    @Test func `another program is measured on the same images, and judged by what arrived`() async throws {
        let ours = Tool.products.appending(path: "transship").path
        let copied = try await Tool.transship(
            "bench", "copy", "--workload", "tiny", "--scale", "0.003", "--repetitions", "1", "--tool",
            "\(ours) cp {source} {target}")
        #expect(copied.status == 0, "\(copied)")
        let idle = try await Tool.transship(
            "bench", "copy", "--workload", "tiny", "--scale", "0.003", "--repetitions", "1", "--tool",
            "/bin/false {source} {target}")
        #expect(idle.status == 3 && idle.output.contains("copy 1: 3 items failed; the first:"), "\(idle)")
    }

    @Test func `a tool that leaves another image under the tag is told which digest it left`() async throws {
        let idle = try await Tool.transship(
            "bench", "copy", "--workload", "multiarch", "--scale", "0.025", "--repetitions", "1", "--tool",
            "\(Tool.products.appending(path: "transship").path) cp --platform linux/amd64 {source} {target}")
        #expect(idle.output.contains(/the tag names sha256:[0-9a-f]{64} at the target, not sha256:/), "\(idle)")
    }

    @Test func `referrers are copied from a registry that lists them under tags, and counted where they are missing`()
        async throws
    {
        let (source, target) = (try await Peer.dockerRegistry(scratch), try await Peer.embedded())
        let copied = try await Tool.transship(
            "bench", "copy", source.address, target.address, "--workload", "multiarch", "--scale", "0.025",
            "--repetitions", "1", "--referrers", "--keep")
        #expect(copied.status == 0, "\(copied)")
        let catalog = try await Tool.transship("catalog", target.address)
        let name = try #require(catalog.lines.first { $0.contains("/copy-1/") }, "\(catalog)")
        let digest = try await Tool.transship("digest", "\(target.address)/\(name):v1")
        let list = try await Tool.run(
            "curl",
            ["-s", "http://\(target.address)/v2/\(name)/referrers/\(try #require(digest.lines.first, "\(digest)"))"])
        #expect(list.output.contains("artifactType"), "\(list)")
    }

    @Test func `lists of referrers under tags are deleted, whoever wrote them and however busy the registry is`()
        async throws
    {
        var habits = RegistryHabits()
        habits.knowsReferrers = false
        let holder = FaultHolder()
        var configuration = RegistryConfiguration.patient()
        configuration.wrap = { [habits] in holder.hold(FaultyRegistry(HabitualRegistry($0, habits))) }
        let (source, target) = (try await Peer.embedded(), try await RegistryServer.start(configuration))
        for isBusy in [false, true] {
            let throttling = FaultRule(RequestMatch(.GET, .referrers), .first(1), .answer(.tooManyRequests))
            holder.registry.replaceRules(isBusy ? [throttling] : [])
            let finished = try await Tool.transship(
                "bench", "copy", target.authority, source.address, "--workload", "multiarch", "--scale", "0.025",
                "--repetitions", "1", "--referrers")
            #expect(finished.status == 0, "\(finished)")
            try await expectNoTags(at: source.address)
            try await expectNoTags(at: target.authority)
        }
        let copied = try await Tool.transship(
            "bench", "copy", source.address, target.authority, "--workload", "multiarch", "--scale", "0.025",
            "--repetitions", "1", "--referrers")
        #expect(copied.status == 0, "\(copied)")
        try await expectNoTags(at: target.authority)
        await target.shutdown(grace: .zero)
    }

    /// The embedded registry lists repositories with tags.
    private func expectNoTags(at address: String) async throws {
        let catalog = try await Tool.transship("catalog", address)
        #expect(catalog.status == 0 && catalog.lines.allSatisfy { $0.isEmpty }, "\(catalog)")
    }

    @Test func `a target that refuses everything has no speed, and no more than is said may be left there`()
        async throws
    {
        let users = try scratch.write("users", "me:secret\n")
        let (source, closed) = (
            try await Peer.embedded(), try await Peer.embedded("--users", users, "--token-auth")
        )
        let refused = try await Tool.transship(
            "bench", "copy", source.address, closed.address, "--workload", "tiny", "--scale", "0.002",
            "--repetitions", "1")
        #expect(refused.status == 3 && !refused.errors.contains("\(closed.address): 2 manifests"), "\(refused)")
        #expect(refused.lines.first { $0.hasPrefix("1 ") }?.contains("iB/s") == false, "\(refused)")
        let measured = try await Tool.transship(
            "bench", "registry", closed.address, "--phase", "manifest-head", "--seconds", "1", "--repetitions", "1")
        #expect(measured.status == 5 && !measured.errors.contains("was deleted"), "\(measured)")
    }

    @Test func `a signal ends copies as such, and removes what was stored`() async throws {
        let (source, target) = (try await Peer.embedded(), try await Peer.embedded())
        let stopped = try await Tool.interrupted(
            ["bench", "copy", source.address, target.address, "--workload", "tiny", "--scale", "0.5"],
            once: "copy 1 of 3")
        #expect(stopped.status == 130, "\(stopped)")
        #expect(
            stopped.errors.contains("everything below transship-bench/") || stopped.errors.contains("are left below"))
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `a signal ends the registries that copies started, and tells the copies that had ended`(
        signal: Int32
    ) async throws {
        let (name, value) = ("TRANSSHIP_TEST_OF_CHILDREN", UUID().uuidString)
        let stopped = try await Tool.signalled(
            signal, ["bench", "copy", "--workload", "tiny", "--scale", "0.05", "--repetitions", "100"], atLine: 2,
            environment: [name: value]
        ) { $0.hasPrefix("copy ") }
        #expect(stopped.status == 128 + signal && stopped.output.contains("copy"), "\(stopped)")
        #expect(Self.processes(with: "\(name)=\(value)") == [])
    }

    @Test(.timeLimit(.minutes(30)))
    func `the registries that copies started end with the program, even if it is killed`() async throws {
        let (name, value) = ("TRANSSHIP_TEST_OF_ORPHANS", UUID().uuidString)
        let killed = try await Tool.signalled(
            SIGKILL, ["bench", "copy", "--workload", "tiny", "--scale", "0.05", "--repetitions", "100"], atLine: 1,
            environment: [name: value], awaitsChildren: true
        ) { $0.hasPrefix("copy ") }
        #expect(killed.status == SIGKILL, "\(killed)")
        let left = Self.processes(with: "\(name)=\(value)")
        #expect(left == [])
        for process in left.compactMap({ pid_t($0) }) { kill(process, SIGKILL) }
    }

    /// The processes of this machine that have a variable in their environment.
    private static func processes(with variable: String) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.filter { name in
            guard Int(name) != nil, let bytes = FileManager.default.contents(atPath: "/proc/\(name)/environ") else {
                return false
            }
            return String(decoding: bytes, as: UTF8.self).contains(variable)
        }
    }

    @Test(arguments: ["source", "target"])
    func `a registry that is not there is told by its side, and nothing is said to be left in it`(
        side: String
    ) async throws {
        let registry = try await Peer.embedded()
        let nobody = try await Tool.transship(
            "bench", "copy", side == "source" ? "127.0.0.1:1" : registry.address,
            side == "target" ? "127.0.0.1:1" : registry.address, "--workload", "tiny", "--scale", "0.001")
        #expect(nobody.status == 3 && nobody.errors.hasPrefix("error: \(side) 127.0.0.1:1: "), "\(nobody)")
        #expect(!nobody.errors.contains("left below"), "\(nobody)")
    }

    @Test func `copies refuse what they cannot use, before anything is asked of anybody`() async throws {
        let internet = try await Tool.transship("bench", "copy", "127.0.0.1:1", "8.8.8.8")
        #expect(internet.status == 2 && internet.errors.contains("--yes-i-may"), "\(internet)")
        let program = try await Tool.transship("bench", "copy", "--tool", "no-such-program {source} {target}")
        #expect(program.status == 2 && program.errors.contains("there is no program \"no-such-program\""), "\(program)")
    }
}
