import Content
import Distribution
import OCI
import RegistryTransport
import Reporting
import Synchronization
import TransferEngine

/// The registries of one command: built from its options and the environment, shared by all it does.
struct Connections: Sendable {
    private let network: RegistryNetwork

    /// - Parameter connections: requests at once to one registry, for reading and writing each.
    init(
        _ options: RegistryOptions, _ context: CommandContext, connections: Int, allInsecure: Bool = false,
        pace: PaceOptions? = nil
    ) throws {
        var network = RegistryNetworkOptions()
        network.insecureHosts = Set(options.insecureRegistries)
        network.allInsecure = allInsecure
        network.extraCAPath = options.caFile
        try network.follow(context.environment)
        network.userAgent = Version.userAgent
        network.connectionsPerHost = 2 * connections
        network.notice = { [console = context.console] host, text in console.note("\(host): \(text)") }
        pace?.apply(to: &network)
        if options.verbose { network.wireLog = .gcrane(TimestampedLog(console: context.console)) }
        if options.verbose { network.trace = { [console = context.console] in console.note($0) } }
        let transport: HTTPClientTransport
        do throws(TransportSetupError) { transport = try HTTPClientTransport(network.transportSettings) } catch {
            throw CommandFailure.usage([error.description])
        }
        self.network = RegistryNetwork(
            options: network, credentials: try context.keychain(transport), transport: transport, clock: .system)
    }

    /// The engine's stores: a registry by its host's name.
    var stores: @Sendable (StoreID, TransferSide) -> any ContentTarget {
        { [network] store, side in network.store(for: store.host, as: side == .source ? .source : .target) }
    }

    func reader(_ host: RegistryHost) -> RegistryReader { RegistryReader(store: network.store(for: host)) }

    /// What the token service of a registry hands out for a repository, and for reading others.
    func tokenDocument(
        _ host: RegistryHost, pushing: Bool, to repository: Repository, pullingFrom others: [Repository]
    ) async throws(ContentFailure) -> [UInt8] {
        try await network.store(for: host).tokenDocument(pushing: pushing, to: repository, pullingFrom: others)
    }

    func close() async { await network.shutdown() }

    /// Does the work and closes the connections, whatever comes of it.
    func closing<Value>(_ work: () async throws -> Value) async throws -> Value {
        do {
            let value = try await work()
            await close()
            return value
        } catch {
            await close()
            throw error
        }
    }
}

extension StoreID {
    /// Stores are named by hosts that were parsed before.
    fileprivate var host: RegistryHost { (try? RegistryHost(name)) ?? .dockerHub }
}

/// What the reading commands ask of a registry.
struct RegistryReader: Sendable {
    let store: RegistryStore

    func digest(of reference: Reference) async throws -> Digest {
        if let digest = reference.digest {
            return try await store.manifest(.digest(digest), in: reference.repository).digest
        }
        guard let summary = try await store.summary(of: .tag(reference.tag ?? .latest), in: reference.repository) else {
            throw ContentFailure(.notFound, "\(reference.repositoryName) has no tag \"\(reference.tag ?? .latest)\"")
        }
        return summary.digest
    }

    /// The manifest a reference names; with a platform, the first child of an index that satisfies it.
    func manifest(of reference: Reference, for platform: Platform?) async throws(ContentFailure) -> ManifestContent {
        let selector = reference.digest.map(ManifestSelector.digest) ?? .tag(reference.tag ?? .latest)
        let content = try await store.manifest(selector, in: reference.repository)
        guard let platform else { return content }
        guard let manifest = try? Manifest(content.bytes, contentType: content.mediaType), manifest.kind == .index
        else {
            return content
        }
        guard let child = manifest.children.first(where: { platform.isSatisfied(by: $0.platform ?? .linuxAMD64) })
        else {
            throw ContentFailure(.notFound, "no child with platform \(platform) in index \(reference)")
        }
        return try await store.manifest(.digest(child.digest), in: reference.repository)
    }

    func tags(in repository: Repository) async throws(ContentFailure) -> [Tag] { try await store.tags(in: repository) }

    func repositories() async throws(ContentFailure) -> [Repository] { try await store.repositories() }
}

extension WireLog {
    /// Requests and responses as gcrane's `-v` shows them.
    fileprivate static func gcrane(_ log: TimestampedLog) -> WireLog {
        WireLog { event in
            switch event {
            case .sending(let exchange):
                log.line("--> \(exchange.method) \(exchange.url)\(exchange.body.note)")
                log.dump(exchange.headers, exchange.body)
            case .received(let exchange, let status, let headers, let body, let time):
                log.line("<-- \(status) \(exchange.url) (\(Quantity.time(time)))\(body.note)")
                log.dump(headers, body)
            case .failed(let exchange, let failure, let time):
                log.line("<-- \(failure) \(exchange.method) \(exchange.url) (\(Quantity.time(time)))")
            }
        }
    }
}

extension ShownBody {
    fileprivate var note: String {
        if case .hidden(let reason) = self { " [body redacted: \(reason)]" } else { "" }
    }
}

extension TimestampedLog {
    fileprivate func dump(_ headers: WireHeaders, _ body: ShownBody) {
        console.note("\(headers)")
        if case .bytes(let bytes) = body {
            console.note(String(decoding: bytes, as: UTF8.self).displayable(limit: 1 << 16))
        }
    }
}
