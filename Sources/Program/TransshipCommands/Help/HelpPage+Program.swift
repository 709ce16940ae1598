// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GcraneSyntax

extension HelpPage {
    /// The commands of the journey, in the order in which people take its steps.
    private static let journey = ["scan", "plan", "check", "batch", "verify", "rewrite", "pulls"]
    /// Commands that are listed in the last group of commands.
    private static let afterwards = ["registry", "report", "completion"]

    /// The page that says what the program is for and what commands it has.
    static var program: HelpPage {
        let root = GcranePrograms.completions(for: .transship).root
        var page = HelpPage(
            words: [root.name], summary: TransshipRoot.configuration.abstract, arguments: "COMMAND [OPTIONS]")
        let authored = AuthoredHelp(TransshipRoot.configuration.discussion).sections
        let journey = named(journey, of: root)
        let others = root.subcommands.filter { command in
            OwnCommands.names.contains(command.name) && !Self.journey.contains(command.name)
        }
        let mine =
            others + named(afterwards, of: root).filter { command in !others.contains { $0.name == command.name } }
        let companions = root.subcommands.filter { command in
            !(journey + mine).contains { $0.name == command.name }
        }
        page.sections = [
            list("THE JOURNEY: FIND, PLAN, CHECK, COPY, VERIFY, REWRITE, WATCH", journey),
            list("ONE IMAGE, IN THE WORDS OF GCRANE AND CRANE", companions.sorted { $0.shownName < $1.shownName }),
            list("REGISTRY, REPORTS, SHELL", mine.sorted { $0.name < $1.name }),
            HelpSection(
                title: "OPTIONS",
                blocks: [
                    .entry(term: "-h, --help", text: "Show this text; transship COMMAND --help tells of a command."),
                    .entry(term: "    --version", text: "Show the version."),
                ]),
        ]
        let place = authored.firstIndex { $0.title == HelpSection.examples }.map { [authored[$0]] } ?? []
        page.sections.insert(contentsOf: place, at: 3)
        page.sections += authored.filter { $0.title != HelpSection.examples }
        return page
    }

    private static func named(_ names: [String], of root: CommandSpec) -> [CommandSpec] {
        names.compactMap { name in root.subcommands.first { $0.name == name } }
    }

    private static func list(_ title: String, _ commands: [CommandSpec]) -> HelpSection {
        HelpSection(
            title: title, blocks: commands.map { .entry(term: $0.shownName, text: $0.summary.asSentence) })
    }

    /// The page of the command that a line names, as far as its words are commands.
    static func page(for words: [String]) -> HelpPage {
        let syntax = GcranePrograms.completions(for: .transship)
        let path = syntax.path(in: words)
        return path.count == 1 ? .program : HelpPage(path, globals: syntax.globals)
    }

    /// Every page, the program's first.
    static var all: [HelpPage] {
        let syntax = GcranePrograms.completions(for: .transship)
        return [program]
            + syntax.root.subcommands.sorted { $0.name < $1.name }.flatMap { command in
                ([[syntax.root, command]] + command.subcommands.map { [syntax.root, command, $0] }).map {
                    HelpPage($0, globals: syntax.globals)
                }
            }
    }
}
