// SPDX-License-Identifier: Apache-2.0

import GcraneSyntax

extension HelpPage {
    /// The page of a command below the program.
    ///
    /// - Parameters:
    ///   - path: from the program to the command.
    ///   - globals: flags that the command takes besides its own.
    init(_ path: [CommandSpec], globals: [FlagSpec]) {
        let command = path[path.count - 1]
        let hasCommands = !command.subcommands.isEmpty
        let words = path.shownNames
        self.words = words
        aliases = ([command.name] + command.aliases).filter { $0 != words.last }
        summary = command.summary.asSentence
        arguments = hasCommands ? "COMMAND [OPTIONS]" : Self.arguments(of: command)
        let authored = AuthoredHelp(command.authoredText).sections
        let ends = [HelpSection.environment, HelpSection.exitCodes]
        sections = authored.filter { $0.title.map { !ends.contains($0) } ?? true }
        if hasCommands { sections.append(Self.commands(command)) }
        sections += Self.options(of: command, globals: command.takesGlobals && !hasCommands ? globals : [])
        sections += authored.filter { $0.title.map(ends.contains) ?? false }
    }

    private static func arguments(of command: CommandSpec) -> String {
        let required = command.flags.filter(\.isRequired).map { $0.term(withShorthand: false) }
        return ([command.arguments] + required + ["[OPTIONS]"]).filter { !$0.isEmpty }.joined(separator: " ")
    }

    private static func commands(_ command: CommandSpec) -> HelpSection {
        HelpSection(
            title: "COMMANDS",
            blocks: command.subcommands.map { .entry(term: $0.name, text: $0.summary.asSentence) })
    }

    private static func options(of command: CommandSpec, globals: [FlagSpec]) -> [HelpSection] {
        let own = command.flags.filter { !$0.isHidden }
        var titles: [String] = []
        for title in own.compactMap(\.section) where !titles.contains(title) { titles.append(title) }
        let groups =
            [("OPTIONS", own.filter { $0.section == nil } + [.help])]
            + titles.map { title in (title.uppercased(), own.filter { $0.section == title }) }
            + [("COMMON OPTIONS", globals)]
        return groups.filter { !$0.1.isEmpty }.map { title, flags in
            let flags = flags.sorted { $0.name < $1.name }
            return HelpSection(title: title, blocks: flags.map(\.entry))
        }
    }
}

extension CommandSpec {
    /// Everything that the command's author says besides the summary, as text with sections.
    fileprivate var authoredText: String {
        var parts = [discussion ?? ""]
        parts += notes.filter { !$0.hasNoteTitle }
        if !examples.isEmpty {
            let lines = examples.map { "  \($0.title):\n    transship \($0.line)" }
            parts.append(HelpSection.examples + "\n" + lines.joined(separator: "\n"))
        }
        parts += notes.filter(\.hasNoteTitle).map(\.asSection)
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }
}

extension String {
    /// `Environment:` and lines that are indented, as gcrane's help writes sections.
    fileprivate var hasNoteTitle: Bool {
        let lines = split(separator: "\n", omittingEmptySubsequences: false)
        return lines.count > 1 && lines[0].hasSuffix(":") && lines.dropFirst().allSatisfy { $0.hasPrefix("  ") }
    }

    fileprivate var asSection: String {
        let lines = split(separator: "\n", maxSplits: 1)
        let title = lines[0].dropLast().uppercased()
        if [HelpSection.environment, HelpSection.exitCodes].contains(title) { return "\(title)\n\(lines[1])" }
        let commands = lines[1].split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
        return "\(HelpSection.examples)\n  \(lines[0])\n\(commands)"
    }

    /// `print the config` as `Print the config.`
    var asSentence: String {
        guard let first, let last else { return self }
        let isName = split(separator: " ").first?.hasSuffix(":") == true
        return (isName ? String(first) : first.uppercased()) + dropFirst() + (last == "." || last == ")" ? "" : ".")
    }
}

extension FlagSpec {
    /// `-j, --jobs N`
    fileprivate func term(withShorthand: Bool) -> String {
        let short = shorthand.map { "-\($0), " } ?? "    "
        return (withShorthand ? short : "") + "--" + name + (shownValue.map { " " + $0 } ?? "")
    }

    fileprivate var entry: HelpBlock {
        .entry(term: term(withShorthand: true), text: (usage + shownDefault).asSentence)
    }

    private var shownDefault: String {
        guard let defaultText, !usage.contains("(default") else { return "" }
        return (usage.hasSuffix(".") ? " Default: " : "; default: ") + defaultText
    }

    private var shownValue: String? {
        if kind == .bool { return nil }
        let named = choices.joined(separator: "|")
        // If the list of values is longer than a line, one word is easier to read.
        let line = "      --\(name) \(named)"
        if !choices.isEmpty, line.count <= HelpPage.width || valueName == nil { return named }
        if let valueName { return valueName.inCapitals }
        return switch kind {
        case .bool: nil
        case .int: "N"
        case .platform, .platforms: "PLATFORM"
        case .string, .strings, .list: "TEXT"
        case .pairs, .variables: "KEY=VALUE"
        }
    }
}

extension CommandSpec {
    /// `cp` is the usual name of the command.
    var shownName: String { name == "copy" ? "cp" : name }
}

extension [CommandSpec] {
    /// From the program to a command. Subcommands keep their own names: there is no `bench cp`.
    var shownNames: [String] { enumerated().map { $0.offset == 1 ? $0.element.shownName : $0.element.name } }
}

extension String {
    /// Writes in capitals what the user replaces. The extension of a file's name and the word `none` stay.
    fileprivate var inCapitals: String {
        split(separator: "|").map { part in
            guard part != "none" else { return String(part) }
            let stem = part.prefix { $0 != "." }
            return stem.uppercased() + part[stem.endIndex...]
        }.joined(separator: "|")
    }
}
