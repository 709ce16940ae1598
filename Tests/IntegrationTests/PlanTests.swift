// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOHTTP1
import OCI
import RegistryFaults
import RegistryServer
import Testing

/// What a run would cost, and whether it then does.
@Suite struct PlanCommandTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func path(_ name: String) -> String { "\(scratch.path)/\(name)" }

    private func seed(_ registry: Peer, _ set: String, scale: String) async throws -> String {
        try await Tool.seed(registry.address, "--set", set, "--scale", scale, "--images-file", path("images.txt"))
        return path("images.txt")
    }

    private func plan(_ arguments: String...) async throws -> (Finished, [String: Any]) {
        let run = try await Tool.run(
            Tool.products.appending(path: "transship").path,
            ["plan", "--output", "json"] + arguments
                + (arguments.contains("--journal") ? [] : ["--journal", "none"]))
        let document = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
        return (run, document ?? [:])
    }

    @Test func `says the bytes that a run then sends, and nothing moves`() async throws {
        let source = try await Peer.embedded()
        let target = try await Peer.embedded()
        let list = try await seed(source, "fleet", scale: "0.05")
        let arguments = [list, "--to", target.address, "--map", "repository"]
        let (run, before) = try await plan(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4])
        #expect(run.status == 0, "\(run)")
        #expect(try await Tool.transship("catalog", target.address).output.isEmpty)
        let copy = try await Tool.run(Tool.products.appending(path: "transship").path, ["batch"] + arguments)
        let sent = copy.lines.reduce(0) { $0 + (Int($1.split(separator: "\t").last ?? "") ?? 0) }
        #expect(before["bytes"] as? Int == sent, "\(run)")
        #expect(before["toCopy"] as? Int == copy.lines.count)
        let rows = before["registries"] as? [[String: Any]] ?? []
        let row = try #require(rows.first { $0["registry"] as? String == target.address })
        let figures = ["bytesWritten", "bytesMounted", "bytesIfItDoesNotMount"].map { row[$0] as? Int ?? -1 }
        #expect(figures[0] > 0 && figures[2] == figures[0] + figures[1])

        let (_, after) = try await plan(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4])
        #expect(after["bytes"] as? Int == 0)
        #expect(after["unchanged"] as? Int == copy.lines.count)
    }

    @Test func `a run does not take the plan of another list`() async throws {
        let source = try await Peer.embedded()
        let images = try await seed(source, "tiny", scale: "0.003")
        let lines = try scratch.read("images.txt").split(separator: "\n")
        let list = try scratch.write("list.txt", lines.dropLast().joined(separator: "\n"))
        let options = ["--to", source.address + "/m", "--map", "repository", "--format", "json"]
        let planned = try await Tool.run(Tool.products.appending(path: "transship").path, ["plan", list] + options)
        let plan = try scratch.write("plan.json", planned.output)
        for (wrong, to) in [(images, "/m"), (list, "/n")] {
            let run = try await Tool.transship(
                "batch", wrong, "--to", source.address + to, "--map", "repository", "--plan", plan, "--journal", "none")
            #expect(run.status == 2 && run.output.isEmpty && run.errors.contains("plan.json is the plan of"), "\(run)")
        }
        let turned = try scratch.write("turned.txt", lines.dropLast().reversed().joined(separator: "\n"))
        let run = try await Tool.transship(
            "batch", turned, "--to", source.address + "/m", "--map", "repository", "--plan", plan, "--journal", "none")
        #expect(run.status == 0, "\(run)")
    }

    /// Nothing tells beforehand whether the target mounts.
    @Test(arguments: [MountingRun.oneRepository, .repositories, .twoTargets], [true, false])
    func `an empty registry is asked for no more than was planned for one that does not mount`(
        run: MountingRun, mounts: Bool
    ) async throws {
        let source = try await RecordingRegistry(mounts: true)
        let target = try await RecordingRegistry(mounts: mounts)
        try await Tool.seed(
            source.address, "--set", "multiarch", "--scale", "0.05", "--images-file", path("images.txt"))
        let images = try scratch.read("images.txt").split(separator: "\n").map(String.init)
        let lines = images.enumerated().map { run.line(number: $0.offset, $0.element, to: target.address) }
        let list = try scratch.write("list.txt", lines.joined())
        // Few, because the plan cannot know which answers come first.
        let connections = 16
        let limit = ["--connections-per-registry", "\(connections)"]
        let (planned, document) = try await plan(list, limit[0], limit[1])
        #expect(planned.status == 0, "\(planned)")
        let rows = document["registries"] as? [[String: Any]] ?? []
        let most = rows.reduce(0) { $0 + ($1["requestsIfItDoesNotMount"] as? Int ?? 0) }
        let expected = mounts ? document["requests"] as? Int ?? 0 : most
        for registry in [source, target] { registry.faults.forgetRequests() }
        let copy = try await Tool.transship("batch", list, "--journal", "none", limit[0], limit[1])
        #expect(copy.status == 0, "\(copy)")
        let made = source.faults.requests.count + target.faults.requests.count
        // Each blob that the target is asked for before it shows that it mounts costs one request more. These are as many
        // as there are connections, at most.
        let unknown = mounts ? connections : 0
        #expect(
            made <= most && abs(made - expected) <= expected / 50 + unknown,
            "\(made) of \(expected), \(most) at most")
        for registry in [source, target] { await registry.server.shutdown(grace: .zero) }
    }

    @Test(arguments: [true, false]) func `a plan knows what the journal tells the run`(mounts: Bool) async throws {
        let source = try await RecordingRegistry(mounts: true)
        let target = try await RecordingRegistry(mounts: mounts)
        try await Tool.seed(
            source.address, "--set", "multiarch", "--scale", "0.05", "--images-file", path("images.txt"))
        let images = try scratch.read("images.txt").split(separator: "\n").map(String.init)
        for (number, run) in [MountingRun.oneRepository, .oneRepository, .repositories, .twoTargets].enumerated() {
            let lines = images.enumerated().map { run.line(number: $0.offset, $0.element, to: target.address) }
            let options = [try scratch.write("list.txt", lines.joined()), "--journal", path("journal")]
            let (planned, document) = try await plan(options[0], options[1], options[2])
            #expect(planned.status == 0, "\(planned)")
            for registry in [source, target] { registry.faults.forgetRequests() }
            let copy = try await Tool.transship("batch", options[0], options[1], options[2], "--output", "json")
            #expect(copy.status == 0, "\(copy)")
            let made = source.faults.requests.count + target.faults.requests.count
            let expected = document["requests"] as? Int ?? 0
            #expect(number == 0 || abs(made - expected) * 50 <= expected, "\(number): \(made) of \(expected)")
            let sent = try copy.lines.reduce(0) { try $0 + (JSON(Array($1.utf8))["bytesSent"]?.integer ?? 0) }
            #expect(document["bytes"] as? Int == Int(sent), "\(number)")
        }
        for registry in [source, target] { await registry.server.shutdown(grace: .zero) }
    }

    @Test func `a list may come out of a pipe with a name`() async throws {
        let source = try await Peer.embedded()
        let images = try scratch.read(
            URL(filePath: try await seed(source, "tiny", scale: "0.002")).lastPathComponent)
        let program = Tool.products.appending(path: "transship").path
        let script = "\"$0\" plan <(cat) --to \"$1\" --map repository"
        let run = try await Tool.run("bash", ["-c", script, program, source.address], input: images)
        #expect(run.status == 0 && run.output.contains("2 items: 0 to copy, 2 unchanged"), "\(run)")
    }

    @Test func `the table names both registries, and what cannot be read`() async throws {
        let source = try await Peer.embedded()
        let target = try await Peer.embedded()
        let images = try scratch.read(URL(filePath: try await seed(source, "tiny", scale: "0.003")).lastPathComponent)
        let list = try scratch.write("list.txt", images + "\(source.address)/no/such:1\n")
        let run = try await Tool.transship("plan", list, "--to", target.address, "--map", "repository")
        #expect(run.status == 1 && run.errors.contains("no/such:1 -> "), "\(run)")
        #expect(run.output.contains(source.address) && run.output.contains(target.address))
        #expect(run.output.contains("4 items: 3 to copy, 0 unchanged, 1 cannot be read"), "\(run)")
    }

    /// What a run does not need may be missing at the source: it would say `unchanged`.
    @Test(arguments: [[], ["--shards", "2"]])
    func `an item is counted once, and what its source lacks counts where it is needed`(options: [String]) async throws
    {
        let (source, target) = (try await Peer.embedded(), try await Peer.embedded())
        let images = try scratch.read(URL(filePath: try await seed(source, "tiny", scale: "0.002")).lastPathComponent)
            .split(separator: "\n").map(String.init)
        let index = "\(source.address)/both:1"
        let made = try await Tool.transship("index", "append", "-m", images[0], "-m", images[1], "-t", index)
        try #require(made.status == 0, "\(made)")
        let copy = try await Tool.transship("cp", index, "\(target.address)/both:1")
        try #require(copy.status == 0, "\(copy)")
        let child = try #require(try await Tool.transship("digest", images[1]).lines.first)
        let gone = try await Tool.transship("delete", "\(source.address)/both@\(child)")
        try #require(gone.status == 0, "\(gone)")
        let list = try scratch.write("sparse.txt", "\(index) \(target.address)/both:1\n")
        let there = try await Tool.transship(["plan", list] + options)
        #expect(
            there.status == 0 && there.output.contains("1 item: 0 to copy, 1 unchanged, 0 cannot be read"), "\(there)")
        let more = try scratch.write(
            "more.txt", "\(index) \(target.address)/both:1\n\(index) \(target.address)/both:2\n")
        let both = try await Tool.transship(["plan", more] + options)
        // The run finds the child at the target, and copies a tag.
        #expect(
            both.status == 0 && both.output.contains("2 items: 1 to copy, 1 unchanged, 0 cannot be read"), "\(both)")
    }

    @Test func `a signature that the target has of its own is counted as kept, and the exit code is that of batch`()
        async throws
    {
        let source = try await Peer.embedded()
        let target = try await Peer.embedded()
        let images = try scratch.read(
            URL(filePath: try await seed(source, "tiny", scale: "0.002")).lastPathComponent
        ).split(separator: "\n").map(String.init)
        let signature = "app:sha256-\(String(repeating: "ab", count: 32)).sig"
        for (image, registry) in zip(images, [source, target]) {
            let copy = try await Tool.transship("cp", image, "\(registry.address)/\(signature)")
            try #require(copy.status == 0, "\(copy)")
        }
        let list = try scratch.write(
            "kept.txt", "\(source.address)/\(signature) \(target.address)/\(signature)\n")
        let text = try await Tool.transship("plan", list)
        #expect(text.status == 1 && text.output.contains("0 unchanged, 1 kept as the target has it"), "\(text)")
        let (_, document) = try await plan(list)
        #expect(document["kept"] as? Int == 1 && document["toCopy"] as? Int == 0)
        let batch = try await Tool.transship("batch", list)
        #expect(batch.status == 1 && batch.output.hasPrefix("kept\t"), "\(batch)")
    }

    /// What a target refuses leaves open what it has.
    @Test(arguments: [
        RequestMatch(nil, .manifest), RequestMatch(.HEAD, .manifest), RequestMatch(),
    ])
    func `items of a target that refuses a question are not known, and are in no figure`(
        match: RequestMatch
    ) async throws {
        let source = try await Peer.embedded()
        let list = try await seed(source, "tiny", scale: "0.002")
        var configuration = RegistryConfiguration.patient()
        configuration.wrap = { FaultyRegistry($0, rules: [FaultRule(match, .always, .answer(.unauthorized))]) }
        let target = try await RegistryServer.start(configuration)
        let (run, document) = try await plan(list, "--to", target.authority, "--map", "repository")
        await target.shutdown(grace: .zero)
        #expect(run.status != 0 && run.errors.contains(target.authority), "\(run)")
        #expect(document["toCopy"] as? Int == 0 && document["unchanged"] as? Int == 0, "\(run)")
        #expect(document["bytes"] as? Int == 0, "\(run)")
    }

    @Test func `a pinned list copies what was planned, whatever the tags name meanwhile`() async throws {
        let source = try await Peer.embedded()
        let target = try await Peer.embedded()
        let images = try scratch.read(
            URL(filePath: try await seed(source, "tiny", scale: "0.002")).lastPathComponent
        ).split(separator: "\n").map(String.init)
        let planned = try await Tool.transship("digest", images[0]).output
        let plan = try await Tool.transship(
            "plan", path("images.txt"), "--to", target.address, "--map", "repository", "--pinned", path("pinned.txt"))
        #expect(plan.status == 0, "\(plan)")
        let moved = try await Tool.transship("cp", images[1], images[0])
        try #require(moved.status == 0)
        let run = try await Tool.transship("batch", path("pinned.txt"))
        #expect(run.status == 0 && run.lines.count == 2, "\(run)")
        let name = images[0].dropFirst(source.address.count)
        #expect(try await Tool.transship("digest", target.address + name).output == planned)
    }

    @Test func `a pinned list of a layout's images can be copied`() async throws {
        let (source, target) = (try await Peer.embedded(), try await Peer.embedded())
        let images = try scratch.read(URL(filePath: try await seed(source, "tiny", scale: "0.001")).lastPathComponent)
        let image = try #require(images.split(separator: "\n").first.map(String.init))
        let layout = "oci:\(path("media"))/app:1"
        let copy = try await Tool.transship("cp", image, layout)
        try #require(copy.status == 0, "\(copy)")
        let list = try scratch.write("layouts.txt", "\(layout) \(target.address)/app:1\n")
        let plan = try await Tool.transship("plan", list, "--pinned", path("pinned.txt"))
        #expect(plan.status == 0, "\(plan)")
        let run = try await Tool.transship("batch", path("pinned.txt"))
        #expect(run.status == 0 && run.lines.first?.hasPrefix("copied\t") == true, "\(run)")
        let digests = [
            try await Tool.transship("digest", image), try await Tool.transship("digest", "\(target.address)/app:1"),
        ]
        #expect(digests[0].output == digests[1].output)
    }

    @Test func `split lists are the whole list, one for each machine`() async throws {
        let source = try await Peer.embedded()
        let target = try await Peer.embedded()
        let list = try await seed(source, "tiny", scale: "0.007")
        let (plan, document) = try await plan(
            list, "--to", target.address, "--map", "repository", "--shards", "3", "--split", scratch.path)
        #expect(plan.status == 0, "\(plan)")
        let parts = (document["shards"] as? [String: Any])?["parts"] as? [[String: Any]] ?? []
        #expect(parts.reduce(0) { $0 + ($1["items"] as? Int ?? 0) } == 7)
        var arrived = 0
        for shard in 0..<3 {
            let run = try await Tool.transship("batch", path("shard-\(shard)-of-3.txt"))
            #expect(run.status == 0, "\(run)")
            arrived += run.lines.count
        }
        #expect(arrived == 7)
    }
}

/// Lists in which images share blobs.
enum MountingRun: Sendable {
    case oneRepository
    case repositories
    case twoTargets

    /// The list's line for an image.
    func line(number: Int, _ image: String, to target: String) -> String {
        let places =
            switch self {
            case .oneRepository: ["m/all:\(number)"]
            case .repositories: ["m/r\(number):1"]
            case .twoTargets: ["m/x\(number % 3):\(number)", "m/y\(number):1"]
            }
        return "\(image) \(places.map { "\(target)/\($0)" }.joined(separator: " "))\n"
    }
}

/// An embedded registry that keeps what it is asked.
struct RecordingRegistry: Sendable {
    let server: RegistryServer
    let faults: FaultyRegistry

    var address: String { server.authority }

    init(mounts: Bool) async throws {
        let holder = FaultHolder()
        var habits = RegistryHabits()
        if !mounts { habits.mountAnswer = .session }
        var configuration = RegistryConfiguration.patient()
        configuration.wrap = { [habits] in holder.hold(FaultyRegistry(HabitualRegistry($0, habits))) }
        server = try await RegistryServer.start(configuration)
        faults = holder.registry
    }
}
