// SPDX-License-Identifier: Apache-2.0

import Content
package import OCI
package import RegistryAuth
package import RegistryTransport
import Synchronization

/// Everything one run shares about its registries: connections, credentials, tokens, and what each host turned out to
/// be. One for each run; it must be shut down before it is dropped.
package final class RegistryNetwork: Sendable {
    private let context: NetworkContext
    private let sessions = Mutex<[RegistryHost: RegistrySession]>([:])

    /// - Throws: where the certificate files of the options cannot be read.
    package convenience init(
        options: RegistryNetworkOptions = RegistryNetworkOptions(), credentials: any CredentialSource = Anonymous(),
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

    /// What a store is mostly used for, which decides what its questions ask permission for.
    package enum Role: Sendable {
        case source
        /// Questions ask for push as well, so that one token serves a whole copy, and a manifest that may not be seen
        /// counts as absent: Artifactory answers 403 for what is not there (go-containerregistry, pusher.go).
        case target
    }

    /// The registry at a host. Every store of one host shares its connections, tokens and ping.
    ///
    /// - Parameter patience: how it repeats requests by itself; nil: every failure is told at once.
    package func store(
        for host: RegistryHost, as role: Role = .source, patience: Patience? = nil
    ) -> RegistryStore {
        let session = sessions.withLock { sessions in
            if let session = sessions[host] { return session }
            let session = RegistrySession(host: host, context: context)
            sessions[host] = session
            return session
        }
        return RegistryStore(session: session, role: role, patience: patience)
    }

    /// Ends what nobody waited for.
    package func finishBackgroundTasks() async { await context.backgroundTasks.finish() }

    /// Ends every connection; what still runs fails, except background tasks.
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
    /// Returns after this long; throws where the task is cancelled.
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

/// What the sessions of a run have in common.
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

    /// What an answer means that is not the one hoped for.
    func failure(_ reply: Reply) -> ContentFailure {
        ContentFailure(reply, now: clock.calendar(), hiding: secrets)
    }
}
