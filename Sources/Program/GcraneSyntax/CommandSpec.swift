// SPDX-License-Identifier: Apache-2.0

/// A command as it is declared: its names, flags, arguments and the texts of its help.
package struct CommandSpec: Sendable {
    /// What a command is for.
    package enum Role: Sendable {
        case runs
        /// Contains other commands. If it is called alone, it prints its usage on standard error.
        case groups
        /// Contains other commands. If it is called alone, it prints its help on standard output.
        case onlyHelps
    }

    package var name: String
    package var aliases: [String] = []
    /// The arguments as the usage line shows them, such as `SRC DST`.
    package var arguments: String
    package var summary: String
    /// Replaces the summary in the command's own help.
    package var discussion: String?
    /// Command lines with titles. The lines do not contain the program's name.
    package var examples: [Example] = []
    package var flags: [FlagSpec]
    package var arity: Arity
    package var role: Role
    package var subcommands: [CommandSpec]
    /// Whether the command also takes the program's flags.
    package var takesGlobals = true
    /// Flags that exclude each other.
    package var exclusive: [String] = []
    /// Paragraphs at the end of the help.
    package var notes: [String] = []

    package struct Example: Sendable {
        package var title: String
        /// The command line without the program's name.
        package var line: String

        package init(_ title: String, _ line: String) {
            self.title = title
            self.line = line
        }
    }

    package init(
        _ name: String, _ arguments: String = "", _ arity: Arity = .any, summary: String, flags: [FlagSpec] = [],
        role: Role = .runs, subcommands: [CommandSpec] = []
    ) {
        self.name = name
        self.arguments = arguments
        self.arity = arity
        self.summary = summary
        self.flags = flags
        self.role = role
        self.subcommands = subcommands
    }

    /// What is wrong with the combination of flags; nil if nothing is.
    func problem(with values: FlagValues) -> String? {
        let missing = flags.filter { $0.isRequired && !values.isSet($0.name) }.map(\.name).sorted()
        guard missing.isEmpty else {
            return "required flag(s) \(missing.map(GoLiteral.quoted).joined(separator: ", ")) not set"
        }
        let given = exclusive.filter(values.isSet).sorted()
        guard given.count > 1 else { return nil }
        return "if any flags in the group [\(exclusive.joined(separator: " "))] are set none of the others can be; "
            + "[\(given.joined(separator: " "))] were all set"
    }

    /// The subcommand with this name or alias.
    func subcommand(_ word: String) -> CommandSpec? {
        subcommands.first { $0.name == word || $0.aliases.contains(word) }
    }
}

/// How many arguments a command takes.
package enum Arity: Sendable {
    case any
    case none
    case exactly(Int)
    case atLeast(Int)
    case atMost(Int)
    case between(Int, Int)

    func problem(with arguments: [String], of path: @autoclosure () -> String) -> String? {
        let count = arguments.count
        switch self {
        case .any: return nil
        case .none:
            return arguments.first.map { "unknown command \(GoLiteral.quoted($0)) for \(GoLiteral.quoted(path()))" }
        case .exactly(let wanted): return count == wanted ? nil : "accepts \(wanted) arg(s), received \(count)"
        case .atLeast(let least):
            return count >= least ? nil : "requires at least \(least) arg(s), only received \(count)"
        case .atMost(let most): return count <= most ? nil : "accepts at most \(most) arg(s), received \(count)"
        case .between(let least, let most):
            return (least...most).contains(count)
                ? nil : "accepts between \(least) and \(most) arg(s), received \(count)"
        }
    }
}
