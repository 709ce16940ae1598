// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import Reporting
import RunJournal

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where a run leaves what the next one should know.
struct JournalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What a run leaves for the next one, which goes on where it stopped; none keeps nothing. "
                + "(default: transship/journal in XDG_STATE_HOME, else ~/.local/state)",
            valueName: "file|none"))
    var journal: String?

    /// nil: none is wanted, or the usual place cannot be used, which is told and hinders nothing.
    func open(_ context: CommandContext) throws -> RunJournal? {
        if journal == "none" { return nil }
        do {
            if let journal { return try Self.journal(at: journal) }
            guard let folder = context.environment.stateFolder else { return nil }
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            return try Self.journal(at: folder + "/journal")
        } catch {
            let reason = (error as? JournalError)?.description ?? "cannot make the folder of the journal"
            if journal != nil { throw CommandFailure.usage(["--journal: \(reason.displayable)"]) }
            context.console.note("warning: \(reason.displayable); this run leaves nothing for the next one")
            return nil
        }
    }

    private static func journal(at path: String) throws(JournalError) -> RunJournal {
        try RunJournal(path) { Int64(Date().timeIntervalSince1970) }
    }
}

extension CommandEnvironment {
    fileprivate var stateFolder: String? {
        let base = self["XDG_STATE_HOME"] ?? self["HOME"].map { $0 + "/.local/state" }
        return base.map { $0 + "/transship" }
    }
}
