// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import Reporting

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// For packagers of this program; not part of the help.
struct ManCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "man", abstract: "Write the man pages of all commands into a folder.", shouldDisplay: false)

    @Argument(help: ArgumentHelp("The folder, made if needed.", valueName: "folder")) var folder: String?
    @Flag(help: "Print the command reference instead.") var reference = false

    func validate() throws {
        guard (folder == nil) == reference else { throw ValidationError("give a folder, or --reference") }
    }

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        guard let folder else {
            context.console.output(bytes: Array(HelpPage.reference.utf8))
            return .success
        }
        do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
            throw CommandFailure.usage(["cannot make the folder \(folder.displayable)"])
        }
        for page in HelpPage.all { try FileBytes.write(page.man, to: "\(folder)/\(page.manName).1") }
        return .success
    }
}
