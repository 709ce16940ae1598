// SPDX-License-Identifier: Apache-2.0

import GcraneSyntax
import Testing

/// A program of gcrane's shape.
private let syntax = CommandLineSyntax(
    root: CommandSpec(
        "gcrane", summary: "moves images", role: .groups,
        subcommands: [
            CommandSpec("append", .atMost(9)),
            CommandSpec(
                "index", "", .exactly(1), role: .groups,
                subcommands: [
                    CommandSpec("list", "REF", .exactly(1))
                ]),
            CommandSpec("pull", .atLeast(2)), CommandSpec("version", Arity.none),
            CommandSpec("export", .between(1, 2)), CommandSpec("get", .atMost(1)),
            CommandSpec("registry", role: .onlyHelps, subcommands: [CommandSpec("serve")]),
            .copy,
        ]),
    globals: [
        FlagSpec("insecure", .bool, ""), FlagSpec("platform", .platform, "which one", defaultText: "all"),
        FlagSpec("verbose", short: "v", .bool, "say more"),
    ])

extension CommandSpec {
    fileprivate init(_ name: String, _ arity: Arity) { self.init(name, "", arity, summary: "") }
    fileprivate init(
        _ name: String, _ arguments: String = "", _ arity: Arity = .any, role: Role = .runs,
        subcommands: [CommandSpec] = []
    ) {
        self.init(name, arguments, arity, summary: "", role: role, subcommands: subcommands)
    }

    fileprivate static var copy: CommandSpec {
        var copy = CommandSpec(
            "copy", "SRC DST", .exactly(2), summary: "copies an image",
            flags: [
                FlagSpec("jobs", short: "j", .int, "images at once", defaultText: "2"),
                FlagSpec("recursive", short: "r", .bool, "all below"),
            ])
        copy.aliases = ["cp"]
        return copy
    }
}

private func invocation(_ line: String) throws -> Invocation {
    guard case .run(let invocation) = try syntax.parse(words(line)) else {
        Issue.record("\(line) does not run")
        throw SyntaxError("")
    }
    return invocation
}

/// `''` stands for an empty word.
private func words(_ line: String) -> [String] {
    line.split(separator: " ").map { $0 == "''" ? "" : String($0) }
}

private func problem(_ line: String) -> SyntaxError? {
    do throws(SyntaxError) { _ = try syntax.parse(words(line)) } catch { return error }
    return nil
}

@Suite struct FlagFormTests {
    @Test(arguments: [
        "cp -r -j 2 A B", "cp A -r B -j 2", "cp A B -rj2", "cp A B -rj=2", "cp A B -rj 2", "cp A B -r --jobs=2",
        "cp A B --recursive --jobs 2", "-j 2 cp -r A B", "cp A B -r=true -j2", "cp A B --recursive=1 -j=2",
        "copy -j 9 -j 2 A -r B", "cp -r -j2 -- A B", "cp A -r B -j0x2", "--insecure cp -rj2 A B",
        "--platform linux/amd64 cp A B -r -j 2", "-v cp A B -rj2", "cp -vrj2 A B", "cp -r=false -r A B -j 02",
        "cp A B -rj 0_2",
    ])
    func `every form of flags gives the same copy`(line: String) throws {
        let invocation = try invocation(line)
        #expect(invocation.command == ["copy"])
        #expect(invocation.arguments == ["A", "B"])
        #expect(invocation.flags.bool("recursive"))
        #expect(invocation.flags.int("jobs") == 2)
    }

    @Test func `words behind -- are arguments whatever they look like`() throws {
        #expect(try invocation("cp -- -r B").arguments == ["-r", "B"])
        #expect(try invocation("cp -- A --").arguments == ["A", "--"])
        #expect(try invocation("cp '' -").arguments == ["", "-"])
    }

