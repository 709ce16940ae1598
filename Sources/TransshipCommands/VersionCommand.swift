import ArgumentParser
import Reporting

struct VersionCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version.")

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        context.console.output(Version.line)
        return .success
    }
}
