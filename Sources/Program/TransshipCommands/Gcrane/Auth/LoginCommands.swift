// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import GcraneSyntax
import Keychain
import OCI
import RegistryAuth
import Reporting

struct LoginCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec(
            "login", "SERVER", .exactly(1), summary: "keep a login for a registry",
            flags: [
                FlagSpec("username", short: "u", .string, "the user's name"),
                FlagSpec(
                    "password", short: "p", .string,
                    "the password; other users of this machine may see it: prefer --password-stdin"),
                FlagSpec("password-stdin", .bool, "read the password from standard input"),
            ])
        let asked = "The registry is asked\nfirst whether it takes the login, unless --no-check is given."
        spec.notes = [
            """
            The login goes to the credential helper that Docker's config.json names, else
            into that file, which only its owner may read. \(program == .transship ? asked : "The registry is not asked.")
            """
        ]
        if program == .transship {
            spec.flags.append(FlagSpec("no-check", .bool, "keep the login without asking the registry"))
        }
        spec.examples = [
            .init(
                "Read the password from a file, so that no list of processes shows it",
                "auth login registry.example -u me --password-stdin < password.txt")
        ]
        return spec
    }

    func run() async throws {
        let host = try job.arguments[0].registryHost()
        let user = job.flags.text("username") ?? ""
        let password =
            job.flags.bool("password-stdin") ? try Self.passwordFromInput() : job.flags.text("password") ?? ""
        guard !user.isEmpty || !password.isEmpty else { throw CommandFailure("username and password required") }
        if job.program == .transship, !job.flags.bool("no-check") {
            let secret = Secret(password)
            try await check(
                user == "<token>" ? .identityToken(secret, user: nil) : .basic(user: user, password: secret), for: host)
        }
        try await job.context.changeLogins { keeper in
            let change = try await keeper.store(user: user, Secret(password), for: host)
            let isPlain = change.helper == nil && change.text != nil && !password.isEmpty
            return (change, isPlain ? Self.warning(keeper.path) : nil, "logged in via")
        }
    }

    /// Ends the command if the registry refuses the login, or does not answer.
    private func check(_ login: Credential, for host: RegistryHost) async throws {
        let hint = "--no-check keeps the login without asking"
        try await job.connected(connections: 1, login: login) { connections in
            do throws(ContentFailure) {
                guard try await !connections.store(host).provesLogin() else { return }
                job.console.note(
                    "warning: \(host) does not require a login, so this one could not be checked; it was stored")
            } catch {
                let isRefusal = [.unauthorized, .denied].contains(error.kind)
                throw CommandFailure(
                    isRefusal
                        ? "\(host) refused the login: \(error)"
                        : "\(host) could not be asked about the login: \(error)",
                    hint: isRefusal ? nil : hint)
            }
        }
    }

    /// The password from standard input, without the end of its line.
    private static func passwordFromInput() throws -> String {
        var text = String(decoding: try FileBytes.read("-"), as: UTF8.self)[...]
        // By scalars: to Swift a carriage return and a line feed are one character.
        for ending: Unicode.Scalar in ["\n", "\r"] where text.unicodeScalars.last == ending {
            text.unicodeScalars.removeLast()
        }
        return String(text)
    }

    /// The warning in the words of Docker's own programs.
    private static func warning(_ path: String) -> String {
        """

        WARNING! Your credentials are stored unencrypted in '\(path.displayable)'.
        Configure a credential helper to remove this warning. See
        https://docs.docker.com/go/credential-store/

        """
    }
}

struct LogoutCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec("logout", "SERVER", .exactly(1), summary: "forget the login for a registry")
        spec.examples = [.init("At the end of a job", "auth logout registry.example")]
        return spec
    }

    func run() async throws {
        let host = try job.arguments[0].registryHost()
        let expectsLogin = job.program != .transship
        try await job.context.changeLogins { keeper in
            (try await keeper.erase(host, expectsLogin: expectsLogin), nil, "logged out via")
        }
    }
}
