import ArgumentParser
import OCI

/// How registries are reached, for every command that talks to one.
struct RegistryOptions: ParsableArguments {
    @Option(
        name: .customLong("insecure-registry"),
        help: ArgumentHelp(
            "A registry that may be spoken to over plain http or with a certificate that is not trusted. Repeatable.",
            valueName: "host[:port]"))
    var insecureRegistries: [String] = []

    @Option(
        name: .customLong("ca-file"),
        help: ArgumentHelp("Certificates (PEM) to trust besides the system's.", valueName: "file"))
    var caFile: String?

    @Flag(name: [.short, .long], help: "Print every request and response to standard error, secrets redacted.")
    var verbose = false
}

/// The flags gcrane has on its root command.
struct GcraneOptions: ParsableArguments {
    @OptionGroup(title: "Registry options") var registry: RegistryOptions

    @Option(
        help: ArgumentHelp(
            "Of an index, use only the first child for this platform, os/arch[/variant][:osversion].",
            valueName: "platform"))
    var platform: String = "all"

    @Flag(help: "Allow plain http and untrusted certificates for every registry of this command.")
    var insecure = false

    /// The platform asked for; nil for all of them.
    func wantedPlatform() throws -> Platform? {
        guard !["", "all"].contains(platform) else { return nil }
        do throws(PlatformError) { return try Platform(parsing: platform) } catch {
            throw CommandFailure("invalid argument \"\(platform.displayable)\" for \"--platform\" flag: \(error)")
        }
    }
}

extension String {
    /// Parses a reference as `cp` takes it.
    func reference(_ what: String) throws -> Reference {
        do throws(ReferenceError) { return try Reference(parsing: self, dialect: .gcrane) } catch {
            throw CommandFailure(
                "\(what) \"\(displayable)\": could not parse reference: \(displayable)",
                hint: error.hint ?? error.reason.text)
        }
    }
}