    @Test(
        arguments: [
            ("cp --x A B", "unknown flag: --x"), ("cp --x=1", "unknown flag: --x"),
            ("--version", "unknown flag: --version"),
            ("cp -a A B", "unknown shorthand flag: 'a' in -a"), ("cp -ra", "unknown shorthand flag: 'a' in -a"),
            ("cp -ax", "unknown shorthand flag: 'a' in -ax"), ("cp -r= A B", "unknown shorthand flag: '=' in -="),
            ("cp A B --jobs", "flag needs an argument: --jobs"), ("cp A B -j", "flag needs an argument: 'j' in -j"),
            ("cp A B -rj", "flag needs an argument: 'j' in -j"), ("cp ---x", "bad flag syntax: ---x"),
            ("cp --=x", "bad flag syntax: --=x"),
            (
                "cp -jx A B",
                #"invalid argument "x" for "-j, --jobs" flag: strconv.ParseInt: parsing "x": invalid syntax"#
            ),
            (
                "cp --jobs= A B",
                #"invalid argument "" for "-j, --jobs" flag: strconv.ParseInt: parsing "": invalid syntax"#
            ),
            (
                "cp -j 99999999999999999999 A B",
                #"invalid argument "99999999999999999999" for "-j, --jobs" flag: "#
                    + #"strconv.ParseInt: parsing "99999999999999999999": value out of range"#
            ),
            (
                "cp --insecure=banana A B",
                #"invalid argument "banana" for "--insecure" flag: strconv.ParseBool: parsing "banana": invalid syntax"#
            ),
            (
                "-v=x cp",
                #"invalid argument "x" for "-v, --verbose" flag: strconv.ParseBool: parsing "x": invalid syntax"#
            ),
            (
                "cp --platform a/b/c/d A B",
                #"invalid argument "a/b/c/d" for "--platform" flag: too many slashes in platform spec: a/b/c/d"#
            ),
        ])
    func `a bad flag is refused in the known words`(line: String, message: String) {
        #expect(problem(line)?.message == message)
    }
}

@Suite struct CommandLineSyntaxTests {
    @Test(
        arguments: [
            ("cp", "accepts 2 arg(s), received 0"), ("cp -j 0x10", "accepts 2 arg(s), received 0"),
            ("cp A B C", "accepts 2 arg(s), received 3"), ("cp -h=false A", "accepts 2 arg(s), received 1"),
            ("pull A", "requires at least 2 arg(s), only received 1"),
            ("export", "accepts between 1 and 2 arg(s), received 0"),
            ("get a b", "accepts at most 1 arg(s), received 2"),
            ("version x", #"unknown command "x" for "gcrane version""#), ("index", "accepts 1 arg(s), received 0"),
        ])
    func `a wrong number of arguments is refused in the known words`(line: String, message: String) {
        #expect(problem(line) == SyntaxError(message))
    }

    @Test(
        arguments: [
            ("bogus", []), ("CP", ["copy"]), ("cop", ["copy"]), ("app", ["append"]), ("get2", ["get"]),
            ("-r cp A B", ["append"]), ("verison", ["version"]),
        ] as [(String, [String])])
    func `an unknown command names those near it`(line: String, near: [String]) throws {
        let word = try #require(line == "-r cp A B" ? "A" : line)
        let question = near.isEmpty ? "" : "\n\nDid you mean this?\n" + near.map { "\t\($0)\n" }.joined()
        #expect(
            problem(line)
                == SyntaxError(
                    #"unknown command "\#(word)" for "gcrane""# + question, advice: "Run 'gcrane --help' for usage."))
    }

    @Test(arguments: ["cp -h", "cp --help A", "cp A B C -h", "cp -rh", "help cp", "help copy x", "cp --jobs 3 -h"])
    func `help is given for a command however it is asked for`(line: String) throws {
        guard case .help(let text) = try syntax.parse(words(line)) else { return #expect(Bool(false), "no help") }
        #expect(
            text == """
                copies an image

                Usage:
                  gcrane copy SRC DST [flags]

                Aliases:
                  copy, cp

                Flags:
                  -h, --help        show this text
                  -j, --jobs int    images at once (default 2)
                  -r, --recursive   all below

                Global Flags:
                      --insecure            \("")
                      --platform platform   which one (default all)
                  -v, --verbose             say more
                """)
    }

    @Test(arguments: ["", "-", "-- cp A B", "--help=false", "help nosuch", "help nosuch x", "index x"])
    func `usage is told on standard error where something was left out`(line: String) throws {
        guard case .usage(let text) = try syntax.parse(words(line)) else { return #expect(Bool(false), "no usage") }
        #expect(text.contains("Usage:\n  gcrane "))
        #expect(line.hasPrefix("help") == text.hasPrefix("Unknown help topic [`nosuch`"))
    }

    @Test(arguments: ["-h", "--help", "help", "help help", "-h cp", "registry", "registry bogus", "help index list"])
    func `help is told on standard output where it was asked for`(line: String) throws {
        guard case .help = try syntax.parse(words(line)) else { return #expect(Bool(false), "no help") }
    }

    @Test func `commands below commands are found`() throws {
        let invocation = try invocation("index -v list REF")
        #expect(invocation.command == ["index", "list"] && invocation.arguments == ["REF"])
        #expect(syntax.command(in: ["-j", "3", "cp", "A", "B"])?.name == "copy")
        #expect(syntax.command(in: ["batch", "cp"]) == nil)
    }
}
