// SPDX-License-Identifier: Apache-2.0

import OCI
import ProtocolCases
import RegistryAuth
import Synchronization
import Testing

@Suite struct TokenCacheTests {
    private let service = FakeExchange()
    private let clock = ManualTime()
    private let app: Repository
    private let base: Repository

    init() throws {
        app = try Repository("team/app")
        base = try Repository("base")
    }

    private var cache: TokenCache<FakeExchange> { TokenCache(service, now: { [clock] in clock.now }) }

    private func request(_ scopes: Scope..., credential: Credential? = nil, registry: String = "https://h")
        -> TokenRequest
    {
        TokenRequest(
            registry: registry, realm: "https://auth/token", service: "s", credential: credential,
            scopes: ScopeSet(scopes))
    }

    @Test func `a hundred who ask at once cause one request`() async throws {
        let cache = cache
        let tokens = try await withThrowingTaskGroup(of: Secret.self) { group in
            for _ in 0..<100 { group.addTask { try await cache.token(for: request(.pull(app))) } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(tokens.count == 1)
        #expect(service.requests.count == 1)
    }

    @Test func `a token for more serves a request for less`() async throws {
        let cache = cache
        let wide = try await cache.token(for: request(.push(app), .pull(base)))
        #expect(try await cache.token(for: request(.pull(app))) == wide)
        #expect(try await cache.token(for: request(.pull(base))) == wide)
        #expect(service.requests.count == 1)
        _ = try await cache.token(for: request(.push(base)))
        #expect(service.requests.count == 2)
    }

    @Test func `registries and credentials do not share tokens`() async throws {
        let cache = cache
        _ = try await cache.token(for: request(.pull(app)))
        _ = try await cache.token(for: request(.pull(app), credential: .basic(user: "u", password: Secret("p"))))
        _ = try await cache.token(for: request(.pull(app), registry: "https://other"))
        #expect(service.requests.count == 3)
    }

    @Test(
        .covers("A06"), arguments: [(nil, 60), (1, 60), (300, 300), (1_000_000, 86_400), (-5, 60)] as [(Int64?, Int64)])
    func `a token lives as long as its service says, within reason`(said: Int64?, lives: Int64) async throws {
        service.expiresIn = said
        let cache = cache
        _ = try await cache.token(for: request(.pull(app)))
        clock.advance(by: .seconds(lives - 1))
        _ = try await cache.token(for: request(.pull(app)))
        #expect(service.requests.count == 1)
        clock.advance(by: .seconds(1))
        _ = try await cache.token(for: request(.pull(app)))
        #expect(service.requests.count == 2)
    }

    @Test func `a token said to live for 3 s is not trusted with a body after half of them`() async throws {
        service.expiresIn = 3
        let cache = cache
        _ = try await cache.token(for: request(.push(app)), use: .body)
        clock.advance(by: .seconds(1))
        _ = try await cache.token(for: request(.push(app)), use: .body)
        #expect(service.requests.count == 1)
        clock.advance(by: .milliseconds(500))
        _ = try await cache.token(for: request(.push(app)))
        #expect(service.requests.count == 1)
        _ = try await cache.token(for: request(.push(app)), use: .body)
        #expect(service.requests.count == 2)
    }

    @Test func `before a body is sent an aging token is replaced`() async throws {
        service.expiresIn = 300
        let cache = cache
        _ = try await cache.token(for: request(.push(app)), use: .body)
        clock.advance(by: .seconds(240))
        _ = try await cache.token(for: request(.push(app)), use: .body)
        #expect(service.requests.count == 1)
        clock.advance(by: .seconds(1))
        _ = try await cache.token(for: request(.push(app)))
        #expect(service.requests.count == 1)
        _ = try await cache.token(for: request(.push(app)), use: .body)
        #expect(service.requests.count == 2)
    }

    @Test func `a refused token is dropped once, however many were refused with it`() async throws {
        let cache = cache
        let refused = try await cache.token(for: request(.pull(app)))
        await cache.discard(refused, of: request(.pull(app)))
        let fresh = try await cache.token(for: request(.pull(app)))
        await cache.discard(refused, of: request(.pull(app)))
        #expect(try await cache.token(for: request(.pull(app))) == fresh)
        #expect(service.requests.count == 2)
    }

    @Test func `a failure is not remembered`() async throws {
        let cache = cache
        service.fails = true
        await #expect(throws: FakeExchange.Refused.self) { try await cache.token(for: request(.pull(app))) }
        service.fails = false
        _ = try await cache.token(for: request(.pull(app)))
        #expect(service.requests.count == 2)
    }

    @Test(
        .covers("A05"),
        arguments: [
            (#"{"token":"a"}"#, "a"), (#"{"access_token":"b"}"#, "b"), (#"{"token":"a","access_token":"b"}"#, "b"),
            (#"{"token":"a","access_token":""}"#, "a"),
        ])
    func `a token is read from either member`(body: String, token: String) {
        #expect(TokenGrant(Array(body.utf8))?.token == Secret(token))
    }

    @Test(arguments: ["", "{}", "[]", "token", #"{"token":""}"#, #"{"token":5}"#, #"{"token":"a\r\nHost: b"}"#])
    func `what is no token is refused`(body: String) { #expect(TokenGrant(Array(body.utf8)) == nil) }
}

final class FakeExchange: TokenExchange {
    struct Refused: Error {}

    private struct State {
        var requests: [TokenRequest] = []
        var expiresIn: Int64? = 300
        var fails = false
    }

    private let state = Mutex(State())

    var requests: [TokenRequest] { state.withLock { $0.requests } }
    var expiresIn: Int64? {
        get { state.withLock { $0.expiresIn } }
        set { state.withLock { $0.expiresIn = newValue } }
    }
    var fails: Bool {
        get { state.withLock { $0.fails } }
        set { state.withLock { $0.fails = newValue } }
    }

    func token(for request: TokenRequest) async throws(Refused) -> TokenGrant {
        let (number, expiresIn, fails) = state.withLock { state in
            state.requests.append(request)
            return (state.requests.count, state.expiresIn, state.fails)
        }
        // Others get the chance to ask meanwhile.
        for _ in 0..<10 { await Task.yield() }
        if fails { throw Refused() }
        return TokenGrant(token: Secret("token-\(number)"), expiresIn: expiresIn)
    }
}

final class ManualTime: Sendable {
    private let time = Mutex(ContinuousClock.now)

    var now: ContinuousClock.Instant { time.withLock { $0 } }

    func advance(by duration: Duration) { time.withLock { $0 += duration } }
}
