// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GcraneSyntax
import OCI

/// The commands that swift-argument-parser parses, in the form that help and completion use. They are read from the
/// parser's own description of them.
enum OwnCommands {
    static var specs: [CommandSpec] {
        guard let root = try? JSON(Array(TransshipRoot._dumpHelp().utf8))["command"] else { return [] }
        return subcommands(of: root)
    }

    static var names: [String] {
        TransshipRoot.configuration.subcommands.compactMap { $0.configuration.commandName }
    }

    /// The names of the commands that help shows.
    static var shownNames: [String] {
        TransshipRoot.configuration.subcommands.map { $0.configuration }.filter { $0.shouldDisplay }.compactMap {
            $0.commandName
        }
    }

    /// The command that a line names: its path, such as `transship report merge`, and its flags.
    static func path(of words: [String]) -> (path: String, command: CommandSpec) {
        let path = GcranePrograms.completions(for: .transship).path(in: words)
        return (path.shownNames.joined(separator: " "), path[path.count - 1])
    }

    /// The flags of the command that a line names, including those that all commands of its kind take.
    static func flags(of words: [String]) -> [FlagSpec] {
        let syntax = GcranePrograms.completions(for: .transship)
        let path = syntax.path(in: words)
        let command = path[path.count - 1]
        return command.flags + (command.takesGlobals ? syntax.globals : [])
    }

    private static func subcommands(of command: JSON) -> [CommandSpec] {
        // The parser adds a "help" to each command. The program has only one.
        (command["subcommands"]?.array ?? []).filter { $0["shouldDisplay"]?.bool != false }.map(spec)
            .filter { $0.name != "help" }
    }

    private static func spec(_ command: JSON) -> CommandSpec {
        let (name, arguments) = (command["commandName"]?.string ?? "", command["arguments"]?.array ?? [])
        var spec = CommandSpec(
            name, arguments.compactMap(argument).joined(separator: " "), summary: command["abstract"]?.string ?? "",
            flags: arguments.compactMap(flag), subcommands: subcommands(of: command))
        spec.aliases = command["aliases"]?.array?.compactMap(\.string) ?? []
        spec.discussion = command["discussion"]?.string
        spec.takesGlobals = false
        return spec
    }

    /// `LIST...`, `[PATH...]`; nil for an option, which has a name.
    private static func argument(_ argument: JSON) -> String? {
        guard argument["kind"]?.string == "positional", let name = argument["valueName"]?.string else { return nil }
        let words = name.uppercased() + (argument["isRepeating"]?.bool == true ? "..." : "")
        return argument["isOptional"]?.bool == true ? "[\(words)]" : words
    }

    /// nil for an argument without a name, and for the options that every command has.
    private static func flag(_ argument: JSON) -> FlagSpec? {
        let names = argument["names"]?.array ?? []
        let long = names.first { $0["kind"]?.string == "long" }?["name"]?.string
        guard let long, long != FlagSpec.help.name, long != "version" else { return nil }
        let short = names.first { $0["kind"]?.string == "short" }?["name"]?.string
        let choices = argument["allValues"]?.array?.compactMap(\.string) ?? []
        var flag = FlagSpec(
            long, short: short?.first, kind(of: argument), argument["abstract"]?.string ?? "",
            defaultText: argument["defaultValue"]?.string, choices: choices,
            isHidden: argument["shouldDisplay"]?.bool == false)
        flag.section = argument["sectionTitle"]?.string
        flag.isRequired = argument["isOptional"]?.bool == false
        flag.valueName = valueName(of: argument, long)
        return flag
    }

    /// The name of a value. If it equals the option's name: `n` for a number, otherwise the name's last word.
    private static func valueName(of argument: JSON, _ option: String) -> String? {
        guard argument["kind"]?.string == "option", let name = argument["valueName"]?.string else { return nil }
        guard name == option else { return name }
        let isNumber = argument["defaultValue"]?.string?.allSatisfy(\.isNumber) ?? false
        return isNumber ? "n" : name.split(separator: "-").last.map(String.init)
    }

    private static func kind(of argument: JSON) -> FlagSpec.Kind {
        if argument["kind"]?.string == "flag" { return .bool }
        return argument["isRepeating"]?.bool == true ? .strings : .string
    }
}
