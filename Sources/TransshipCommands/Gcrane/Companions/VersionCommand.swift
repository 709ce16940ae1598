import GcraneSyntax
import Reporting

struct VersionCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        CommandSpec("version", "", .none, summary: "print the version")
    }

    /// Under a borrowed name scripts expect nothing but a version: semantic versioning has a place for saying whose.
    func run() async throws {
        job.console.output(job.program == .transship ? Version.line : "\(Version.number)+transship")
    }
}
