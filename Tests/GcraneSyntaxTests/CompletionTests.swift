// SPDX-License-Identifier: Apache-2.0

import GcraneSyntax
import Testing

private let syntax = CommandLineSyntax(
    root: CommandSpec(
        "crane", summary: "moves images", role: .groups,
        subcommands: [
            .copy, CommandSpec("config", summary: "print a config"),
            CommandSpec("auth", summary: "log in", role: .groups, subcommands: [CommandSpec("login", summary: "keep")]),
            .own,
        ]),
    globals: [FlagSpec("platform", .platform, "which one"), FlagSpec("verbose", short: "v", .bool, "say more")])

extension CommandSpec {
    fileprivate static var copy: CommandSpec {
        var copy = CommandSpec(
            "copy", summary: "copy an image",
            flags: [
                FlagSpec("jobs", short: "j", .int, "at once"),
                FlagSpec("format", .string, "how", choices: ["tar", "oci"]),
                FlagSpec("secret", .bool, "", isHidden: true), FlagSpec("also", .strings, "more"),
            ])
        copy.aliases = ["cp"]
        return copy
    }

    fileprivate static var own: CommandSpec {
        var own = CommandSpec("batch", summary: "copy many", flags: [FlagSpec("to", .string, "where")])
        own.takesGlobals = false
        return own
    }
}

private func completion(_ line: String) -> Completion {
    // A blank at the end begins a new word.
    Completion(of: line.split(separator: " ", omittingEmptySubsequences: false).map(String.init), in: syntax)
}

@Suite struct CompletionTests {
    @Test(arguments: [
        ("", "auth batch config copy cp help"), ("c", "config copy cp"), ("auth ", "login"), ("-v au", "auth"),
        ("--platform linux/amd64 co", "config copy"), ("help ", "auth batch config copy cp"), ("help auth ", "login"),
        ("nosuch ", ""), ("auth login ", ""), ("cp ", ""),
    ])
    func `offers the commands that may follow`(line: String, words: String) {
        #expect(completion(line).candidates.map(\.word).joined(separator: " ") == words)
    }

    @Test(arguments: [
        ("cp --", "--platform --verbose --jobs --format --also --help"), ("cp --f", "--format"),
        ("cp -", "--platform --verbose -v --jobs -j --format --also --help -h"), ("cp -j", "-j"),
        ("cp --jobs=3 -v --also x --", "--platform --format --also --help"), ("-", "--platform --verbose -v --help -h"),
        ("batch --", "--to --help"), ("cp -- --", ""),
    ])
    func `offers the flags that a command has and that were not given`(line: String, words: String) {
        #expect(completion(line).candidates.map(\.word).joined(separator: " ") == words)
    }

    @Test(arguments: [FlagSpec.Kind.strings, .list, .pairs, .variables])
    func `offers a flag again that may be given several times`(kind: FlagSpec.Kind) {
        let command = CommandSpec("x", summary: "x", flags: [FlagSpec("env", short: "e", kind, "what")])
        let syntax = CommandLineSyntax(
            root: CommandSpec("crane", summary: "", role: .groups, subcommands: [command]), globals: [])
        let offered = Completion(of: ["x", "-e", "A=1", "--e"], in: syntax).candidates.map(\.word)
        #expect(offered == ["--env"])
    }

    @Test(arguments: [
        ("cp --format ", "tar oci"), ("cp --format=o", "oci"), ("cp --format=", "tar oci"), ("cp -j ", ""),
        ("cp --platform ", ""), ("cp --nosuch=", ""),
    ])
    func `offers a flag's values`(line: String, words: String) {
        #expect(completion(line).candidates.map(\.word).joined(separator: " ") == words)
    }

    @Test(arguments: [
        ("cp ", true), ("cp -j ", false), ("cp --platform=", false), ("cp --also ", true), ("cp -- --x", true),
        ("auth login x", true),
        ("", false), ("auth ", false), ("cp --", false), ("cp --format=x", false),
    ])
    func `leaves files to the shell where an argument or a free value stands`(line: String, allows: Bool) {
        #expect((completion(line).directive == .files) == allows)
    }

    @Test func `offers registries for what its name says is a host`() {
        var words = CommandLineSyntax(root: syntax.root, globals: syntax.globals)
        words.root.subcommands.append(
            CommandSpec(
                "ls", "REPO", summary: "list", flags: [FlagSpec("on", .string, "", valueName: "host[:port]")]))
        func offers(_ line: [String]) -> Completion {
            Completion(of: line, in: words, registries: ["a.example", "b.example"])
        }
        #expect(offers(["ls", "b"]).text(withSummaries: false) == "b.example/\n:6")
        #expect(offers(["ls", "--on", "a"]).text(withSummaries: false) == "a.example\n:4")
        #expect(offers(["ls", "--on=c"]).text(withSummaries: false) == ":4")
        #expect(offers(["ls", "c"]).text(withSummaries: false) == ":0")
    }

    @Test func `answers in cobra's form, so that scripts it has made go on working`() {
        #expect(completion("co").text(withSummaries: true) == "config\tprint a config\ncopy\tcopy an image\n:4")
        #expect(completion("co").text(withSummaries: false) == "config\ncopy\n:4")
        #expect(completion("cp ").text(withSummaries: true) == ":0")
        #expect(completion("co").directiveText == "Completion ended with directive: ShellCompDirectiveNoFileComp")
    }

    @Test func `takes two quotes for an empty word`() {
        #expect(Completion(of: ["auth", "\"\""], in: syntax).candidates.map(\.word) == ["login"])
        #expect(Completion(of: [], in: syntax).candidates.count == 6)
    }
}
