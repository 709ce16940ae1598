import ArgumentParser
import Content
import Distribution
import Keychain
import OCI
import RegistryAuth
import RegistryTransport
import Reporting

struct AuthCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "auth", abstract: "Log in and out of registries, and show what is known of a login.",
        discussion: """
            Logins are found as gcrane finds them: Google's default credentials for
            gcr.io and pkg.dev; then Docker's config.json with its helpers, else Podman's
            auth.json; then the helper of Amazon's or Azure's registries, where it is
            installed.

            ENVIRONMENT
              DOCKER_CONFIG, DOCKER_AUTH_CONFIG, REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR,
              XDG_CONFIG_HOME, HOME  where login files are
              GOOGLE_APPLICATION_CREDENTIALS, GCE_METADATA_HOST  Google's credentials
              PATH  where helpers and gcloud are

            EXIT CODES
              0 done, 1 failed.
            """,
        subcommands: [
            LoginCommand.self, LogoutCommand.self, GetCredentialsCommand.self, TokenCommand.self,
        ])

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        throw CleanExit.helpRequest(AuthCommand.self)
    }
}

struct LoginCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Keep a login for a registry.",
        discussion: """
            The login goes to the credential helper that Docker's config.json names, else
            into that file, which only its owner may read. The registry is not asked.

            EXAMPLES
              Read the password from a file, so that no list of processes shows it:
                transship auth login registry.example -u me --password-stdin < password.txt
            """)

    @Argument(help: ArgumentHelp("The registry's host.", valueName: "server")) var server: String
    @Option(name: [.short, .long], help: "The user's name.") var username = ""
    @Option(
        name: [.short, .long], help: "The password. Other users of this machine may see it: prefer --password-stdin.")
    var password = ""
    @Flag(help: "Read the password from standard input.") var passwordStdin = false

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let host = try server.registryHost()
        let password = passwordStdin ? try Self.passwordFromInput() : password
        guard !username.isEmpty || !password.isEmpty else { throw CommandFailure("username and password required") }
        try await context.changeLogins { keeper in
            let change = try await keeper.store(user: username, Secret(password), for: host)
            if change.helper == nil {
                context.console.note(
                    "warning: the password is kept unencrypted in \(keeper.path.displayable), for its owner to read")
            }
            return (change, "logged in via")
        }
        return .success
    }

    /// All of it but the end of its line.
    private static func passwordFromInput() throws -> String {
        var text = String(decoding: try FileBytes.read("-"), as: UTF8.self)[...]
        // By scalars: to Swift a carriage return and a line feed are one character.
        for ending: Unicode.Scalar in ["\n", "\r"] where text.unicodeScalars.last == ending {
            text.unicodeScalars.removeLast()
        }
        return String(text)
    }
}

struct LogoutCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "Forget the login for a registry.",
        discussion: """
            EXAMPLE
              transship auth logout registry.example
            """)

    @Argument(help: ArgumentHelp("The registry's host.", valueName: "server")) var server: String

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let host = try server.registryHost()
        try await context.changeLogins { (try await $0.erase(host), "logged out via") }
        return .success
    }
}

struct GetCredentialsCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Print the login for a registry, as a credential helper does.",
        discussion: """
            EXAMPLE
              transship auth get registry.example
            """)

    @Argument(help: ArgumentHelp("The registry's host; standard input without it.", valueName: "server"))
    var server: String?

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let text = try server ?? String(decoding: FileBytes.read("-"), as: UTF8.self)
        let host = try text.filter { !$0.isWhitespace }.registryHost()
        guard let credential = try await context.credential(for: host) else {
            context.console.output("credentials not found in native keychain")
            return .someFailed
        }
        context.console.output(credential.document.text)
        return .success
    }
}

