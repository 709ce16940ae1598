import ArgumentParser
import BatchList
import LayerVerification
import OCI
import Reporting
import TransferEngine

struct VerifyCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove that everything images consist of is at the target; changes nothing.",
        discussion: """
            Takes the lists of `batch`, or one image, or a source and a target. What names
            a file is a list, - is standard input, everything else is an image; with --to,
            all are lists. An image alone is looked at where it is, without a comparison.

            The target must have the source's digest at its tag, every manifest below it
            with the right bytes, and every blob with the right size. Blobs are asked for
            and not read, unless --verify gzip or diffid is given: then all of them are
            read, once each, against their digests, and layers are looked into. Layers
            that are by convention not distributed may be missing.

            Standard output gets one line per image, tab-separated: whole|failed, source
            or -, target, digest or -, number of blobs. What is wrong goes to standard
            error, a line each.

            EXAMPLES
              After a batch:
                transship verify images.txt --to registry.example/mirror
              One copy:
                transship verify redis:buster registry.example/mirror/redis:buster
              Read everything of an image and look into its layers:
                transship verify registry.example/mirror/redis:buster --verify diffid

            ENVIRONMENT
              DOCKER_CONFIG  folder of the config.json that holds credentials (default:
              ~/.docker)

            EXIT CODES
              0 everything is whole; 1 some images are not; 2 usage or unreadable input,
              nothing tried; 3 no image is whole; 4 stopped by a pull quota; 5 credentials
              refused for every image; 130 and 143 on SIGINT and SIGTERM.
            """)

    @Argument(help: ArgumentHelp("Lists of items, or an image, or a source and a target.", valueName: "list-or-image"))
    var subjects: [String]

    @OptionGroup var target: TargetOptions
    @Option(help: "Images under way at once.") var jobs = 32
    @Option(help: "Requests at once to one registry.") var connectionsPerRegistry = 16
    @Option(
        help: ArgumentHelp(
            "Of a source's index, the first child for this platform must be at the target, os/arch[/variant].",
            valueName: "platform"))
    var platform: String?
    @Flag(help: "Stop at the first image that is not whole.") var failFast = false
    @Option(help: "Form of the lines on standard output: text or json.") var output: BatchReporter.Output = .text
    @OptionGroup var verification: VerificationOptions
    @OptionGroup(title: "Registry options") var registry: RegistryOptions

    func validate() throws {
        try jobs.checkConcurrency("--jobs")
        try connectionsPerRegistry.checkConcurrency("--connections-per-registry")
    }

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let named = try NamedSubjects(subjects, target)
        let platform = try platform.wantedPlatform()
        let connections = try Connections(registry.choices, context, connections: connectionsPerRegistry)
        return try await connections.closing {
            let subjects = try await named.resolved(platform, connections, settings, context.console)
            return await audit(subjects, connections, context, interruption)
        }
    }

    private func audit(
        _ subjects: AuditSubjects, _ connections: Connections, _ context: CommandContext, _ interruption: Interruption
    ) async -> ExitStatus {
        let inspector = verification.verify.inspector()
        let (clock, stopper) = (SystemTransferClock(), Stopper())
        let reporter = AuditReporter(
            items: subjects.items, names: subjects.names, output: output, console: context.console
        ) {
            if failFast { stopper.stop() }
        }
        let audit = Audit(settings: settings, clock: clock, inspector: inspector, stores: connections.stores)
        await stopper.running { await audit.execute(subjects.items) { reporter.receive($0, $1) } }
        context.console.note(reporter.summary(after: clock.now))
        if let inspector { context.console.note(inspector.tally.summary) }
        return interruption.status ?? reporter.exitStatus
    }

    private var settings: TransferSettings {
        var settings = TransferSettings()
        settings.jobs = jobs
        settings.connectionsPerStore = connectionsPerRegistry
        return settings
    }
}

extension NamedSubjects {
    fileprivate func resolved(
        _ platform: Platform?, _ connections: Connections, _ settings: TransferSettings, _ console: Console
    ) async throws -> AuditSubjects {
        var subjects = AuditSubjects()
        switch self {
        case .images(let source, let target): subjects.add(source, target, platform)
        case .lists(let lists):
            let listed = try await lists.items(connections, settings, console)
            guard listed.failed.isEmpty else { throw Self.unexpanded(listed) }
            for item in listed.items { subjects.add(item.source, item.target, platform) }
        }
        return subjects
    }

    /// Without the tags that a line means, nobody can say whether they are there.
    private static func unexpanded(_ listed: ListedItems) -> CommandFailure {
        var failure = CommandFailure("")
        let names = listed.names.dropFirst(listed.items.count)
        failure.messages = zip(names, listed.failed).map { "\($0.source.displayable): \($1.failure)" }
        return failure
    }
}

/// The images to look at.
private struct AuditSubjects {
    var items: [AuditItem] = []
    var names: [ItemName] = []

    mutating func add(_ source: Reference?, _ target: Reference, _ platform: Platform?) {
        var end = target.endpoint
        // The digest is that of the source, of which only a child arrives.
        if platform != nil, source != nil { end.digest = nil }
        items.append(AuditItem(source: source?.endpoint, target: end, platform: platform))
        names.append(ItemName(source: source?.asTyped ?? "-", target: target.asTyped))
    }
}
