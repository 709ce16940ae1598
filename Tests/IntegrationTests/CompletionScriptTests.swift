import Foundation
import Testing

/// Scripts are read by the shells they are for, and asked as those ask when somebody types.
@Suite struct CompletionScriptTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        for name in ["crane", "gcrane", "transship"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(scratch.path)/\(name)", withDestinationPath: Tool.products.path + "/transship")
        }
    }

    /// What bash would offer for words; the last one is being typed.
    private func offers(_ program: String, _ words: String) async throws -> [String] {
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
