// SPDX-License-Identifier: Apache-2.0

import GcraneSyntax

/// The commands this program shares with gcrane and crane, under each of the three names.
enum GcranePrograms {
    /// Commands by their path. In the order in which suggestions for a mistyped one are made.
    private static let commands: [(path: [String], type: any GcraneCommand.Type)] = [
        (["append"], AppendCommand.self), (["blob"], BlobCommand.self), (["catalog"], CatalogCommand.self),
        (["config"], ConfigCommand.self),
        (["delete"], DeleteCommand.self), (["digest"], DigestCommand.self), (["index", "list"], IndexListCommand.self),
        (["index", "append"], IndexAppendCommand.self), (["export"], ExportCommand.self),
        (["manifest"], ManifestCommand.self), (["mutate"], MutateCommand.self), (["pull"], PullCommand.self),
        (["push"], PushCommand.self), (["tag"], TagCommand.self), (["validate"], ValidateCommand.self),
        (["version"], VersionCommand.self), (["ls"], ListCommand.self), (["gc"], GarbageCommand.self),
        (["copy"], CopyCommand.self), (["auth", "get"], GetCredentialsCommand.self),
        (["auth", "login"], LoginCommand.self),
        (["auth", "logout"], LogoutCommand.self), (["auth", "token"], TokenCommand.self),
        (["completion", "bash"], CompletionCommand<Bash>.self), (["completion", "fish"], CompletionCommand<Fish>.self),
        (["completion", "powershell"], CompletionCommand<PowerShell>.self),
        (["completion", "zsh"], CompletionCommand<Zsh>.self),
        (["registry", "serve"], CraneServeCommand.self),
    ]

    /// crane has no `gc`, and transship's own `registry` does more.
    private static func has(_ program: ProgramName, _ name: String) -> Bool {
        switch name {
        case "gc": program != .crane
        case "registry": program != .transship
        default: true
        }
    }

    private static let groups: [String: CommandSpec] = [
        "auth": .auth,
        "index": CommandSpec(
            "index", "", .exactly(1), summary: "look into an image index, or add to one", role: .groups),
        "completion": CommandSpec(
            "completion", summary: "print a script that completes command lines in a shell", role: .onlyHelps),
        "registry": CommandSpec("registry", summary: "run a registry in this process", role: .onlyHelps),
    ]

    /// Commands of gcrane and crane that transship does not have: they take images apart or need a shell.
    static let absent: Set<String> = [
        "edit", "flatten", "layout", "rebase", "index filter",
    ]

    static func command(at path: [String]) -> (any GcraneCommand.Type)? {
        commands.first { $0.path == path }?.type
    }

    static var names: [String] { ["cp"] + syntax(for: .transship).root.subcommands.map(\.name) }

    static func syntax(for program: ProgramName) -> CommandLineSyntax {
        var root = CommandSpec(
            program.rawValue, summary: "copies and inspects container images in registries", role: .groups)
        root.discussion = "\(program.rawValue): transship standing in, with the same commands, flags and words."
        for (path, type) in commands where has(program, path[0]) {
            if path.count == 1 {
                root.subcommands.append(spec(type, program))
            } else if !root.subcommands.contains(where: { $0.name == path[0] }), var group = groups[path[0]] {
                group.subcommands = commands.filter { $0.path.first == path[0] }.map { spec($0.type, program) }
                root.subcommands.append(group)
            }
        }
        return CommandLineSyntax(root: root, globals: globals(for: program))
    }

    /// All commands that can be completed. For transship, this includes the commands with their own parser.
    static func completions(for program: ProgramName) -> CommandLineSyntax {
        var syntax = syntax(for: program)
        if program == .transship { syntax.root.subcommands += OwnCommands.specs }
        return syntax
    }

    private static func spec(_ type: any GcraneCommand.Type, _ program: ProgramName) -> CommandSpec {
        var spec = type.spec(for: program)
        spec.notes.append("Exit codes:\n  0 done, 1 anything else, 143 on SIGTERM")
        return spec
    }

    private static func globals(for program: ProgramName) -> [FlagSpec] {
        globals + [platform(program == .transship ? .platforms : .platform)]
    }

    /// Under the name transship, `cp` takes several platforms.
    private static func platform(_ kind: FlagSpec.Kind) -> FlagSpec {
        FlagSpec(
            "platform", kind, "of an index, only the first image for os/arch[/variant][:osversion]",
            defaultText: "all")
    }

    private static let globals = [
        FlagSpec(
            "allow-nondistributable-artifacts", .bool, "also copy layers that by convention stay where they are"),
        FlagSpec("insecure", .bool, "allow plain http and untrusted certificates for every registry"),
        FlagSpec(
            "insecure-registry", .strings, "allow them for this registry, host[:port]; may be given several times",
            valueName: "host[:port]"),
        FlagSpec(
            "ca-file", .string, "certificates (PEM) to trust besides the system's", valueName: "file"),
        FlagSpec("verbose", short: "v", .bool, "show every request and response, secrets redacted"),
    ]
}

extension CommandSpec {
    fileprivate static var auth: CommandSpec {
        var auth = CommandSpec(
            "auth", "", .none, summary: "log in and out of registries, and show what is known of a login",
            role: .groups)
        auth.notes = [
            """
            Logins are found as gcrane finds them: Google's default credentials for
            gcr.io and pkg.dev; then Docker's config.json with its helpers, else Podman's
            auth.json; then the helper of Amazon's or Azure's registries, where it is
            installed.
            """,
            """
            Environment:
              DOCKER_CONFIG, DOCKER_AUTH_CONFIG, REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR,
              XDG_CONFIG_HOME, HOME   where login files are
              GOOGLE_APPLICATION_CREDENTIALS, GCE_METADATA_HOST   Google's credentials
              PATH   where helpers and gcloud are
            """,
        ]
        return auth
    }
}
