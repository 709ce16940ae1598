// SPDX-License-Identifier: Apache-2.0

import Foundation
import ProtocolCases
import Testing

/// What a program owes to those around it: an end when it is told to, and a word about what it could not write.
@Suite struct ProcessTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// Runs a line of shell with the program as `$T`; its status is the last thing on standard output.
    private func shell(_ line: String) async throws -> Finished {
        let program = Tool.products.appending(path: "transship").path
        return try await Tool.run(
            "/bin/bash", ["-c", "set -o pipefail; T='\(program)'; cd '\(scratch.path)'; \(line); echo \"status $?\""])
    }

    @Test(arguments: [
        "$T --help", "$T version", "$T cp --help", "$T scan a", "$T rewrite a --to r.io/m", "$T pulls empty",
        "$T rewrite a --to r.io/m --emit containerd-hosts",
    ])
    func `a result that could not be written is not success, and is told`(command: String) async throws {
        _ = try scratch.write("empty", "")
        try FileManager.default.createDirectory(atPath: scratch.path + "/a", withIntermediateDirectories: true)
        _ = try scratch.write("a/Dockerfile", "FROM debian:buster\n")
        let run = try await shell("\(command) > /dev/full")
        #expect(run.output.hasSuffix("status 1\n"), "\(run)")
        #expect(run.errors.contains("rror: cannot write standard output: no space left on device"), "\(run)")
    }

    @Test func `a filter whose reader went away ends as filters do, by the signal`() async throws {
        let file = try scratch.write("Dockerfile", String(repeating: "FROM debian:buster\n", count: 50_000))
        // The process that runs the tests ignores the signal, and so would its children.
        let run = try await shell("env --default-signal=PIPE $T scan '\(file)' | head -1")
        #expect(run.output.hasSuffix("status 141\n") && run.errors.isEmpty, "\(run)")
        let told = try await shell("trap '' PIPE; $T scan '\(file)' | head -1")
        #expect(told.output.hasSuffix("status 1\n") && told.errors.contains("broken pipe"), "\(told)")
    }

    @Test(arguments: [">&-", "2>&-", "0<&- >&- 2>&-"])
    func `closed descriptors are given to no file of ours`(closed: String) async throws {
        let run = try await shell("timeout 60 $T version \(closed)")
        #expect(run.output.hasSuffix(closed == "2>&-" ? "status 0\n" : "status 1\n"), "\(run)")
    }

    @Test(arguments: ["crane", "gcrane"])
    func `nobody misses results on a closed descriptor under a borrowed name, and a full disk is told`(name: String)
        async throws
    {
        let registry = try await Peer.embedded()
        try await Tool.seed(registry.address, "--set", "shapes")
        for command in ["digest", "manifest", "config", "export"] {
            let image = "\(registry.address)/shapes/oci:v1"
            let closed = try await shell("ln -sf $T \(name); ./\(name) \(command) \(image) >&- 2>&-")
            #expect(closed.output == "status 0\n", "\(closed)")
            let full = try await shell("./\(name) \(command) \(image) > /dev/full")
            #expect(full.output == "status 1\n" && full.errors.contains("no space left on device"), "\(full)")
        }
        let missing = try await shell("./\(name) digest \(registry.address)/shapes/none:v1 >&- 2>&-")
        #expect(missing.output == "status 1\n", "\(missing)")
    }

    @Test func `too few descriptors are told in words`() async throws {
        let run = try await shell("ulimit -n 12; $T ls 127.0.0.1:9/app")
        #expect(run.output.hasSuffix("status 1\n") && run.errors.contains("hint: raise ulimit -n"), "\(run)")
        let version = try await shell("ulimit -n 12; $T version")
        #expect(version.output.hasSuffix("status 0\n"), "\(version)")
    }

    @Test func `a copy goes on when nobody reads its results, and does not end with success`() async throws {
        let registry = try await Peer.embedded()
        try await Tool.seed(registry.address, "--set", "tiny", "--scale", "0.001", "--images-file", scratch.path + "/l")
        let list = "--to \(registry.address)/m --map repository"
        let full = try await shell("$T batch l \(list) > /dev/full")
        #expect(full.output.hasSuffix("status 1\n"), "\(full)")
        #expect(full.errors.contains("error: cannot write standard output: no space left"), "\(full)")
        let verified = try await shell("$T verify l \(list)")
        #expect(verified.output.hasSuffix("status 0\n"), "\(verified)")
        let silent = try await shell("$T batch l \(list) 2> /dev/full")
        #expect(silent.output.hasSuffix("status 1\n") && silent.output.contains("unchanged\t"), "\(silent)")
    }

    @Test func `lists and reports that cannot be written do not keep each other from it`() async throws {
        let registry = try await Peer.embedded()
        try await Tool.seed(registry.address, "--set", "tiny", "--scale", "0.001", "--images-file", scratch.path + "/l")
        let run = try await shell(
            "ln -s /dev/full d.json; echo 127.0.0.1:1/x:1 >> l; $T batch l --to \(registry.address)/m --map repository --failures /dev/full"
                + " --report d.json --report r.json")
        #expect(run.output.hasSuffix("status 1\n"), "\(run)")
        #expect(run.errors.contains("cannot write /dev/full: no space left on device"), "\(run)")
        #expect(run.errors.contains("cannot write d.json: no space left on device"), "\(run)")
        #expect(try scratch.read("r.json").contains("\"exitStatus\":1"))
    }

    @Test(arguments: [
        "batch l --failures missing/f", "batch l --failures folder", "batch l --report missing/r.json",
        "batch l --failures f --report f.json --report ./f.json", "verify l --failures missing/f",
        "check l --failures folder", "plan l --pinned missing/f", "plan l --shards 2 --split l",
        "report merge l --failures missing/f", "report merge l -o missing/r.json", "pulls l --chart missing/c.svg",
        "rewrite l --map-file l --undo missing/f",
    ])
    func `what could not be written at the end is refused at the beginning`(command: String) async throws {
        let list = command.hasPrefix("batch") || command.hasPrefix("plan") || command.hasPrefix("verify")
        let run = try await shell(
            "mkdir folder; echo 127.0.0.1:1/x:1 > l; $T \(command) \(list ? "--to 127.0.0.1:1/m" : "")")
        #expect(run.output == "status 2\n", "\(run)")
        #expect(run.errors.contains("cannot write ") || run.errors.contains("name the same file"), "\(run)")
    }

    @Test func `what is to be written or mended does not depend on who reads the results`() async throws {
        let registry = try await Peer.embedded()
        try await Tool.seed(registry.address, "--set", "tiny", "--scale", "0.001", "--images-file", scratch.path + "/l")
        let list = "l --to \(registry.address)/m --map repository"
        let checked = try await shell("echo 127.0.0.1:1/x:1 >> l; $T check \(list) --failures c | :; cat c")
        #expect(checked.output.contains("127.0.0.1:1/x:1"), "\(checked)")
        let mended = try await shell("$T verify \(list) --repair --failures v --report r.json | :; cat v")
        #expect(mended.output.contains("127.0.0.1:1/x:1"), "\(mended)")
        #expect(try scratch.read("r.json").contains("\"status\":\"copied\""))
        let planned = try await shell("sed -i '$d' l; $T plan \(list) --shards 2 --split new/lists && cat new/lists/*")
        #expect(planned.output.contains("@sha256:"), "\(planned)")
    }

    @Test func `a list may come through a pipe with a name`() async throws {
        let registry = try await Peer.embedded()
        try await Tool.seed(registry.address, "--set", "tiny", "--scale", "0.001", "--images-file", scratch.path + "/l")
        let run = try await shell("$T batch <(cat l) --to \(registry.address)/m --map repository")
        #expect(run.output.hasSuffix("status 0\n"), "\(run)")
        let scanned = try await shell("$T scan <(echo 'FROM debian:buster') --format list")
        #expect(scanned.output.hasSuffix("status 0\n"), "\(scanned)")
    }

    @Test(arguments: [("/dev/zero", "device"), (".", "folder")])
    func `what is no list is refused in words`(path: String, reason: String) async throws {
        let run = try await shell("timeout 60 $T batch \(path) --to r.io/m")
        #expect(run.output.hasSuffix("status 2\n") && run.errors.contains(reason), "\(run)")
    }

    @Test(.covers("L23"), arguments: [("INT", 130), ("TERM", 143), ("HUP", 129)])
    func `a signal ends a run that waits for a silent host, and what did not arrive is listed`(
        signal: String, status: Int
    ) async throws {
        let silent = try SilentHost()
        _ = try scratch.write("l", "\(silent.address)/a:1 \(silent.address)/b:1\n")
        let run = try await shell(
            "$T batch l --failures f --report r.json -v 2> e & p=$!; until grep -q -e '-->' e; do :; done;"
                + " kill -\(signal) $p; wait $p")
        #expect(run.output.hasSuffix("status \(status)\n"), "\(run)")
        #expect(try scratch.read("f").contains("# cancelled"))
        #expect(try scratch.read("r.json").contains("\"exitStatus\":\(status)"))
    }

    @Test func `a signal ends a program that waits for its list`() async throws {
        let run = try await shell(
            "mkfifo f; $T batch f 2> e & p=$!; until grep -q SigCgt /proc/$p/status; do :; done; kill -TERM $p; wait $p"
        )
        #expect(run.output.hasSuffix("status 143\n"), "\(run)")
    }

    @Test func `nohup is heeded`() async throws {
        let silent = try SilentHost()
        _ = try scratch.write("l", "\(silent.address)/a:1 \(silent.address)/b:1\n")
        let run = try await shell(
            "(trap '' HUP; exec $T batch l -v 2> e) & p=$!; until grep -q -e '-->' e; do :; done;"
                + " kill -HUP $p; kill -TERM $p; wait $p")
        #expect(run.output.hasSuffix("status 143\n"), "\(run)")
    }

    @Test func `a journal is never reached through a link`() async throws {
        _ = try scratch.write("precious", "keep\n")
        _ = try scratch.write("l", "127.0.0.1:1/a:1 127.0.0.1:1/b:1\n")
        let run = try await shell("ln -s precious j; $T batch l --journal j")
        #expect(run.output.hasSuffix("status 2\n") && run.errors.contains("symbolic link"), "\(run)")
        #expect(try scratch.read("precious") == "keep\n")
    }

    @Test func `few descriptors slow a batch down and fail nothing`() async throws {
        let registry = try await Peer.embedded()
        try await Tool.seed(registry.address, "--set", "tiny", "--scale", "0.01", "--images-file", scratch.path + "/l")
        let run = try await shell(
            "for n in $(seq 40); do sed \"s,\\([^/]*\\)/\\(.*\\):.*,& \\1/m$n/\\2:1,\" l; done > many;"
                + " (ulimit -n 32; $T batch many)")
        #expect(run.output.hasSuffix("status 0\n"), "\(run)")
    }
}
