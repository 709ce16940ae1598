// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Scripts are read by the shells they are for, and asked as those ask when somebody types.
@Suite struct CompletionScriptTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        for name in ["crane", "gcrane", "transship"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(scratch.path)/\(name)", withDestinationPath: Tool.products.path + "/transship")
        }
    }

    /// What bash would offer for words; the last one is being typed.
    func offers(_ program: String, _ words: String) async throws -> [String] {
        let script = """
            source <(\(program) completion bash)
            function=$(complete -p \(program) | grep -o -- '-F [^ ]*' | cut -c4-)
            COMP_WORDS=(\(program) \(words)) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            $function \(program) "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let finished = try await Tool.run(
            "bash", ["-c", script], environment: ["PATH": "\(scratch.path):/usr/bin:/bin", "HOME": scratch.path])
        #expect(finished.status == 0 && finished.errors.isEmpty, "\(finished)")
        return finished.lines
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let program: String
        let words: String
        let expected: [String]
        var testDescription: String { "\(program) \(words)" }
    }

    static let rows = [
        Row(program: "crane", words: "val", expected: ["validate"]),
        Row(program: "crane", words: "index ''", expected: ["append", "list"]),
        Row(program: "crane", words: "-v auth log", expected: ["login", "logout"]),
        Row(program: "crane", words: "g", expected: []),
        Row(program: "gcrane", words: "g", expected: ["gc"]),
        Row(program: "gcrane", words: "cp --no", expected: ["--no-clobber"]),
        Row(
            program: "crane", words: "registry serve --a",
            expected: ["--address", "--allow-nondistributable-artifacts"]),
        Row(program: "crane", words: "pull --format = o", expected: ["oci"]),
        Row(program: "crane", words: "cp docker.io/library/debian : bus", expected: []),
        Row(program: "crane", words: "completion ''", expected: ["bash", "fish", "powershell", "zsh"]),
        Row(program: "transship", words: "s", expected: ["scan"]),
        Row(program: "transship", words: "c", expected: ["catalog", "check", "completion", "config", "copy", "cp"]),
        Row(program: "transship", words: "batch --fail", expected: ["--fail-fast", "--failures"]),
        Row(
            program: "transship", words: "registry serve --users x --a",
            expected: ["--access-log", "--address", "--anonymous-pull"]),
        Row(program: "transship", words: "pulls --by ''", expected: ["day", "hour", "minute"]),
        Row(program: "transship", words: "cp --verify d", expected: ["diffid", "digest"]),
    ]

    @Test(arguments: rows) func `bash completes commands, flags and values`(row: Row) async throws {
        #expect(try await offers(row.program, row.words).sorted() == row.expected)
    }

    @Test(arguments: ["bash", "zsh", "fish", "powershell"], ["crane", "transship"])
    func `each shell gets a script for the name the program is called by`(shell: String, program: String) async throws {
        let finished = try await Tool.run("\(scratch.path)/\(program)", ["completion", shell])
        #expect(finished.status == 0 && finished.errors.isEmpty)
        #expect(finished.output.contains(program) && finished.output.contains("__complete"))
    }

    @Test func `scripts that cobra has made find their answers`() async throws {
        let finished = try await Tool.run("\(scratch.path)/crane", ["__complete", "cp", "--pl"])
        #expect(
            finished.output == "--platform\tof an index, only the first image for os/arch[/variant][:osversion]\n:4\n")
        #expect(finished.errors == "Completion ended with directive: ShellCompDirectiveNoFileComp\n")
    }
}

extension CompletionScriptTests {
    private static func has(_ shell: String) -> Bool {
        ["/usr/bin", "/bin"].contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(shell)") }
    }

    private var environment: [String: String] {
        [
            "PATH": "\(scratch.path):/usr/bin:/bin", "HOME": scratch.path, "TERM": "dumb",
            "XDG_CONFIG_HOME": scratch.path,
        ]
    }

    @Test(
        .enabled(if: has("fish")),
        arguments: [
            ("batch --fail", ["--fail-fast", "--failures"]), ("batch --map f", ["flatten"]), ("report m", ["merge"]),
        ])
    func `fish completes our own commands`(line: String, expected: [String]) async throws {
        let script = "transship completion fish | source; complete -C 'transship \(line)'"
        let finished = try await Tool.run("fish", ["--no-config", "-c", script], environment: environment)
        let words = finished.lines.map { String($0.prefix { $0 != "\t" }) }
        #expect(words.sorted() == expected, "\(finished)")
    }

    /// zsh completes only where somebody types, so a shell on a terminal of its own (zsh/zpty) is typed into.
    @Test(
        .enabled(if: has("zsh")),
        arguments: [
            ("batch --fail-f", "--fail-fast"), ("batch --map fl", "flatten"), ("report me", "merge"),
        ])
    func `zsh completes our own commands`(typed: String, expected: String) async throws {
        let script = """
            zmodload zsh/zpty
            zpty shell zsh -f -i
            zpty -w shell 'PS1=; bindkey -e; autoload -Uz compinit; compinit -u -D; source <(transship completion zsh); print rea''dy'
            zpty -r -m shell line '*ready*'
            zpty -w -n shell $'transship \(typed)\\t\\x01print -r -- "RESULT: \\x05"\\n'
            zpty -r -m shell line '*RESULT: transship*"*RESULT: transship*'
            print -r -- $line
            """
        let finished = try await Tool.run("zsh", ["-f", "-c", script], environment: environment)
        #expect(finished.output.contains("RESULT: transship") && finished.output.contains(expected), "\(finished)")
    }

    @Test func `registries of the login file are offered where an image may stand`() async throws {
        try FileManager.default.createDirectory(atPath: scratch.path + "/.docker", withIntermediateDirectories: true)
        _ = try scratch.write(
            ".docker/config.json",
            #"{"auths": {"https://index.docker.io/v1/": {}, "registry.example:5000": {}}, "credHelpers": {"gcr.io": "gcloud"}}"#
        )
        #expect(try await offers("transship", "cp ''").sorted() == ["docker.io/", "gcr.io/", "registry.example:5000/"])
        #expect(try await offers("transship", "cp registry.example : 50") == ["5000/"])
        #expect(try await offers("transship", "batch x --to g") == ["gcr.io/"])
        #expect(try await offers("crane", "ls d") == ["docker.io/"])
        #expect(try await offers("transship", "batch --insecure-registry g") == ["gcr.io"])
    }
}
