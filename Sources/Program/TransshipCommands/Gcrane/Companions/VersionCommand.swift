// SPDX-License-Identifier: Apache-2.0

import GcraneSyntax
import OCI
import Reporting

struct VersionCommand: GcraneCommand {
    let job: GcraneJob

    /// Under the names crane and gcrane, the command takes no flags, as in crane.
    static func spec(for program: ProgramName) -> CommandSpec {
        guard program == .transship else {
            return CommandSpec("version", "", .none, summary: "print the version")
        }
        var spec = CommandSpec(
            "version", "", .none, summary: "print the version, the commit, and the versions of Swift and zlib",
            flags: [
                FlagSpec("format", .string, "text or json", defaultText: "\"text\"", choices: forms),
                FlagSpec("output", .string, "the same as --format", choices: forms, isHidden: true),
            ])
        spec.exclusive = ["format", "output"]
        spec.examples = [.init("As an object, for scripts", "version --format json")]
        return spec
    }

    private static let forms = ["text", "json"]

    func run() async throws {
        // Under the names crane and gcrane, scripts expect only a version. The build metadata of semantic versioning
        // names this program.
        guard job.program == .transship else { return job.console.output("\(Version.number)+transship") }
        let facts = BuildFacts()
        switch job.flags.text("format") ?? job.flags.text("output") ?? "text" {
        case "text": job.console.output(facts.text)
        case "json": job.console.output(facts.json.text)
        case let other:
            throw CommandFailure(
                "--format \(other.displayable) is not a form; it takes \(Self.forms.joined(separator: " or "))")
        }
    }
}
