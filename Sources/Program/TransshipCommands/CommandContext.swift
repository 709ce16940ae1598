// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Reporting
import TransferEngine

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The environment variables of the process. The executable reads them once, at the start.
package struct CommandEnvironment: Sendable {
    package var variables: [String: String]

    package init(variables: [String: String]) { self.variables = variables }

    /// The environment of this process.
    package static var current: CommandEnvironment {
        CommandEnvironment(variables: ProcessInfo.processInfo.environment)
    }

    subscript(name: String) -> String? {
        variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// What every command needs: its environment, its arguments and the console.
struct CommandContext: Sendable {
    let environment: CommandEnvironment
    /// The command line without the program's name.
    var arguments: [String] = []
    let console = Console(diesOfBrokenPipes: !ProcessStart.ignoresBrokenPipes)

    /// Writes an additional output, such as a list or a report. A failure is reported, and the rest continues.
    ///
    /// - Returns: the status, no longer success after a failure.
    func keeping(_ status: ExitStatus, _ write: () throws -> Void) -> ExitStatus {
        do { try write() } catch {
            let failure = error as? CommandFailure ?? CommandFailure("\(error)".displayable)
            for message in failure.messages { console.note("error: " + message) }
            for hint in failure.hints { console.note("hint: " + hint) }
            return status.failing
        }
        return status
    }
}

/// A command of this program.
protocol TransshipCommand: ParsableCommandBase {
    /// How messages are written.
    var noticeStyle: NoticeStyle { get }
    /// The files that the options name. They are checked before the command begins. If there are any, the command
    /// continues when standard output cannot be written any more.
    func outputs(in environment: CommandEnvironment) throws -> [OutputFile]
    /// What happens when standard output cannot be written any more, if there are no files to write.
    var lostResults: Console.LostResults { get }
    /// - Throws: `CommandFailure` for everything that ends the command before it can give a status.
    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus
}

extension TransshipCommand {
    func outputs(in environment: CommandEnvironment) throws -> [OutputFile] { [] }
    var lostResults: Console.LostResults { .endCommand }
    var noticeStyle: NoticeStyle { NoticeStyle() }
}

/// Why a command could not do its work, ready to be read.
struct CommandFailure: Error {
    var messages: [String]
    /// Each hint is printed once, even if several messages share it.
    var hints: [String]
    var status: ExitStatus

    init(_ message: String, hint: String? = nil, status: ExitStatus = .someFailed) {
        messages = [message]
        hints = hint.map { [$0] } ?? []
        self.status = status
    }

    /// Something the user typed is wrong: nothing was tried.
    static func usage(_ messages: [String], hint: String? = nil) -> CommandFailure {
        usage(messages, hints: hint.map { [$0] } ?? [])
    }

    /// - Parameter hints: the hints of all messages. The same hint may be there several times.
    static func usage(_ messages: [String], hints: [String]) -> CommandFailure {
        var failure = CommandFailure("", status: .usage)
        failure.messages = messages
        for hint in hints where !failure.hints.contains(hint) { failure.hints.append(hint) }
        return failure
    }
}

extension Console {
    /// Reports that no requests are sent to a registry for a while, and shows it in the progress as well.
    func tellPause(to tracker: ProgressTracker? = nil) -> PauseHandler {
        { [self] store, pause, reason in
            tell(.waiting(store, pause.length, reason))
            tracker?.pause(store, pause, reason)
        }
    }
}
