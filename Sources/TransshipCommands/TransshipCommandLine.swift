import ArgumentParser
import OCI
import Reporting

/// The program: arguments in, exit status out.
package enum TransshipCommandLine {
    /// Looks at what the process was given and makes it safe: before anything else, and before any task runs.
    package static func prepare() { ProcessStart.prepare() }

    /// Parses and carries out a command line.
    ///
    /// - Parameters:
    ///   - program: what the process was called as.
    ///   - arguments: without the program's name.
    /// - Returns: what the process ends with.
    package static func run(
        _ program: ProgramName, _ arguments: [String], environment: CommandEnvironment
    ) async -> Int32 {
        let context = CommandContext(environment: environment, arguments: arguments)
        let gcrane = GcraneCommandLine(program: program, context: context)
        if gcrane.takes(arguments) { return conclude(await gcrane.run(arguments), .gcrane, context.console) }
        let dialect = ErrorDialect.of(program)
        return conclude(await run(arguments, dialect, context), dialect, context.console)
    }

    /// A result or a message that was lost is never success.
    private static func conclude(_ code: Int32, _ dialect: ErrorDialect, _ console: Console) -> Int32 {
        for loss in console.takeUntoldLosses() { console.note(dialect.prefix + loss) }
        return code == ExitStatus.success.rawValue && !console.losses.isEmpty ? ExitStatus.someFailed.rawValue : code
    }

    private static func run(
        _ arguments: [String], _ dialect: ErrorDialect, _ context: CommandContext
    ) async -> Int32 {
        do {
            try checkCommand(arguments)
            // Parsed inside, because a parsed command stays in the task that made it.
            return try await Interruption.guarding(context.console, isAnnounced: true) { interruption in
                var command = try TransshipRoot.parseAsRoot(arguments)
                if let command = command as? any TransshipCommand {
                    context.console.whenResultsAreLost(command.lostResults)
                    return try await command.execute(context, interruption).rawValue
                }
                // The parser's own: it says what help to print by throwing.
                try command.run()
                return ExitStatus.success.rawValue
            }
        } catch  where context.console.endedCommand {
            return ExitStatus.someFailed.rawValue
        } catch let failure as CommandFailure {
            return report(failure, dialect, context.console)
        } catch {
            return report(parsing: error, dialect, context.console)
        }
    }

    /// Says more of an unknown command than a parser that takes it for an argument.
    private static func checkCommand(_ arguments: [String]) throws {
        guard let first = arguments.first, !first.hasPrefix("-"), first != "help" else { return }
        let names = TransshipRoot.configuration.subcommands.flatMap { command in
            [command.configuration.commandName ?? ""] + command.configuration.aliases
        }
        guard !names.contains(first) else { return }
        throw CommandFailure.usage(
            [
                "transship has no command \"\(first.displayable)\"; it has \((names + GcranePrograms.names).joined(separator: ", "))"
            ],
            hint: "transship --help says what each one does")
    }

    private static func report(_ failure: CommandFailure, _ dialect: ErrorDialect, _ console: Console) -> Int32 {
        for line in failure.messages { console.note(dialect.prefix + line) }
        if let hint = failure.hint { console.note("hint: " + hint) }
        return failure.status.rawValue
    }

    /// Help goes to standard output, everything else that parsing says is an error.
    private static func report(parsing error: any Error, _ dialect: ErrorDialect, _ console: Console) -> Int32 {
        if TransshipRoot.exitCode(for: error) == .success {
            console.output(TransshipRoot.fullMessage(for: error))
            return ExitStatus.success.rawValue
        }
        let text = TransshipRoot.message(for: error)
        console.note(dialect.prefix + (text.isEmpty ? "\(error)" : text).displayable(limit: 4096))
        console.note("Run 'transship --help' for usage.")
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
    /// gcrane knows only 1.
    var usageStatus: ExitStatus { self == .gcrane ? .someFailed : .usage }
}
