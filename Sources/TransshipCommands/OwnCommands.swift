import ArgumentParser
import GcraneSyntax
import OCI

/// The commands that swift-argument-parser parses, as completion takes them: read from what the parser tells of itself.
enum OwnCommands {
    static var specs: [CommandSpec] {
        guard let root = try? JSON(Array(TransshipRoot._dumpHelp().utf8))["command"] else { return [] }
        return subcommands(of: root)
    }

    private static func subcommands(of command: JSON) -> [CommandSpec] {
        // Its own "help" is there once for all.
        (command["subcommands"]?.array ?? []).map(spec).filter { $0.name != "help" }
    }

    private static func spec(_ command: JSON) -> CommandSpec {
        var spec = CommandSpec(
            command["commandName"]?.string ?? "", summary: command["abstract"]?.string ?? "",
            flags: (command["arguments"]?.array ?? []).compactMap(flag), subcommands: subcommands(of: command))
        spec.aliases = command["aliases"]?.array?.compactMap(\.string) ?? []
        spec.takesGlobals = false
        return spec
    }

    /// nil for an argument without a name, and for `--help`, which every command has.
    private static func flag(_ argument: JSON) -> FlagSpec? {
        let names = argument["names"]?.array ?? []
        let long = names.first { $0["kind"]?.string == "long" }?["name"]?.string
        guard let long, long != FlagSpec.help.name else { return nil }
        let short = names.first { $0["kind"]?.string == "short" }?["name"]?.string
        return FlagSpec(
            long, short?.first, kind(of: argument), argument["abstract"]?.string ?? "",
            choices: argument["allValues"]?.array?.compactMap(\.string) ?? [],
            isHidden: argument["shouldDisplay"]?.bool == false)
    }

    private static func kind(of argument: JSON) -> FlagSpec.Kind {
        if argument["kind"]?.string == "flag" { return .bool }
        return argument["isRepeating"]?.bool == true ? .strings : .string
    }
}
