// SPDX-License-Identifier: Apache-2.0

import BatchList
import Content
import GcraneSyntax
import OCI
import Reporting

/// Runs command lines as gcrane and crane do: the status is 0 for success and 1 for failure, and the last line of a
/// failure begins with `Error: `.
struct GcraneCommandLine: Sendable {
    let program: ProgramName
    let context: CommandContext

    /// Whether this type runs a line: every line under the names gcrane and crane, and the shared commands under the
    /// name transship.
    func takes(_ words: [String]) -> Bool {
        if program != .transship || Self.asksForCompletion(words) { return true }
        let syntax = GcranePrograms.syntax(for: program)
        if words.first == "help" { return syntax.command(in: Array(words.dropFirst())) != nil }
        return syntax.command(in: words) != nil || Self.absence(in: words) != nil
    }

    private static func asksForCompletion(_ words: [String]) -> Bool {
        words.first == "__complete" || words.first == "__completeNoDesc"
    }

    private func complete(_ words: [String]) -> Int32 {
        let completion = Completion(
            of: Array(words.dropFirst()), in: GcranePrograms.completions(for: program),
            registries: context.knownRegistries)
        context.console.output(completion.text(withSummaries: words.first == "__complete"))
        context.console.note(completion.directiveText)
        return ExitStatus.success.rawValue
    }

    func run(_ words: [String]) async -> Int32 {
        if Self.asksForCompletion(words) { return complete(words) }
        do {
            if let name = Self.absence(in: words) { throw Self.absent(name) }
            if program == .transship { try RepeatedOptions.refuse(words) }
            switch try GcranePrograms.syntax(for: program).parse(words) {
            case .help(let text):
                try refuseUnknownCommand(words)
                context.console.output(own(words) ?? text)
            case .usage(let text):
                try refuseUnknownCommand(words)
                context.console.note(own(words) ?? text)
            case .run(let invocation):
                try checkWords(of: invocation)
                return try await carryOut(invocation)
            }
            return ExitStatus.success.rawValue
        } catch {
            return report(error, words)
        }
    }

    /// Under the name transship, a misspelt command is an error, and not a help text.
    private func refuseUnknownCommand(_ words: [String]) throws {
        guard program == .transship, words.first != "help", !words.contains("--help"), !words.contains("-h") else {
            return
        }
        let mistake = UsageMistake(words, parserMessage: "")
        if mistake.isUnknownCommand { throw SyntaxError(mistake.message) }
    }

    /// Help in the form that all commands have under the name transship; nil under the other names.
    private func own(_ words: [String]) -> String? {
        program == .transship ? HelpPage.page(for: words).text : nil
    }

    /// Under the name transship, refuses names that are written for other tools. gcrane takes them for images.
    private func checkWords(of invocation: Invocation) throws {
        guard program == .transship, invocation.command.first != "auth" else { return }
        let foreign = invocation.arguments.compactMap(ForeignTransport.init)
        guard let first = foreign.first else { return }
        var failure = CommandFailure(first.message, hint: first.hint)
        for other in foreign.dropFirst() where !failure.hints.contains(other.hint) { failure.hints.append(other.hint) }
        throw failure
    }

    private func carryOut(_ invocation: Invocation) async throws -> Int32 {
        guard let type = GcranePrograms.command(at: invocation.command) else { return ExitStatus.someFailed.rawValue }
        return try await Interruption.guarding(context.console, isAnnounced: false, code: Self.code) { interruption in
            do {
                try await type.init(job: GcraneJob(program: program, invocation: invocation, context: context)).run()
            } catch {
                if context.console.endedCommand { return ExitStatus.someFailed.rawValue }
                if let status = interruption.status, status != .interrupted { return status.rawValue }
                return report(error)
            }
            if let status = interruption.status, status != .interrupted { return status.rawValue }
            return ExitStatus.success.rawValue
        }
    }

    /// gcrane answers SIGINT with 1. The other signals end gcrane by themselves.
    private static func code(_ status: ExitStatus) -> Int32 {
        (status == .interrupted ? .someFailed : status).rawValue
    }

    /// Hints come before the error, because scripts read the last line.
    private func report(_ error: any Error, _ words: [String] = []) -> Int32 {
        if error is SilentFailure { return ExitStatus.someFailed.rawValue }
        var failure = Self.failure(of: error)
        if let mistake = mistake(in: words, error) {
            if mistake.isUnknownCommand { failure.messages = [mistake.message] }
            failure.hints += mistake.hints + ["\(mistake.path) --help tells of its options"]
        }
        let last = failure.messages.popLast() ?? ""
        for line in failure.messages { context.console.note(line) }
        for hint in failure.hints { TimestampedLog(console: context.console).line("hint: " + hint) }
        context.console.note("Error: " + last)
        if let error = error as? SyntaxError, let advice = error.advice { context.console.note(advice) }
        return ExitStatus.someFailed.rawValue
    }

    /// What is wrong with the words, under the name transship; otherwise nil.
    private func mistake(in words: [String], _ error: any Error) -> UsageMistake? {
        guard program == .transship, let error = error as? SyntaxError else { return nil }
        return UsageMistake(words, parserMessage: error.message)
    }

    private static func failure(of error: any Error) -> CommandFailure {
        switch error {
        case let failure as CommandFailure: failure
        case let failure as ContentFailure where failure.kind == .cancelled: .interrupted
        case let failure as ContentFailure: CommandFailure(failure.message, hint: failure.hint)
        case let error as SyntaxError: CommandFailure(error.message)
        case is CancellationError: .interrupted
        default: CommandFailure("\(error)".displayable)
        }
    }

    // MARK: - What we do not have

    private static func absence(in words: [String]) -> String? {
        let bare = words.lazy.filter { !$0.hasPrefix("-") }
        guard let first = bare.first else { return nil }
        if GcranePrograms.absent.contains(first) { return first }
        return bare.dropFirst().first.map { "\(first) \($0)" }.flatMap { GcranePrograms.absent.contains($0) ? $0 : nil }
    }

    private static func absent(_ name: String) -> CommandFailure {
        CommandFailure(
            "transship has no \"\(name)\" command",
            hint: "gcrane and crane have it; transship does not")
    }
}

extension CommandFailure {
    static let interrupted = CommandFailure("interrupt signal received")
}

/// A failure of which nothing more is to be printed, because the output has told it already.
struct SilentFailure: Error {}
