// SPDX-License-Identifier: Apache-2.0

import OCI

/// The grammar of a program: its commands, and the flags all of them have.
package struct CommandLineSyntax: Sendable {
    /// The program as a command. Its name is the name by which the program was started.
    package var root: CommandSpec
    package var globals: [FlagSpec]

    package init(root: CommandSpec, globals: [FlagSpec]) {
        self.root = root
        self.globals = globals
    }

    /// What a command line asks for.
    package enum Request: Sendable {
        case run(Invocation)
        /// Help that the user asked for, for standard output.
        case help(String)
        /// Usage for standard error, because the line names no command to run.
        case usage(String)
    }

    /// Parses the words of a command line.
    ///
    /// - Throws: `SyntaxError`. Its message is gcrane's, which scripts know.
    package func parse(_ words: [String]) throws(SyntaxError) -> Request {
        let finder = CommandFinder(root, words, globals: globals)
        if finder.path.count == 1, let unknown = try wordForProgram(finder) { return unknown }
        return try request(finder)
    }

    /// The command of this program that a line names; nil if it names none.
    package func command(in words: [String]) -> CommandSpec? {
        let path = CommandFinder(root, words, globals: globals).path
        return path.count > 1 ? path[1] : nil
    }

    /// The commands that a line names, from the program down, as far as its words are commands.
    package func path(in words: [String]) -> [CommandSpec] {
        CommandFinder(root, words.first == "help" ? Array(words.dropFirst()) : words, globals: globals).path
    }

    private func wordForProgram(_ finder: CommandFinder) throws(SyntaxError) -> Request? {
        let bare = finder.bareWords
        guard let first = bare.first else { return nil }
        if first == "help" { return help(on: Array(bare.dropFirst())) }
        let near = Suggestions.near(first, among: root.subcommands.map(\.name))
        let question = near.isEmpty ? "" : "\n\nDid you mean this?\n" + near.map { "\t\($0)\n" }.joined()
        throw SyntaxError(
            "unknown command \(GoLiteral.quoted(first)) for \(GoLiteral.quoted(root.name))" + question,
            advice: "Run '\(root.name) --help' for usage.")
    }

    private func request(_ finder: CommandFinder) throws(SyntaxError) -> Request {
        let path = finder.path
        let command = path[path.count - 1]
        let text = HelpText(path: path, globals: globals)
        var reader = FlagReader(flags: command.flags + [.help] + globals)
        try reader.read(finder.words)
        if reader.values.bool("help") || command.role == .onlyHelps { return .help(text.help) }
        if let problem = command.arity.problem(with: reader.arguments, of: text.pathText) { throw SyntaxError(problem) }
        if let problem = command.problem(with: reader.values) { throw SyntaxError(problem) }
        if command.role == .groups { return .usage(text.usage) }
        return .run(
            Invocation(
                program: root.name, command: path.dropFirst().map(\.name), flags: reader.values,
                arguments: reader.arguments, text: text))
    }

    /// `help`, `help COMMAND…`: words after the last command are ignored.
    private func help(on words: [String]) -> Request {
        let path = CommandFinder(root, words, globals: globals).path
        guard path.count > 1 || words.isEmpty || words.first == "help" else {
            let topic = words.map { "`\($0.displayable)`" }.joined(separator: " ")
            return .usage("Unknown help topic [\(topic)]\n" + HelpText(path: [root], globals: globals).usage)
        }
        return .help(HelpText(path: path, globals: globals).help)
    }
}

/// A command to run, with its flags and arguments.
package struct Invocation: Sendable {
    /// The name by which the program was started.
    package var program: String
    /// `["index", "list"]`; empty for the program itself.
    package var command: [String]
    package var flags: FlagValues
    package var arguments: [String]
    let text: HelpText

    /// The command's help, for a command that finds it has nothing to do.
    package var help: String { text.help }
}