struct TokenCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Print a token for a repository.",
        discussion: """
            EXAMPLES
              What a registry says of its tags:
                curl -H "$(transship auth token -H debian)" https://index.docker.io/v2/library/debian/tags/list
            """)

    @Argument(help: ArgumentHelp("The repository.", valueName: "repo")) var repository: String
    @Flag(name: [.customShort("H"), .long], help: "Print it as a header.") var header = false
    @Flag(help: "Ask for pushing as well.") var push = false
    @Option(
        name: [.customShort("m"), .long],
        help: ArgumentHelp("A repository to read besides, for mounting from it. Repeatable.", valueName: "repo"))
    var mount: [String] = []
    @OptionGroup var options: RegistryOptions

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let (host, repository) = try repository.repositoryParts()
        let others = try mount.flatMap { $0.split(separator: ",") }.map { try String($0).repositoryParts().1 }
        let connections = try Connections(options, context, connections: 1)
        let result: Result<[UInt8], ContentFailure>
        do throws(ContentFailure) {
            result = .success(
                try await connections.tokenDocument(host, pushing: push, to: repository, pullingFrom: others))
        } catch {
            result = .failure(error)
        }
        await connections.close()
        do throws(ContentFailure) { show(try JSON.registryToken(result.get()), context.console) } catch {
            throw CommandFailure(error.message, hint: error.hint)
        }
        return .success
    }

    private func show(_ document: JSON, _ console: Console) {
        guard header else { return console.output(document.text) }
        console.output(bytes: Array("Authorization: Bearer \(document["token"]?.string ?? "")".utf8))
    }
}

// MARK: - Documents

extension JSON {
    /// A token service's answer with the members crane prints, in its order.
    fileprivate static func registryToken(_ answer: [UInt8]) -> JSON {
        let answer = (try? JSON(answer)) ?? .null
        let access = answer["access_token"]?.string
        var members = [Member(key: "token", value: .string(access ?? answer["token"]?.string ?? ""))]
        if let access { members.append(Member(key: "access_token", value: .string(access))) }
        members.append(Member(key: "refresh_token", value: .string(answer["refresh_token"]?.string ?? "")))
        members.append(Member(key: "expires_in", value: JSON(answer["expires_in"]?.integer ?? 0)))
        return .object(members)
    }
}

extension Credential {
    /// As credential helpers answer.
    fileprivate var document: JSON {
        let (user, secret): (String, Secret) =
            switch self {
            case .basic(let user, let password): (user, password)
            case .identityToken(let token, _): ("<token>", token)
            // The protocol has no word for it.
            case .registryToken: ("", Secret(""))
            }
        let members = [("Username", user), ("Secret", secret.reveal())].filter { !$0.1.isEmpty }
        return .object(members.map { JSON.Member(key: $0.0, value: .string($0.1)) })
    }
}

// MARK: - Names

extension String {
    fileprivate func registryHost() throws -> RegistryHost {
        if isEmpty { return .dockerHub }
        do throws(ReferenceError.Reason) { return try RegistryHost(self) } catch { throw CommandFailure(error.text) }
    }

    fileprivate func repositoryParts() throws -> (RegistryHost, Repository) {
        do throws(ReferenceError) { return try Reference.parseRepository(self) } catch {
            throw CommandFailure(error.reason.text, hint: error.hint)
        }
    }
}

// MARK: - Logins

extension CommandContext {
    /// Changes logins and says where; `body` gives what to do and how it is told.
    fileprivate func changeLogins(
        _ body: (LoginKeeper) async throws -> (LoginKeeper.Change, String)
    ) async throws {
        try await withTransport { transport in
            let keeper = try LoginKeeper(surroundings(transport))
            let (change, words) = try await body(keeper)
            if let text = change.text { try PrivateFile.write(text, to: keeper.path) }
            TimestampedLog(console: console).line("\(words) \(keeper.path.displayable)")
        }
    }

    fileprivate func credential(for host: RegistryHost) async throws -> Credential? {
        try await withTransport { transport in
            try await keychain(transport).credential(for: host, repository: nil).credential
        }
    }

    private func withTransport<Result>(_ body: (any Transport) async throws -> Result) async throws -> Result {
        var network = RegistryNetworkOptions()
        try network.follow(environment)
        let transport: HTTPClientTransport
        do throws(TransportSetupError) { transport = try HTTPClientTransport(network.transportSettings) } catch {
            throw CommandFailure.usage([error.description])
        }
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(transport)) } catch { result = .failure(error) }
        await transport.shutdown()
        do { return try result.get() } catch let error as CredentialError { throw CommandFailure(error.description) }
    }
}
