import ArgumentParser
import Content
import OCI
import Reporting

struct DigestCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "digest", abstract: "Print the digest of an image.",
        discussion: """
            EXAMPLE
              transship digest docker.io/library/debian:buster

            EXIT CODES
              0 printed, 1 failed.
            """)

    @Argument(help: ArgumentHelp("The image.", valueName: "image")) var image: String
    @Flag(help: "Print repository and digest instead of the digest alone.") var fullRef = false
    @OptionGroup var options: GcraneOptions

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        try await context.reading(image, options) { reference, store in
            let digest =
                if let platform = try options.wantedPlatform() {
                    try await store.manifest(of: reference, for: platform).digest
                } else {
                    try await store.digest(of: reference)
                }
            context.console.output(fullRef ? "\(reference.repositoryName)@\(digest)" : digest.text)
        }
    }
}

struct ManifestCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "manifest", abstract: "Print the manifest of an image, byte for byte.",
        discussion: """
            EXAMPLE
              transship manifest docker.io/library/debian:buster

            EXIT CODES
              0 printed, 1 failed.
            """)

    @Argument(help: ArgumentHelp("The image.", valueName: "image")) var image: String
    @OptionGroup var options: GcraneOptions

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        try await context.reading(image, options) { reference, store in
            let platform = try options.wantedPlatform()
            do throws(ContentFailure) {
                context.console.output(bytes: try await store.manifest(of: reference, for: platform).bytes)
            } catch {
                throw CommandFailure("fetching manifest \(reference): \(error)", hint: error.hint)
            }
        }
    }
}

struct ListCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List the tags of a repository, one a line.",
        discussion: """
            EXAMPLE
              transship ls docker.io/library/debian

            EXIT CODES
              0 listed, 1 failed.
            """)

    @Argument(help: ArgumentHelp("The repository.", valueName: "repository")) var repository: String
    @OptionGroup var options: GcraneOptions

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let (registry, repository) = try repositoryParts()
        return try await context.connected(to: registry, options) { store in
            for tag in try await store.tags(in: repository) {
                context.console.output("\(registry.name)/\(repository):\(tag)")
            }
        }
    }

    private func repositoryParts() throws -> (RegistryHost, Repository) {
        do throws(ReferenceError) { return try Reference.parseRepository(repository) } catch {
            throw CommandFailure(error.reason.text, hint: error.hint)
        }
    }
}

struct CatalogCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog", abstract: "List the repositories of a registry, one a line.",
        discussion: """
            Registries may refuse this; Docker Hub does.

            EXAMPLE
              transship catalog registry.example:5000

            EXIT CODES
              0 listed, 1 failed.
            """)

    @Argument(help: ArgumentHelp("The registry's host.", valueName: "registry")) var registry: String
    @Flag(help: "Print the registry's host in front of each repository.") var fullRef = false
    @OptionGroup var options: GcraneOptions

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let host: RegistryHost
        do throws(ReferenceError.Reason) { host = try RegistryHost(registry) } catch {
            throw CommandFailure(error.text)
        }
        return try await context.connected(to: host, options) { store in
            for repository in try await store.repositories() {
                context.console.output(fullRef ? "\(host.name)/\(repository)" : repository.path)
            }
        }
    }
}

extension CommandContext {
    /// Runs `body` with the store of the reference's registry.
    fileprivate func reading(
        _ text: String, _ options: GcraneOptions,
        _ body: (Reference, RegistryReader) async throws -> Void
    ) async throws -> ExitStatus {
        let reference = try text.reference("parsing reference")
        return try await connected(to: reference.registry, options) { try await body(reference, $0) }
    }

    fileprivate func connected(
        to host: RegistryHost, _ options: GcraneOptions, _ body: (RegistryReader) async throws -> Void
    ) async throws -> ExitStatus {
        let connections = try Connections(options.registry, self, connections: 4, allInsecure: options.insecure)
        let result: Result<Void, any Error>
        do { result = .success(try await body(connections.reader(host))) } catch { result = .failure(error) }
        await connections.close()
        do { try result.get() } catch let failure as ContentFailure {
            throw CommandFailure(failure.message, hint: failure.hint)
        }
        return .success
    }
}
