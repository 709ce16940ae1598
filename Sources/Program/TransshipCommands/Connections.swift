// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import OCILayout
import RegistryAuth
import RegistryTasks
import RegistryTransport
import Reporting
import Synchronization
import TransferEngine

/// The registries of one command: built from its options and the environment, and shared by all its parts.
struct Connections: Sendable {
    private let network: RegistryNetwork
    /// How requests outside of a plan are retried (crane's commands).
    private let craneRetries: CraneRetries?

    /// - Parameter tally: counts requests and bytes, if given.
    init(
        _ choices: RegistryChoices, _ context: CommandContext, pace: PaceOptions, tally: WireTally? = nil
    ) throws {
        try self.init(choices, context, connections: pace.connectionsPerRegistry, pace: pace, tally: tally)
    }

    /// - Parameters:
    ///   - connections: requests at once to one registry, for reading and writing each.
    ///   - tally: counts requests and bytes, if given.
    ///   - isMeasuring: whether the registry is measured, so that requests have to take little of this program's CPU time.
    init(
        _ choices: RegistryChoices, _ context: CommandContext, connections: Int, pace: PaceOptions? = nil,
        tally: WireTally? = nil, login: Credential? = nil, isMeasuring: Bool = false
    ) throws {
        try ProcessStart.checkOpenFiles()
        craneRetries = choices.craneRetries
        var network = RegistryNetworkOptions()
        network.insecureHosts = Set(choices.insecureRegistries)
        network.schemes = choices.schemes
        network.allInsecure = choices.allInsecure
        network.extraCAPath = choices.caFile
        network.pingsLate = choices.pingsLate
        try network.follow(context.environment)
        network.userAgent = Version.userAgent
        network.connectionsPerHost = 2 * connections
        network.tally = tally
        network.sendsDirectly = isMeasuring
        network.notice = { [console = context.console, heard = choices.warningHeard] host, notice in
            if case .warning(let text) = notice, let heard { return heard(text) }
            console.note(notice.line(about: host))
        }
        network.lacksLogin = choices.loginMissed
        pace?.apply(to: &network)
        if choices.verbose {
            network.wireLog = .gcrane(
                WireLines(log: TimestampedLog(console: context.console), secrets: network.secrets))
        }
        if choices.verbose { network.trace = { [console = context.console] in console.note($0) } }
        let transport: HTTPClientTransport
        do throws(TransportSetupError) { transport = try HTTPClientTransport(network.transportSettings) } catch {
            throw CommandFailure.usage([error.description])
        }
        self.network = RegistryNetwork(
            options: network,
            credentials: try login.map(FixedCredential.init)
                ?? context.keychain(transport, usesGoogle: choices.usesGoogle),
            transport: transport, clock: .system)
    }

    init(
        _ options: RegistryOptions, _ context: CommandContext, connections: Int, pace: PaceOptions? = nil
    ) throws {
        try self.init(options.choices, context, connections: connections, pace: pace)
    }

    /// The engine's stores: a registry by its host's name, a layout by its folder.
    var stores: RunStores {
        RunStores { [network] store, side in
            switch store {
            case .registry(let host): return network.store(for: host, as: side == .source ? .source : .target)
            case .layout(let folder): return LayoutStore(folder)
            case .local: preconditionFailure("what only one run knows is that run's to give")
            }
        }
    }

    /// The pulls that these sources last said are left. Sources that do not count pulls are not included.
    func allowances(of sources: some Sequence<StoreID>) -> [StoreID: PullAllowance] {
        Set(sources).reduce(into: [:]) { $0[$1] = stores.source($1).pullAllowance() }
    }

    /// The executors for copies between registries. Empty, which means the default executor, if a layout's files are
    /// read or written.
    func executors(for items: some Sequence<TransferItem>) -> [any TaskExecutor] {
        let usesFiles = items.contains { $0.source.store.isLayout || $0.target.store.isLayout }
        return usesFiles ? [] : EventLoopExecutor.all
    }

    func store(_ host: RegistryHost) -> RegistryStore { network.store(for: host, retries: craneRetries) }

    /// A store for the requests of a plan. The store does not retry by itself.
    func planStore(_ host: RegistryHost) -> RegistryStore { network.store(for: host) }

    /// Lists a repository with all those below it, or a whole registry if there is no path. The job logs retries, and what
    /// could not be seen.
    func walk(
        _ host: RegistryHost, below path: Repository?, for job: GcraneJob
    ) async throws -> RepositoryTree.Walk {
        let walk = try await RepositoryTree(below: path, of: store(host), by: lists(of: host, for: job)).walk()
        if let note = walk.note { job.log.line(note) }
        return walk
    }

    /// Lists of many repositories of one registry.
    func lists(
        of host: RegistryHost, as role: RegistryNetwork.Role = .source, for job: GcraneJob
    ) -> RepositoryLists {
        RepositoryLists(
            from: network.store(for: host, as: role), settings: CopySettings.requests(connections: Self.listsAtOnce)
        ) { [log = job.log] in log.tell($0) }
    }

    private static let listsAtOnce = 8

    /// The store of a registry that is written to.
    func targetStore(_ host: RegistryHost) -> RegistryStore {
        network.store(for: host, as: .target, retries: craneRetries)
    }

    /// The answer of a registry's token service for a repository, and for reading others.
    func tokenDocument(
        _ host: RegistryHost, pushing: Bool, to repository: Repository, pullingFrom others: [Repository]
    ) async throws(ContentFailure) -> [UInt8] {
        try await network.store(for: host).tokenDocument(pushing: pushing, to: repository, pullingFrom: others)
    }

    /// Where the login for a repository was found, in words; nil if there is none, or none is needed.
    func loginSource(of store: StoreID, _ repository: Repository) async throws(ContentFailure) -> String? {
        guard case .registry(let host) = store else { return nil }
        return try await network.store(for: host).loginSource(for: repository)
    }

    func close() async { await network.shutdown() }

    /// Runs the work and then closes the connections, even if it throws.
    func closing<Value>(_ work: () async throws -> Value) async throws -> Value {
        let result: Result<Value, any Error>
        do { result = .success(try await work()) } catch { result = .failure(error) }
        if Task.isCancelled {
            // After an interruption the program must end quickly, and this would wait for connections that are being
            // opened.
            await network.finishBackgroundTasks()
            Task { await close() }
        } else {
            await close()
        }
        return try result.get()
    }
}
