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
            The first line on standard output is the registry's URL. Without --disk everything is kept in memory and gone
            afterwards.

            EXAMPLES
              A registry to try things with, on any free port:
                transship registry serve --address 127.0.0.1:0
              One that keeps its content, writes an access log and asks for a password:
                transship registry serve --disk /srv/registry --access-log access.jsonl --users users.txt

            EXIT CODES
              0 after SIGINT or SIGTERM, 2 usage, 1 where it cannot listen or read its folder.
            """)

    @Option(help: ArgumentHelp("Where to listen; port 0 takes any free one.", valueName: "host:port"))
    var address = "127.0.0.1:5000"
    @Option(help: ArgumentHelp("Keep content in this folder, made if needed.", valueName: "dir"))
    var disk: String?
    @Option(help: ArgumentHelp("Certificate chain (PEM); with --tls-key the registry speaks TLS.", valueName: "file"))
    var tlsCert: String?
    @Option(help: ArgumentHelp("The certificate's private key (PEM).", valueName: "file"))
    var tlsKey: String?

    func validate() throws {
        guard (tlsCert == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-cert and --tls-key go together")
        }
    }

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let server: RegistryServer
        do { server = try await RegistryServer.start(try configuration()) } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure("cannot serve on \(address.displayable): \(error)".displayable)
        }
        context.console.output(server.url)
        await untilCancelled()
        await server.shutdown()
        return .success
    }

    private func configuration() throws -> RegistryConfiguration {
        var configuration = RegistryConfiguration(storage: disk.map { .disk(path: $0) } ?? .memory)
        (configuration.host, configuration.port) = try hostAndPort()
        if let tlsCert, let tlsKey { configuration.tls = .init(certificatePath: tlsCert, keyPath: tlsKey) }
        return configuration
    }

    private func hostAndPort() throws -> (String, Int) {
        guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]),
            (0...65535).contains(port), colon > address.startIndex
        else {
            throw CommandFailure.usage(
                ["--address \"\(address.displayable)\" is not HOST:PORT"], hint: "try 127.0.0.1:5000, or port 0 for any free one")
        }
        let host = address[..<colon]
        return (host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : String(host), port)
    }

    private func untilCancelled() async {
        while (try? await Task.sleep(for: .seconds(3600))) != nil {}
    }
}
