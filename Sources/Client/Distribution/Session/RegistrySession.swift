// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport
import Synchronization
import Waiting

/// A run's communication with one registry, and its knowledge about it.
final class RegistrySession: Sendable {
    let host: RegistryHost
    /// The sizes of pages to ask for, the preferred one first.
    let pageSizes: [Int]
    let context: NetworkContext
    /// No code waits while it holds this lock. The single flights below run without it.
    private let knowledge: Mutex<RegistryKnowledge>
    private let endpoints = SingleFlight<RegistryHost, RegistryEndpoint, ContentFailure>()
    /// Pings after an answer had seemed to say enough.
    private let pings = SingleFlight<RegistryHost, RegistryEndpoint, ContentFailure>()
    let credentials = SingleFlight<Repository?, CredentialAnswer, ContentFailure>()
    /// Guessed mounts while it is unknown how the registry handles them: one at a time.
    let guessing = Turns<RegistryHost>()
    /// Whether the registry was down at the last check, and the time of that check.
    let liveness = SingleFlight<RegistryHost, (at: ContinuousClock.Instant, isDown: Bool), Never>()

    init(host: RegistryHost, context: NetworkContext) {
        self.host = host
        pageSizes = host.pageSizes
        self.context = context
        knowledge = Mutex(RegistryKnowledge(uploads: host.uploadHabits))
    }

    // MARK: Knowledge

    /// Reads the current knowledge about the registry. Answers to other requests may change it at any time.
    func known<Fact: Sendable>(_ read: (RegistryKnowledge) -> Fact) -> Fact { knowledge.withLock { read($0) } }

    /// Changes the knowledge about the registry, in one step.
    func learn<Result: Sendable>(_ change: (inout RegistryKnowledge) -> Result) -> Result {
        knowledge.withLock { change(&$0) }
    }

    // MARK: How the registry is reached

    /// The scheme and first challenges of the registry, found out once in a run.
    ///
    /// - Parameter firstRequest: the request to send if nothing is known yet.
    func currentEndpoint(_ firstRequest: FirstRequest? = nil) async throws(ContentFailure) -> RegistryEndpoint {
        if let endpoint = known(\.endpoint) { return endpoint }
        let ping = Ping(host: host, context: context)
        await openConnectionMeanwhile(ping)
        let endpoint = try await endpoints.value(for: host) { () async throws(ContentFailure) in
            try await ping.run(firstRequest)
        }
        learn { $0.note(endpoint) }
        return endpoint
    }

    /// Asks by a ping, once in a run, after an answer had seemed to say enough.
    func pinged() async throws(ContentFailure) -> RegistryEndpoint {
        let ping = Ping(host: host, context: context)
        return try await pings.value(for: host) { () async throws(ContentFailure) in try await ping.run() }
    }

    /// Opens a connection for a request that waits for another request's ping, so that it is open when the ping and the
    /// tokens have arrived.
    private func openConnectionMeanwhile(_ ping: Ping) async {
        guard let number = learn({ $0.seekEndpoint() }), (2...Self.mostConnectionsAhead).contains(number),
            let request = ping.distantRequest
        else { return }
        await context.backgroundTasks.run { [context] in await context.transport.openConnection(for: request) }
    }

    /// The number of requests that a run sends to one registry at once in the beginning.
    private static let mostConnectionsAhead = 16
}
