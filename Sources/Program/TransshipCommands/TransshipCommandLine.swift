// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GcraneSyntax
import OCI
import Reporting

/// The program: arguments in, exit status out.
package enum TransshipCommandLine {
    /// Checks the process's inherited descriptors and makes them safe, before anything else and before any task runs.
    ///
    /// - Parameter program: the name by which the process was started.
    package static func prepare(as program: ProgramName) { ProcessStart.prepare(as: program) }

    /// Parses and carries out a command line.
    ///
    /// - Parameters:
    ///   - program: the name by which the process was started.
    ///   - arguments: without the program's name.
    /// - Returns: the exit code of the process.
    package static func run(
        _ program: ProgramName, _ arguments: [String], environment: CommandEnvironment
    ) async -> Int32 {
        let context = CommandContext(environment: environment, arguments: arguments)
        let arguments = program == .transship ? ReferrerOption.filled(arguments) : arguments
        let gcrane = GcraneCommandLine(program: program, context: context)
        if gcrane.takes(arguments) { return conclude(await gcrane.run(arguments), in: .gcrane, context.console) }
        let dialect = ErrorDialect.of(program)
        return conclude(await run(arguments, in: dialect, context), in: dialect, context.console)
    }

    /// Reports what was lost. The exit code is never success if a result or a message was lost.
    private static func conclude(_ code: Int32, in dialect: ErrorDialect, _ console: Console) -> Int32 {
        for loss in console.takeUntoldLosses() { console.note(dialect.prefix + loss) }
        return code == ExitStatus.success.rawValue && !console.losses.isEmpty ? ExitStatus.someFailed.rawValue : code
    }

    private static func run(
        _ arguments: [String], in dialect: ErrorDialect, _ context: CommandContext
    ) async -> Int32 {
        do {
            if arguments.first == "help" { return try help(on: Array(arguments.dropFirst()), context.console) }
            try checkCommand(arguments)
            try ReferrerOption.checkValue(in: context.arguments)
            try RepeatedOptions.refuse(arguments)
            for note in RenamedOptions.notes(on: arguments) { context.console.note(note) }
            // Parsed inside, because a parsed command stays in the task that made it.
            return try await Interruption.guarding(context.console, isAnnounced: true) { interruption in
                var command = try TransshipRoot.parseAsRoot(arguments)
                if let command = command as? any TransshipCommand {
                    context.console.tell(as: command.noticeStyle)
                    let outputs = try command.outputs(in: context.environment)
                    try OutputFile.prepare(outputs)
                    context.console.whenResultsAreLost(outputs.isEmpty ? command.lostResults : .goOn)
                    return try await command.execute(context, interruption).rawValue
                }
                // A command of the parser itself. By throwing it says which help to print.
                try command.run()
                return ExitStatus.success.rawValue
            }
        } catch  where context.console.endedCommand {
            return ExitStatus.someFailed.rawValue
        } catch let failure as CommandFailure {
            return report(failure, in: dialect, context.console)
        } catch {
            return report(parsing: error, arguments, in: dialect, context.console)
        }
    }

    /// Refuses an unknown command with more details than the parser, which would take the word for an argument.
    private static func checkCommand(_ arguments: [String]) throws {
        guard let first = arguments.first, !first.hasPrefix("-"), first != "help" else { return }
        guard !OwnCommands.names.contains(first) else { return }
        throw unknown(first)
    }

    private static func unknown(_ command: String) -> CommandFailure {
        let near = Suggestions.best(command, among: OwnCommands.shownNames + GcranePrograms.names)
        return CommandFailure.usage(
            ["transship has no command \"\(command.displayable)\""],
            hint: ForeignCommands.hint(on: command) ?? near.map { "did you mean transship \($0)?" }
                ?? "transship --help names all commands")
    }

    private static func help(on words: [String], _ console: Console) throws -> Int32 {
        let page = HelpPage.page(for: words)
        if page.words.count == 1, let unknown = words.first(where: { !$0.hasPrefix("-") && $0 != "help" }) {
            throw Self.unknown(unknown)
        }
        console.output(page.text)
        return ExitStatus.success.rawValue
    }

    private static func report(_ failure: CommandFailure, in dialect: ErrorDialect, _ console: Console) -> Int32 {
        for line in failure.messages { console.note(dialect.prefix + line) }
        for hint in failure.hints { console.note("hint: " + hint) }
        return failure.status.rawValue
    }

    /// Help goes to standard output. Everything else that the parser says is an error.
    private static func report(
        parsing error: any Error, _ words: [String], in dialect: ErrorDialect, _ console: Console
    ) -> Int32 {
        let text = TransshipRoot.message(for: error)
        if TransshipRoot.exitCode(for: error) == .success {
            let full = TransshipRoot.fullMessage(for: error)
            console.output(full == Version.line ? full : HelpPage.page(for: words).text)
            return ExitStatus.success.rawValue
        }
        let mistake = UsageMistake(words, parserMessage: text.isEmpty ? "\(error)" : text)
        // The parser repeats what was typed, including a login that was pasted with an address.
        console.note(dialect.prefix + mistake.message.withoutSecrets.displayable(limit: 4096))
        for hint in mistake.hints { console.note("hint: " + hint) }
        console.note("Run '\(mistake.path) --help' for usage.")
        return dialect.usageStatus.rawValue
    }
}

/// How a command reports failure: under gcrane's name its way, otherwise this program's own.
enum ErrorDialect {
    case gcrane
    case own

    static func of(_ program: ProgramName) -> ErrorDialect {
        program == .transship ? .own : .gcrane
    }

    var prefix: String { self == .gcrane ? "Error: " : "error: " }
    /// gcrane ends with 1 for every failure.
    var usageStatus: ExitStatus { self == .gcrane ? .someFailed : .usage }
}
