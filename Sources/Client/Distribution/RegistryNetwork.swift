// SPDX-License-Identifier: Apache-2.0

import Content
package import OCI
package import RegistryAuth
package import RegistryTransport
import Synchronization

/// Everything that a run shares about its registries: connections, credentials, tokens, and what was learned about each
/// host. There is one for each run. It must be shut down before it is released.
package final class RegistryNetwork: Sendable {
    private let context: NetworkContext
    private let sessions = Mutex<[RegistryHost: RegistrySession]>([:])

    /// - Throws: if the certificate files of the options cannot be read.
    package convenience init(
        options: RegistryNetworkOptions = RegistryNetworkOptions(), credentials: any CredentialSource = NoCredentials(),
        clock: NetworkClock = .system
    ) throws(TransportSetupError) {
        let transport = try HTTPClientTransport(options.transportSettings)
        self.init(options: options, credentials: credentials, transport: transport, clock: clock)
    }

    package init(
        options: RegistryNetworkOptions, credentials: any CredentialSource, transport: any Transport,
        clock: NetworkClock
    ) {
        context = NetworkContext(options: options, credentials: credentials, transport: transport, clock: clock)
    }

    /// The main use of a store. It decides which scopes its requests ask for.
    package enum Role: Sendable {
        case source
        /// Read requests ask for the push scope, too, so that one token serves a whole copy. A manifest that may not be
        /// read counts as absent, because Artifactory answers 403 for missing manifests (go-containerregistry, pusher.go).
        case target
    }

    /// The registry at a host. Every store of one host shares its connections, tokens and ping.
    ///
    /// - Parameter retries: how the store retries requests itself; nil: every failure is returned at once.
    package func store(
        for host: RegistryHost, as role: Role = .source, retries: CraneRetries? = nil
    ) -> RegistryStore {
        let session = sessions.withLock { sessions in
            if let session = sessions[host] { return session }
            let session = RegistrySession(host: host, context: context)
            sessions[host] = session
            return session
        }
        return RegistryStore(session: session, role: role, retries: retries)
    }

    /// Waits for the background tasks to end.
    package func finishBackgroundTasks() async { await context.backgroundTasks.finish() }

    /// Closes every connection. Running requests fail, except those of background tasks.
    package func shutdown() async {
        await finishBackgroundTasks()
        await context.transport.shutdown()
    }
}

/// The clocks of a run.
package struct NetworkClock: Sendable {
    package var monotonic: @Sendable () -> ContinuousClock.Instant
    /// Seconds since 1970.
    package var calendar: @Sendable () -> Int64
    /// Returns after this duration; throws if the task is cancelled.
    package var sleep: @Sendable (Duration) async throws -> Void

    package init(
        monotonic: @escaping @Sendable () -> ContinuousClock.Instant, calendar: @escaping @Sendable () -> Int64,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.monotonic = monotonic
        self.calendar = calendar
        self.sleep = sleep
    }
}

/// The values that all sessions of a run share.
struct NetworkContext: Sendable {
    let options: RegistryNetworkOptions
    let credentials: any CredentialSource
    let transport: any Transport
    let clock: NetworkClock
    let tokens: TokenCache<TokenService>
    let lists: ListBudget
    let backgroundTasks = BackgroundTasks()
    var secrets: SentSecrets { options.secrets }

    init(
        options: RegistryNetworkOptions, credentials: any CredentialSource, transport: any Transport,
        clock: NetworkClock
    ) {
        self.options = options
        self.credentials = credentials
        self.transport = transport
        self.clock = clock
        let service = TokenService(
            transport: transport, userAgent: options.userAgent, clock: clock, tally: options.tally,
            secrets: options.secrets)
        tokens = TokenCache(service, now: clock.monotonic)
        lists = ListBudget(limit: options.listBytes)
    }

    /// The failure for an unexpected answer.
    func failure(_ reply: Reply) -> ContentFailure {
        ContentFailure(reply, now: clock.calendar(), hiding: secrets)
    }
}
