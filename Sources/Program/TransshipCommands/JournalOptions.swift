// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import Reporting
import RunJournal
import TransferEngine

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

private let usualPlace = "(default: transship/journal in XDG_STATE_HOME, else ~/.local/state)"

/// Seconds since 1970.
private var now: Int64 { Int64(Date().timeIntervalSince1970) }

private func usualJournal(in folder: String) -> String { folder + "/journal" }

/// Where a run writes what the next run should know.
struct JournalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The journal: what this run leaves, so that the next one continues where it stopped. none: no journal. \(usualPlace)",
            valueName: "file|none"))
    var journal: String?

    /// The file that the option names.
    var path: String? { journal == "none" ? nil : journal }

    /// Opens the journal. nil: none is wanted, or the usual place cannot be used; then a warning is printed, and the
    /// run continues.
    func open(_ context: CommandContext) throws -> RunJournal? {
        if journal == "none" { return nil }
        do {
            if let journal { return try Self.journal(at: journal) }
            guard let folder = context.environment.stateFolder else { return nil }
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            return try Self.journal(at: usualJournal(in: folder))
        } catch {
            let reason = (error as? JournalError)?.description ?? "cannot make the folder of the journal"
            if journal != nil { throw CommandFailure.usage(["--journal: \(reason.displayable)"]) }
            context.console.note("warning: \(reason.displayable); this run leaves nothing for the next one")
            return nil
        }
    }

    private static func journal(at path: String) throws(JournalError) -> RunJournal {
        try RunJournal(path) { now }
    }
}

/// The journal of the run that a command predicts. The command only reads it.
struct EarlierRunsOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The journal that the run will use; none if it uses none. It is only read. \(usualPlace)",
            valueName: "file|none"))
    var journal: String?

    func read(for targets: Set<StoreID>, _ context: CommandContext) throws -> EarlierRuns {
        guard journal != "none", let path = journal ?? context.environment.stateFolder.map(usualJournal) else {
            return EarlierRuns()
        }
        do throws(JournalError) {
            return try RunJournal.earlierRuns(in: targets, reading: path, now: now)
        } catch {
            if journal != nil { throw CommandFailure.usage(["--journal: \(error.description.displayable)"]) }
            context.console.note("warning: \(error.description.displayable); earlier runs are not considered")
            return EarlierRuns()
        }
    }
}

extension CommandEnvironment {
    fileprivate var stateFolder: String? {
        let base = self["XDG_STATE_HOME"] ?? self["HOME"].map { $0 + "/.local/state" }
        return base.map { $0 + "/transship" }
    }
}
