// SPDX-License-Identifier: Apache-2.0

import GcraneSyntax
import Reporting

/// `completion SHELL`: prints a script that the shell reads.
struct CompletionCommand<Shell: CompletedShell>: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        let name = Shell.kind.rawValue
        var spec = CommandSpec(
            name, "", .none, summary: "print a script that completes command lines in \(name)",
            flags: [FlagSpec("no-descriptions", .bool, "complete words without telling about them")])
        spec.notes = [
            "For the session at hand:\n  " + Shell.session(program.rawValue),
            "The script asks this program at each completion, so it does not have to be made again.",
        ]
        return spec
    }

    func run() async throws {
        let script = CompletionScript(
            for: job.program.rawValue, withSummaries: !job.flags.bool("no-descriptions"))
        job.console.output(script.text(for: Shell.kind))
    }
}

/// A shell that completion is printed for.
protocol CompletedShell: Sendable {
    static var kind: CompletionScript.Shell { get }
    /// The command line that loads a program's script into the running shell.
    static func session(_ program: String) -> String
}

enum Bash: CompletedShell {
    static let kind = CompletionScript.Shell.bash
    static func session(_ program: String) -> String { "source <(\(program) completion bash)" }
}

enum Zsh: CompletedShell {
    static let kind = CompletionScript.Shell.zsh
    static func session(_ program: String) -> String { "source <(\(program) completion zsh)" }
}

enum Fish: CompletedShell {
    static let kind = CompletionScript.Shell.fish
    static func session(_ program: String) -> String { "\(program) completion fish | source" }
}

enum PowerShell: CompletedShell {
    static let kind = CompletionScript.Shell.powershell
    static func session(_ program: String) -> String {
        "\(program) completion powershell | Out-String | Invoke-Expression"
    }
}
