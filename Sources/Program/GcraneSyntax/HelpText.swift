// SPDX-License-Identifier: Apache-2.0

/// The help of a command, laid out as gcrane's is: usage, aliases, examples, flags in columns.
struct HelpText: Sendable {
    /// The commands from the program down to the one that is described.
    let path: [CommandSpec]
    let globals: [FlagSpec]

    private var command: CommandSpec { path[path.count - 1] }
    private var isProgram: Bool { path.count == 1 }

    /// `gcrane index list`
    var pathText: String { path.map(\.name).joined(separator: " ") }

    /// The whole help: what the command is for, its usage, and its notes.
    var help: String {
        let sections = [command.discussion ?? command.summary, usage] + command.notes
        return sections.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    /// The usage: command line, aliases, examples, commands and flags.
    var usage: String {
        let sections = [
            "Usage:\n" + usageLines, aliases, examples, commands, flags, globalFlags, more,
        ]
        return sections.compactMap { $0 }.joined(separator: "\n\n")
    }

    private var usageLines: String {
        let words = [pathText, command.arguments, "[flags]"].filter { !$0.isEmpty }.joined(separator: " ")
        let lines = [
            command.role == .onlyHelps ? nil : words, command.subcommands.isEmpty ? nil : pathText + " [command]",
        ]
        return lines.compactMap { $0.map { "  " + $0 } }.joined(separator: "\n")
    }

    private var aliases: String? {
        command.aliases.isEmpty ? nil : "Aliases:\n  " + ([command.name] + command.aliases).joined(separator: ", ")
    }

    private var examples: String? {
        guard !command.examples.isEmpty else { return nil }
        let blocks = command.examples.map { "  \($0.title):\n    \(path[0].name) \($0.line)" }
        return "Examples:\n" + blocks.joined(separator: "\n")
    }

    private var commands: String? {
        guard !command.subcommands.isEmpty else { return nil }
        let width = max(11, command.subcommands.map(\.name.count).max() ?? 0)
        let lines = command.subcommands.sorted { $0.name < $1.name }.map { command in
            "  \(command.name.padded(to: width)) \(command.summary)"
        }
        return "Available Commands:\n" + lines.joined(separator: "\n")
    }

    private var flags: String {
        "Flags:\n" + Self.table((command.flags + [.help] + (isProgram ? globals : [])).sorted { $0.name < $1.name })
    }

    private var globalFlags: String? {
        isProgram || globals.isEmpty ? nil : "Global Flags:\n" + Self.table(globals.sorted { $0.name < $1.name })
    }

    private var more: String? {
        command.subcommands.isEmpty
            ? nil : "Use \"\(pathText) [command] --help\" for more information about a command."
    }

    private static func table(_ flags: [FlagSpec]) -> String {
        let flags = flags.filter { !$0.isHidden }
        let heads = flags.map { flag in
            "  " + (flag.shorthand.map { "-\($0), " } ?? "    ") + "--" + flag.name
                + (flag.typeWord.map { " " + $0 } ?? "")
        }
        let width = (heads.map(\.count).max() ?? 0) + 3
        let lines = zip(heads, flags).map { head, flag in
            head.padded(to: width) + flag.usage + (flag.defaultText.map { " (default \($0))" } ?? "")
        }
        return lines.joined(separator: "\n")
    }
}

extension FlagSpec {
    fileprivate var typeWord: String? {
        switch kind {
        case .bool: nil
        case .int: "int"
        case .string: "string"
        case .platform, .platforms: "platform"
        case .strings, .list: "strings"
        case .pairs: "stringToString"
        case .variables: "keyToValue"
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
