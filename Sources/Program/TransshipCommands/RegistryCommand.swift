// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import RegistryServer
import Reporting

struct RegistryCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry", abstract: "Run an OCI registry in this process.", subcommands: [ServeCommand.self])

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        throw CleanExit.helpRequest(RegistryCommand.self)
    }
}

struct ServeCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve a registry until a signal ends it.",
        discussion: """
            The first line on standard output is the registry's URL. Without --disk
            everything is kept in memory and gone afterwards.

            A blob or manifest on disk is hashed when it is first read after the start. One
            that is damaged is never served as whole: the answer is an error, a line on
            standard error names the file, and a push mends it. Damage to a file that was
            read before is not noticed, unless its size or time of change is another.

            EXAMPLES
              A registry to try things with, on any free port:
                transship registry serve --address 127.0.0.1:0
              One that other machines reach:
                transship registry serve --address :5000 --users users.txt
              One that keeps its content, writes an access log and asks for a password:
                transship registry serve --disk /srv/registry --access-log access.jsonl --users users.txt

            EXIT CODES
              130 and 143 after SIGINT and SIGTERM, 2 usage, 1 where it cannot listen or
              read its folder.
            """)

    @Option(
        help: ArgumentHelp(
            """
            Where to listen; port 0 takes any free one, no host means all interfaces (default: 127.0.0.1:$PORT, or \
            127.0.0.1:5000).
            """, valueName: "host:port"))
    var address: String?
    @Option(help: ArgumentHelp("Keep content in this folder, made if needed.", valueName: "dir"))
    var disk: String?
    @Option(help: ArgumentHelp("Certificate chain (PEM); with --tls-key the registry speaks TLS.", valueName: "file"))
    var tlsCert: String?
    @Option(help: ArgumentHelp("The certificate's private key (PEM).", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp("Ask for a name and password; the file has lines NAME:PASSWORD.", valueName: "file"))
    var users: String?
    @Flag(help: "With --users: let everybody read.") var anonymousPull = false
    @Flag(help: "With --users: hand out tokens, as registries on the internet do.") var tokenAuth = false
    @Flag(help: "Refuse everything but reading.") var readOnly = false
    @Option(
        help: ArgumentHelp("Append a line of JSON per request to this file; - is standard error.", valueName: "file"))
    var accessLog: String?
    @Flag(help: "Flush content to the device before it is acknowledged: slower, survives a power loss.")
    var sync = false

    /// For a program that starts a registry and cannot end it when it is killed itself.
    @Flag(help: .hidden) var untilInputEnds = false

    @OptionGroup(title: "LIMITS") var limits: ServeLimits

    /// A registry serves its clients even if its log cannot be written.
    var lostResults: Console.LostResults { .goOn }

    func validate() throws {
        guard disk?.isEmpty != true else { throw ValidationError("--disk needs a folder, and got an empty name") }
        guard users != nil || !(anonymousPull || tokenAuth) else {
            throw ValidationError("--anonymous-pull and --token-auth need --users")
        }
        guard (tlsCert == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-cert and --tls-key go together")
        }
    }

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        try ProcessStart.checkOpenFiles()
        let server: RegistryServer
        let log = try accessLog.map { try LineLog($0) { context.console.note("error: \($0)") } }
        let backlog = log.map { log in
            AccessLogBacklog(limit: Int(limits.logBacklog.bytes)) { log.append($0, whenWritten: $1) }
        }
        let place = try listenAddress(context.environment)
        let configuration = try configuration(backlog, context.console)
        do { server = try await place.start(configuration) } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure("cannot serve on \(place): \(error)".displayable)
        }
        context.console.output(place.url(of: server))
        if untilInputEnds { await StandardInput.untilEnd() } else { await Task.untilCancelled() }
        await server.shutdown()
        backlog?.finish()
        log?.close()
        let status = interruption.status ?? .success
        return log?.hasLost == true ? status.failing : status
    }

    private func configuration(_ log: AccessLogBacklog?, _ console: Console) throws -> RegistryConfiguration {
        var configuration = RegistryConfiguration(storage: disk.map { .disk(path: $0) } ?? .memory)
        if let tlsCert, let tlsKey { configuration.tls = .init(certificatePath: tlsCert, keyPath: tlsKey) }
        configuration.users = try users.map(readUsers) ?? [:]
        configuration.everybodyPulls = anonymousPull
        if tokenAuth { configuration.tokens = .init() }
        configuration.isReadOnly = readOnly
        configuration.flushesToDevice = sync
        configuration.limits = limits.registry
        configuration.connections = limits.connections
        configuration.diagnostics = { console.note("warning: \($0)") }
        if let log { configuration.accessLog = { log.append($0.jsonLine) } }
        return configuration
    }

    private func readUsers(_ path: String) throws -> [String: String] {
        let bytes = try FileBytes.read(path)
        do throws(UserLines.Problem) { return try UserLines.users(in: bytes) } catch {
            throw CommandFailure.usage([path.displayable + error.text])
        }
    }

    private func listenAddress(_ environment: CommandEnvironment) throws -> ListenAddress {
        if let address {
            if let parsed = ListenAddress(address) { return parsed }
            throw CommandFailure.usage(
                ["--address \"\(address.displayable)\" is not HOST:PORT"],
                hint: "try 127.0.0.1:5000, :5000 for all interfaces, or port 0 for any free one")
        }
        let port = environment["PORT"] ?? "5000"
        if let parsed = ListenAddress("127.0.0.1:\(port)") { return parsed }
        throw CommandFailure.usage(["PORT \"\(port.displayable)\" is not a port"], hint: "or give --address HOST:PORT")
    }
}
