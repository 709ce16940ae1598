import ArgumentParser
import LayerVerification
import OCI
import Reporting
import TransferEngine

struct CopyCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp",
        abstract: "Copy one image or index from one registry to another, as gcrane cp does.",
        discussion: """
            Manifests are copied byte for byte, so the digest stays the same. Progress
            goes to standard error.

            EXAMPLES
              Everything under a tag, all platforms:
                transship cp docker.io/library/redis:buster registry.example/mirror/redis:buster
              One platform only:
                transship cp --platform linux/arm64 redis:buster registry.example/mirror/redis:buster

            EXIT CODES
              0 copied or already there, 1 failed, 130 and 143 on SIGINT and SIGTERM.
            """,
        aliases: ["copy"])

    @Argument(help: ArgumentHelp("What to copy.", valueName: "src")) var source: String
    @Argument(help: ArgumentHelp("Where to.", valueName: "dst")) var target: String
    @Option(
        name: [.customShort("j", allowingJoined: true), .long],
        help: "Requests at once to each registry.")
    var jobs = 8
    @OptionGroup var verification: VerificationOptions
    @OptionGroup var options: GcraneOptions

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let source = try self.source.reference("parsing reference")
        let target = try self.target.reference("parsing reference for")
        let platform = try options.wantedPlatform()
        let log = TimestampedLog(console: context.console)
        log.line("Copying from \(source) to \(target)")
        let connections = try Connections(
            options.registry, context, connections: jobs, allInsecure: options.insecure)
        let item = TransferItem(source: source.endpoint, target: target.endpoint, platform: platform)
        let observer = CopyLog(source: self.source, target: target) { log.line($0) }
        var settings = TransferSettings()
        settings.connectionsPerStore = max(1, jobs)
        let inspector = verification.inspector()
        await TransferRun(
            items: [item], settings: settings, observer: observer, inspector: inspector, stores: connections.stores
        ).execute()
        await connections.close()
        if let inspector { log.line(inspector.tally.summary) }
        if let status = interruption.status { return status }
        if let failure = observer.failure { throw CommandFailure(failure, hint: observer.hint) }
        return .success
    }
}

extension Reference {
    /// This reference as an end of a copy; its registry's name is the store's.
    var endpoint: TransferEndpoint {
        TransferEndpoint(store: StoreID(registry.name), repository: repository, tag: tag, digest: digest)
    }
}
