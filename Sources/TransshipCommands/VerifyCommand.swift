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

    @OptionGroup var list: ListOptions
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
        guard jobs > 0 else { throw ValidationError("--jobs must be at least 1, not \(jobs)") }
        guard connectionsPerRegistry > 0 else {
            throw ValidationError("--connections-per-registry must be at least 1, not \(connectionsPerRegistry)")
        }
    }

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let subjects = try AuditSubjects(subjects, list, platform: platform)
        let connections = try Connections(registry, context, connections: connectionsPerRegistry)
        let inspector = verification.inspector()
        let (clock, stopper) = (SystemTransferClock(), Stopper())
        let reporter = AuditReporter(
            items: subjects.items, names: subjects.names, output: output, console: context.console
        ) {
            if failFast { stopper.stop() }
        }
        let audit = Audit(settings: settings, clock: clock, inspector: inspector, stores: connections.stores)
        await stopper.running { await audit.execute(subjects.items) { reporter.receive($0, $1) } }
        await connections.close()
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

/// What the arguments of `verify` name.
private struct AuditSubjects {
    var items: [AuditItem] = []
    var names: [ItemName] = []

    init(_ subjects: [String], _ list: ListOptions, platform: String?) throws {
        let platform = try Self.platform(platform)
        let lists = subjects.filter { $0 == "-" || FileBytes.isFile($0) }
        if list.to != nil || lists.count == subjects.count {
            for item in try list.items(of: subjects) { add(item.source, item.target, platform) }
        } else if let first = lists.first {
            let image = subjects.first { !lists.contains($0) } ?? ""
            throw CommandFailure.usage(
                ["\(first.displayable) is a list and \(image.displayable) is no file: give lists, or images"])
        } else if subjects.count > 2 {
            throw CommandFailure.usage(["\(subjects.count) images were given: give one, or a source and a target"])
        } else {
            let images = try subjects.map(Self.image)
            add(images.count == 2 ? images[0] : nil, images[images.count - 1], platform)
        }
    }

    private mutating func add(_ source: Reference?, _ target: Reference, _ platform: Platform?) {
        items.append(AuditItem(source: source?.endpoint, target: target.endpoint, platform: platform))
        names.append(ItemName(source: source?.asTyped ?? "-", target: target.asTyped))
    }

    private static func image(_ text: String) throws -> Reference {
        do throws(ReferenceError) { return try Reference(parsing: text) } catch {
            throw CommandFailure.usage(["\(error)"], hint: error.hint)
        }
    }

    private static func platform(_ text: String?) throws -> Platform? {
        guard let text, text != "all" else { return nil }
        do throws(PlatformError) { return try Platform(parsing: text) } catch {
            throw CommandFailure.usage(["--platform: \(error)"])
        }
    }
}
