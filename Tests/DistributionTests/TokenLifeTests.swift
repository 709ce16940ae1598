// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOHTTP1
import OCI
import ProtocolCases
import RegistryAuth
import RegistryFaults
import RegistryServer
import RegistryTransport
import Synchronization
import Testing
import TransferEngine

/// Token services that are short of breath or of favour, over the loopback.
@Suite struct TokenLifeTests {
    private let image = SampleImage()

    /// A registry whose tokens live for 3 s of its own clock, and a client of it.
    private func withShortTokens<Result>(
        rules: [FaultRule] = [], habits: TokenHabits = TokenHabits(), registry: ManualClock = ManualClock(),
        client: ManualClock = ManualClock(), _ body: (Loopback) async throws -> Result
    ) async throws -> Result {
        var configuration = RegistryConfiguration.patient()
        configuration.users = ["u": "p"]
        var tokens = BearerTokenAuthenticator.Settings()
        tokens.lifetime = .seconds(3)
        configuration.tokens = tokens
        configuration.clock = registry.registryClock
        let recorded = Mutex<FaultyRegistry?>(nil)
        configuration.wrap = { base in
            let faulty = FaultyRegistry(FussyTokenService(base: base, habits: habits), rules: rules)
            recorded.withLock { $0 = faulty }
            return faulty
        }
        let server = try await RegistryServer.start(configuration)
        let options = RegistryNetworkOptions.patient
        let network = RegistryNetwork(
            options: options, credentials: FixedCredential("u", "p"),
            transport: try HTTPClientTransport(options.transportSettings), clock: client.clock)
        let loopback = Loopback(
            server: server, faults: try #require(recorded.withLock { $0 }), network: network,
            host: try RegistryHost(server.authority))
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(loopback)) } catch { result = .failure(error) }
        await network.shutdown()
        await server.shutdown(grace: .zero)
        return try result.get()
    }

    // MARK: Short-lived tokens

    @Test func `before a body is sent a token of 3 s is renewed`() async throws {
        let (registry, client) = (ManualClock(), ManualClock())
        try await withShortTokens(registry: registry, client: client) { loopback in
            let admission = try await loopback.store.admit(image.layer.descriptor, to: .app, from: nil)
            guard case .session(let session, _) = admission else {
                Issue.record("\(admission)")
                return
            }
            for clock in [registry, client] { clock.advance(by: 4) }
            try await loopback.store.upload(image.layer.descriptor, into: session, bytes: image.layer.stream())
            let refused = loopback.requests.filter { $0.status == .unauthorized && $0.method == .PUT }
            #expect(refused.isEmpty)
            #expect(loopback.count(.token) == 2)
        }
    }

    @Test func `a question refused for an old token is asked again with a new one`() async throws {
        let registry = ManualClock()
        try await withShortTokens(registry: registry) { loopback in
            for _ in 0..<3 {
                let summary = try await loopback.store.summary(of: .tag(.latest), in: .app)
                #expect(summary == nil)
                registry.advance(by: 4)
            }
            #expect(loopback.count(.token) == 3)
        }
    }

    @Test func `a token that has ended is renewed once where the registry answers 400 without a challenge`()
        async throws
    {
        let ended = Fault.answer(
            .badRequest, body: #"{"errors":[{"code":"DENIED","message":"Your authorization token has expired."}]}"#)
        let rules = [FaultRule(RequestMatch(.GET, .manifest), .first(1), ended)]
        try await withShortTokens(rules: rules) { loopback in
            try await image.push(to: loopback.store, .app)
            let found = try await loopback.store.manifest(.tag(.latest), in: .app)
            #expect(found.digest == image.manifest.digest)
        }
    }

    @Test func `a 400 that is meant is given after one more try`() async throws {
        let rules = [FaultRule(RequestMatch(.GET, .manifest), .always, .answer(.badRequest))]
        try await withShortTokens(rules: rules) { loopback in
            await #expect(throws: ContentFailure.self) {
                _ = try await loopback.store.manifest(.tag(.latest), in: .app)
            }
            // The one that brings the challenge, one with the token, and one with a new one.
            #expect(loopback.requests.count { $0.method == .GET && $0.subject == .manifest } <= 3)
            #expect(loopback.count(.token) == 2)
        }
    }

    @Test func `fifty who are refused at once cause one renewal`() async throws {
        let registry = ManualClock()
        try await withShortTokens(registry: registry) { loopback in
            let store = loopback.store
            for _ in 0..<2 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<50 { group.addTask { _ = try await store.summary(of: .tag(.latest), in: .app) } }
                    try await group.waitForAll()
                }
                registry.advance(by: 4)
            }
            #expect(loopback.count(.token) == 2)
        }
    }

    // MARK: In the middle of a copy

    private static let expired = Fault.answer(
        .unauthorized,
        headers: ["WWW-Authenticate": #"Bearer realm="/token",service="transship",error="invalid_token""#])

    /// Copies the image from one repository to another of the same registry, without the mount that would spare it.
    private func copy(_ loopback: Loopback, inPieces: Bool = false) async throws -> ContentFailure? {
        try await image.push(to: loopback.store, .other)
        let store = StoreID(named: loopback.host.name)
        let item = TransferItem(
            source: TransferEndpoint(store: store, repository: .other, tag: .latest, digest: nil),
            target: TransferEndpoint(store: store, repository: .app, tag: .latest, digest: nil))
        var settings = TransferSettings()
        settings.requests.retry.base = .zero
        if inPieces { (settings.pieces.worthwhile, settings.pieces.size) = (200_000, 100_000) }
        let (network, host) = (loopback.network, loopback.host)
        let stores = RunStores { network.store(for: host, as: $1 == .source ? .source : .target) }
        let reports = await TransferRun(items: [item], settings: settings, stores: stores).execute()
        guard case .failed(let failure)? = reports[0]?.outcome else { return nil }
        return failure.cause
    }

    @Test(
        .covers("A10"),
        arguments: [
            RequestMatch(.PUT, .upload, repository: "team/app"),
            RequestMatch(.POST, .uploadStart, repository: "team/app"),
            RequestMatch(.HEAD, .manifest, repository: "team/app"),
            RequestMatch(.PUT, .manifest, repository: "team/app"),
            RequestMatch(.GET, .blob, repository: "team/other"),
            RequestMatch(.GET, .manifest, repository: "team/other"),
        ])
    func `a token that dies anywhere in a copy costs another try, not the copy`(match: RequestMatch) async throws {
        var habits = TokenHabits()
        habits.mounts = false
        try await withShortTokens(rules: [FaultRule(match, .first(1), Self.expired)], habits: habits) { loopback in
            let failure = try await copy(loopback)
            #expect(failure == nil)
            let manifest = try await loopback.store.manifest(.tag(.latest), in: .app)
            #expect(manifest.digest == image.manifest.digest)
            #expect(loopback.requests.contains { $0.wasFaulty })
        }
    }

    @Test(.covers("A10"), arguments: [1, 2, 3]) func `a token that dies between the pieces of a blob costs one piece`(
        piece: Int
    ) async throws {
        var habits = TokenHabits()
        habits.mounts = false
        let match = RequestMatch(.PATCH, .upload, repository: "team/app")
        try await withShortTokens(rules: [FaultRule(match, .nth(piece), Self.expired)], habits: habits) { loopback in
            let failure = try await copy(loopback, inPieces: true)
            #expect(failure == nil)
            let manifest = try await loopback.store.manifest(.tag(.latest), in: .app)
            #expect(manifest.digest == image.manifest.digest)
            #expect(loopback.requests.count { $0.method == .PATCH } == 4)
            #expect(loopback.requests.contains { $0.wasFaulty })
        }
    }

    // MARK: Grudging services

    @Test(.covers("A13")) func `a service that refuses two scopes in one request gets one, and the blob is uploaded`()
        async throws
    {
        var habits = TokenHabits()
        habits.refusesSeveralScopes = true
        try await withShortTokens(habits: habits) { loopback in
            try await loopback.store.push(image.layer, to: .other)
            let admission = try await loopback.store.admit(image.layer.descriptor, to: .app, from: .other)
            guard case .session(let session, mountRefused: true) = admission else {
                Issue.record("\(admission)")
                return
            }
            try await loopback.store.upload(image.layer.descriptor, into: session, bytes: image.layer.stream())
            let several = loopback.requests.filter { $0.subject == .token && $0.query.all("scope").count > 1 }
            #expect(!several.isEmpty)
            #expect(several.allSatisfy { $0.status == .unauthorized })
        }
    }

    @Test(.covers("A09")) func `a service that grants less than asked for is asked twice, and then it is no`()
        async throws
    {
        var habits = TokenHabits()
        habits.grantsPullOnly = true
        try await withShortTokens(habits: habits) { loopback in
            let failure = await failure { try await loopback.store.push(image.layer, to: .app) }
            #expect(failure?.kind == .unauthorized)
            #expect(failure?.retry == .never)
            #expect(loopback.count(.token) == 2)
            #expect(loopback.count(.uploadStart) == 2)
        }
    }

    @Test func `what a grudging service does grant is used`() async throws {
        var habits = TokenHabits()
        habits.grantsPullOnly = true
        try await withShortTokens(habits: habits) { loopback in
            let target = loopback.network.store(for: loopback.host, as: .target)
            let summary = try await target.summary(of: .tag(.latest), in: .app)
            #expect(summary == nil)
            #expect(loopback.count(.token) == 1)
        }
    }
}

/// How a token service is difficult.
struct TokenHabits: Sendable {
    var refusesSeveralScopes = false
    var grantsPullOnly = false
    var mounts = true
}

/// Stands in front of a registry with tokens.
private struct FussyTokenService: RegistryResponder {
    let base: any RegistryResponder
    let habits: TokenHabits

    func respond(to request: RegistryRequest) async -> RegistryResponse {
        var request = request
        if request.path == "/token" {
            if habits.refusesSeveralScopes, request.query.all("scope").count > 1 {
                return .json(.unauthorized, #"{"errors":[{"code":"UNAUTHORIZED","message":"one at a time"}]}"#)
            }
            if habits.grantsPullOnly {
                for position in request.query.items.indices where request.query.items[position].name == "scope" {
                    let scope = request.query.items[position].value
                    request.query.items[position].value = scope.replacing("push,", with: "")
                }
            }
        } else if !habits.mounts {
            request.query.items.removeAll { ["mount", "from"].contains($0.name) }
        }
        return await base.respond(to: request)
    }
}

extension ManualClock {
    /// The same clock for a registry.
    var registryClock: RegistryClock {
        RegistryClock(
            calendar: { .seconds(self.clock.calendar()) }, steady: { .seconds(self.clock.calendar()) })
    }
}
