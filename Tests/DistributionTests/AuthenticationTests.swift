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

@Suite struct AuthenticationTests {
    private let image = SampleImage()
    private static let bearer = #"Bearer realm="https://auth.io/token?own=1",service="r.io""#

    // MARK: Over a socket

    @Test(.covers("A03")) func `Basic credentials are sent with every request to their host`() async throws {
        try await withRegistry(users: ["u": "p"], credentials: FixedCredential("u", "p")) { loopback in
            try await image.push(to: loopback.store, .app)
            #expect(loopback.requests.dropFirst().allSatisfy { $0.headers["Authorization"] == ["Basic dTpw"] })
            #expect(loopback.requests.allSatisfy { $0.status != .unauthorized || $0.subject == .ping })
        }
    }

    @Test func `one token serves a whole push`() async throws {
        try await withRegistry(users: ["u": "p"], tokens: true, credentials: FixedCredential("u", "p")) { loopback in
            let target = loopback.network.store(for: loopback.host, as: .target)
            _ = try await target.summary(of: .tag(.latest), in: .app)
            try await image.push(to: target, .app)
            _ = try await loopback.store.manifest(.tag(.latest), in: .app)
            #expect(loopback.count(.token) == 1)
            #expect(loopback.requests.count { $0.status == .unauthorized } == 1)
        }
    }

    @Test(.covers("A11")) func `a hundred first questions cause one token request`() async throws {
        try await withRegistry(users: ["u": "p"], tokens: true, credentials: FixedCredential("u", "p")) { loopback in
            let store = loopback.store
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 { group.addTask { _ = try await store.summary(of: .tag(.latest), in: .app) } }
                try await group.waitForAll()
            }
            #expect(loopback.count(.token) == 1)
            #expect(loopback.count(.ping) == 1)
        }
    }

    @Test(.covers("A15")) func `what everybody may pull is pulled with an anonymous token`() async throws {
        try await withRegistry(users: ["u": "p"], tokens: true, everybodyPulls: true) { loopback in
            let summary = try await loopback.store.summary(of: .tag(.latest), in: .app)
            #expect(summary == nil)
            let token = try #require(loopback.requests.first { $0.subject == .token })
            #expect(token.headers["Authorization"].isEmpty)
            #expect(token.query.all("scope") == ["repository:team/app:pull"])
            let failure = await failure { try await loopback.store.push(image.layer, to: .app) }
            #expect(failure?.kind == .unauthorized)
            #expect(failure?.hint == "no login for \(loopback.host) was found; going without")
        }
    }

    @Test func `a wrong password is refused once, not in a loop`() async throws {
        try await withRegistry(users: ["u": "p"], tokens: true, credentials: FixedCredential("u", "x")) { loopback in
            let failure = await failure { try await loopback.store.push(image.layer, to: .app) }
            #expect(failure?.kind == .unauthorized)
            #expect(failure?.retry == .never)
            #expect(loopback.count(.token) == 1)
        }
    }

    @Test(.covers("A13")) func `a mount asks for both repositories in one token, push first`() async throws {
        try await withRegistry(users: ["u": "p"], tokens: true, credentials: FixedCredential("u", "p")) { loopback in
            try await loopback.store.push(image.layer, to: .app)
            let admission = try await loopback.store.admit(image.layer.descriptor, to: .other, from: .app)
            #expect(admission.isPresent)
            let token = try #require(loopback.requests.last { $0.subject == .token })
            #expect(token.query.all("scope") == ["repository:team/other:push,pull", "repository:team/app:pull"])
        }
    }

    // MARK: Over a script

    /// A registry with a token service elsewhere.
    private func wire(
        token: ScriptedTransport.Answer = .json(#"{"token":"t"}"#), challenge: String = bearer,
        ping: ScriptedTransport.Answer? = nil,
        _ registry: @escaping @Sendable (WireRequest) -> ScriptedTransport.Answer = { _ in .notFound }
    ) -> ScriptedTransport {
        ScriptedTransport { request in
            if request.url.origin.host == "auth.io" { return token }
            if request.url.path == "/v2/" { return ping ?? .challenge(challenge) }
            return request.headers["Authorization"] == nil ? .challenge(challenge) : registry(request)
        }
    }

    @Test(.covers("A12")) func `a realm keeps its own query`() async throws {
        let wire = wire()
        _ = try await RegistryNetwork(wire).store("r.io").summary(of: .tag(.latest), in: .app)
        #expect(
            wire.conversation[1]
                == "GET https://auth.io/token?own=1&scope=repository%3Ateam%2Fapp%3Apull&service=r.io")
        #expect(wire.requests.last?.headers["Authorization"] == "Bearer t")
    }

    @Test(.covers("A14")) func `a ping without a challenge and a request with one work, and the other way round`()
        async throws
    {
        let late = wire(ping: .ok)
        _ = try await RegistryNetwork(late).store("r.io").summary(of: .tag(.latest), in: .app)
        #expect(late.requests.last?.headers["Authorization"] == "Bearer t")

        let mute = wire { request in
            request.headers["Authorization"] == "Bearer t" && request.url.path.hasSuffix("latest")
                ? ScriptedTransport.Answer(status: 401) : .notFound
        }
        let failure = await failure {
            try await RegistryNetwork(mute).store("r.io").summary(of: .tag(.latest), in: .app)
        }
        #expect(failure?.kind == .unauthorized)
        #expect(mute.conversation.count { $0.contains("auth.io") } == 2)
    }

    @Test func `what was sent as a login is shown nowhere, whoever repeats it`() async throws {
        let wire = wire(token: .json(#"{"token":"tokenvalue123"}"#)) { request in
            .json(
                #"{"errors":[{"code":"DENIED","message":"\#(request.headers["Authorization"] ?? "") is refused"}]}"#,
                403)
        }
        let refused = await failure {
            try await RegistryNetwork(wire).store("r.io").manifest(.tag(.latest), in: .app)
        }
        let message = try #require(refused?.message)
        #expect(!message.contains("tokenvalue123") && message.contains("is refused"))
        let basic = ScriptedTransport { request in
            guard request.headers["Authorization"] != nil else { return .challenge("Basic realm=\"r\"") }
            return .json(#"{"errors":[{"code":"DENIED","message":"user u with pässword9 may not"}]}"#, 403)
        }
        let other = await failure {
            try await RegistryNetwork(basic, credentials: FixedCredential("u", "pässword9")).store("r.io")
                .manifest(.tag(.latest), in: .app)
        }
        #expect(other?.message.contains("pässword9") == false)
    }

    /// With room for the first characters of the password before the limit, or for nothing but a mark behind it.
    @Test(arguments: [
        (#"{"errors":[{"code":"DENIED","message":"\#(String(repeating: "x ", count: 249))päss-word9 no"}]}"#, ""),
        (#"{"errors":[{"code":"DENIED","message":"päss-word9\#u{301} no"}]}"#, ""),
        (#"{"errors":[{"code":"päss-word9","message":"no","detail":{"x":"p\u00e4ss-word9"}}]}"#, ""),
        (String(repeating: "x ", count: 253) + "päss-word9 no", ""),
        ("<html><title>\(String(repeating: "t", count: 72))päss-word9</title></html>", "text/html"),
        ("see https://r.io/p%C3%A4ss-word9/x", ""),
    ])
    func `a login is hidden before a text is cut, and whatever stands behind it`(
        body: String, type: String
    ) async throws {
        let wire = ScriptedTransport { request in
            guard request.headers["Authorization"] != nil else { return .challenge("Basic realm=\"r\"") }
            return .init(status: 403, headers: ["Content-Type": type], body: body)
        }
        let refused = await failure {
            try await RegistryNetwork(wire, credentials: FixedCredential("u", "päss-word9")).store("r.io")
                .manifest(.tag(.latest), in: .app)
        }
        let message = try #require(refused?.message)
        #expect(!message.contains("päss") && !message.uppercased().contains("SS-WORD9"), "\(message)")
        #expect(!message.contains("p%C3%A4ss"), "\(message)")
    }

    @Test func `what is told before another try hides the login, too`() async throws {
        let told = Mutex<[String]>([])
        let wire = wire(token: .json(#"{"token":"tokenvalue123"}"#)) { request in
            .json(
                #"{"errors":[{"code":"BUSY","message":"\#(request.headers["Authorization"] ?? "") waits"}]}"#, 503)
        }
        let retries = CraneRetries(
            pauses: [.zero], tell: { line in told.withLock { $0.append(line) } }, sleep: { _ in })
        let store = RegistryNetwork(wire).store(for: try RegistryHost("r.io"), retries: retries)
        _ = await failure { try await store.manifest(.tag(.latest), in: .app) }
        let lines = told.withLock { $0 }
        #expect(!lines.isEmpty && lines.allSatisfy { $0.contains("waits") && !$0.contains("tokenvalue123") })
    }

    @Test func `a token is one whatever its answer is called`() async throws {
        let named = ScriptedTransport.Answer(
            status: 200, headers: ["Content-Type": "text/html"], body: #"{"token":"t"}"#)
        let wire = wire(token: named)
        _ = try await RegistryNetwork(wire).store("r.io").summary(of: .tag(.latest), in: .app)
        #expect(wire.requests.last?.headers["Authorization"] == "Bearer t")
    }

    @Test func `a sign-on page in a token's place is told as one`() async {
        let page = ScriptedTransport.Answer(
            status: 200, headers: ["Content-Type": "text/html"], body: "<html><title>Sign in</title>")
        let failure = await failure {
            try await RegistryNetwork(wire(token: page)).store("r.io").summary(of: .tag(.latest), in: .app)
        }
        #expect(failure?.message.contains("is there a login page or a proxy in front?") == true)
    }

    private func provesLogin(_ wire: ScriptedTransport) async throws -> Bool {
        try await RegistryNetwork(wire, credentials: FixedCredential("u", "p")).store("r.io").provesLogin()
    }

    @Test func `a login is proven by the registry, not by who hands out its tokens`() async throws {
        let taken = ScriptedTransport { request in
            if request.url.origin.host == "auth.io" { return .json(#"{"token":"t"}"#) }
            return request.headers["Authorization"] == nil ? .challenge(Self.bearer) : .ok
        }
        #expect(try await provesLogin(taken))
        #expect(await failure { try await provesLogin(wire()) }?.kind == .unauthorized)
    }

    @Test(arguments: [
        ScriptedTransport.Answer(status: 403), ScriptedTransport.Answer(status: 401),
        .challenge("Digest realm=\"r\", nonce=\"n\""),
        ScriptedTransport.Answer(
            status: 200, headers: ["Content-Type": "text/html"], body: "<html><title>Sign in</title>"),
    ])
    func `an answer that is no registry's yes proves no login`(ping: ScriptedTransport.Answer) async {
        #expect(await failure { try await provesLogin(ScriptedTransport { _ in ping }) } != nil)
    }

    @Test func `a registry that asks nobody proves nothing`() async throws {
        #expect(try await !provesLogin(ScriptedTransport { _ in .ok }))
    }

    @Test(.covers("A09")) func `a token that allows less than asked for is replaced once, then the answer stands`()
        async throws
    {
        let wire = wire { _ in .challenge(Self.bearer + #",error="insufficient_scope""#) }
        let failure = await failure {
            try await RegistryNetwork(wire).store("r.io").manifest(.tag(.latest), in: .app)
        }
        #expect(failure?.kind == .unauthorized)
        // The service hands out the same token again, which is not even tried.
        #expect(wire.requests.count == 4)
    }

    @Test func `a denied request is not repeated`() async throws {
        let wire = wire { _ in .json(#"{"errors":[{"code":"DENIED","message":"no"}]}"#, 403) }
        let failure = await failure {
            try await RegistryNetwork(wire).store("r.io").manifest(.tag(.latest), in: .app)
        }
        #expect(failure?.kind == .denied)
        #expect(failure?.codes == ["DENIED"])
        #expect(failure?.message == "GET https://r.io/v2/team/app/manifests/latest: DENIED: no")
        #expect(wire.requests.count == 3)
    }

    @Test(.covers("A07"), arguments: [400, 401, 404, 405]) func `an identity token falls back to the GET form`(
        status: Int
    ) async throws {
        let wire = ScriptedTransport { request in
            if request.method == .post { return ScriptedTransport.Answer(status: status) }
            if request.url.origin.host == "auth.io" { return .json(#"{"access_token":"t"}"#) }
            return request.headers["Authorization"] == nil ? .challenge(Self.bearer) : .notFound
        }
        let credentials = FixedCredential(.identityToken(Secret("refresh&me"), user: "u"))
        _ = try await RegistryNetwork(wire, credentials: credentials).store("r.io").summary(of: .tag(.latest), in: .app)
        guard case .bytes(let form) = wire.requests[1].body else {
            Issue.record("no form")
            return
        }
        #expect(
            String(decoding: form, as: UTF8.self)
                == "client_id=transship&grant_type=refresh_token&refresh_token=refresh%26me"
                + "&scope=repository%3Ateam%2Fapp%3Apull&service=r.io")
        #expect(wire.requests[2].headers["Authorization"] == "Basic dTpyZWZyZXNoJm1l")
    }

    @Test func `a registry token is sent as it is`() async throws {
        let wire = wire()
        let credentials = FixedCredential(.registryToken(Secret("own")))
        _ = try await RegistryNetwork(wire, credentials: credentials).store("r.io").summary(of: .tag(.latest), in: .app)
        #expect(wire.requests.last?.headers["Authorization"] == "Bearer own")
        #expect(wire.requests.count == 2)
    }

    @Test(.covers("A06")) func `an expired token is refreshed on the way`() async throws {
        let clock = ManualClock()
        let wire = wire()
        let store = try RegistryNetwork(wire, clock: clock).store("r.io")
        for _ in 0..<2 { _ = try await store.summary(of: .tag(.latest), in: .app) }
        #expect(wire.conversation.count { $0.contains("auth.io") } == 1)
        clock.advance(by: 60)
        _ = try await store.summary(of: .tag(.latest), in: .app)
        #expect(wire.conversation.count { $0.contains("auth.io") } == 2)
    }

    /// A token's life is counted from its arrival, on the monotonic clock.
    @Test(
        .covers("A08"),
        arguments: ["1994-11-06T09:49:37Z", "1994-11-06T07:49:37Z", "2094-01-01T00:00:00Z", "yesterday"])
    func `a service with another time gives tokens like any other`(issued: String) async throws {
        let wire = wire(token: .json(#"{"token":"t","expires_in":300,"issued_at":"\#(issued)"}"#))
        let store = try RegistryNetwork(wire).store("r.io")
        for _ in 0..<5 { _ = try await store.summary(of: .tag(.latest), in: .app) }
        #expect(wire.conversation.count { $0.contains("auth.io") } == 1)
    }

    @Test(.covers("A16"), arguments: [String(repeating: "x", count: 1 << 20), "not json", "{}"])
    func `a token service that answers nonsense is said to, without its words`(body: String) async throws {
        let wire = wire(token: .json(body))
        let failure = await failure {
            try await RegistryNetwork(wire).store("r.io").summary(of: .tag(.latest), in: .app)
        }
        #expect(failure?.message.hasSuffix("the answer holds no token") == true)
    }

    @Test func `a mount whose token is refused becomes a plain upload`() async throws {
        let wire = ScriptedTransport { request in
            if request.url.origin.host == "auth.io" {
                return request.url.target.contains("other") ? .json("{}", 401) : .json(#"{"token":"t"}"#)
            }
            if request.url.path == "/v2/" { return .challenge(Self.bearer) }
            return ScriptedTransport.Answer(status: 202, headers: ["Location": "/v2/team/app/blobs/uploads/1"])
        }
        let admission = try await RegistryNetwork(wire).store("r.io").admit(
            image.layer.descriptor, to: .app, from: .other)
        guard case .session(_, mountRefused: true) = admission else {
            Issue.record("\(admission)")
            return
        }
        #expect(wire.conversation.last == "POST https://r.io/v2/team/app/blobs/uploads/")
    }

    @Test(
        .covers("S11"),
        arguments: [
            ("http://auth.io/token", "https to http"), ("null://h/v2/token", "null"), ("file:///etc/passwd", "file"),
            ("", "no realm"), ("https://" + String(repeating: "a", count: 10_000), "too long"),
            ("https://169.254.169.254/token", "internal address"), ("https://10.0.0.1/token", "internal address"),
            ("https://localhost/token", "internal address"), ("https://2130706433/token", "internal address"),
            ("https://u:p@auth.io/token", "user name"),
        ])
    func `a realm that leads astray is refused, and nothing is sent`(realm: String, reason: String) async throws {
        let wire = wire(challenge: "Bearer realm=\"\(realm)\"")
        let network = RegistryNetwork(wire, credentials: FixedCredential("u", "p"))
        let failure = await failure { try await network.store("r.io").summary(of: .tag(.latest), in: .app) }
        #expect(failure?.kind == .invalid)
        #expect(failure?.message.contains(reason) == true, "\(failure?.message ?? "")")
        #expect(wire.conversation == ["GET https://r.io/v2/"])
    }

    @Test(.covers("U20"), arguments: ["http://r.io/token", "http://r.io:80/token", "http://r.io:443/token", "/token"])
    func `a registry behind TLS that names itself without is asked over TLS`(realm: String) async throws {
        let wire = ScriptedTransport { request in
            if request.url.path == "/token" { return .json(#"{"token":"t"}"#) }
            return request.headers["Authorization"] == nil ? .challenge("Bearer realm=\"\(realm)\"") : .notFound
        }
        let network = RegistryNetwork(wire, credentials: FixedCredential("u", "p"))
        _ = try await network.store("r.io").summary(of: .tag(.latest), in: .app)
        #expect(wire.trusted == ["https://r.io"])
        #expect(wire.requests.allSatisfy { $0.url.origin.scheme == .https })
    }

    @Test(.covers("S13")) func `a realm that is only an address gets no credentials`() async throws {
        let wire = ScriptedTransport { request in
            if request.url.origin.host == "8.8.8.8" { return .json(#"{"token":"t"}"#) }
            return request.headers["Authorization"] == nil
                ? .challenge(#"Bearer realm="https://8.8.8.8/token""#) : .notFound
        }
        let network = RegistryNetwork(wire, credentials: FixedCredential("u", "p"))
        _ = try await network.store("r.io").summary(of: .tag(.latest), in: .app)
        #expect(wire.trusted == ["https://r.io"])
    }

    @Test(
        .covers("S10"),
        arguments: [
            ("10.0.0.5:5000", "https://10.0.0.5:5000/token", true),
            ("10.0.0.5:5000", "https://10.0.0.5:5001/token", false),
            ("127.0.0.1:5000", "https://127.0.0.1:5001/token", true),
            ("127.0.0.1:5000", "https://10.0.0.5/token", false),
        ])
    func `an inner registry may have an inner realm of its own`(host: String, realm: String, works: Bool) async throws {
        let wire = ScriptedTransport { request in
            if request.url.path == "/token" { return .json(#"{"token":"t"}"#) }
            return request.headers["Authorization"] == nil ? .challenge("Bearer realm=\"\(realm)\"") : .notFound
        }
        let network = RegistryNetwork(wire, credentials: FixedCredential("u", "p"))
        let failure = await failure { try await network.store(host).summary(of: .tag(.latest), in: .app) }
        #expect((failure == nil) == works)
    }

    @Test(.covers("S12")) func `a token service that redirects inwards is not followed`() async throws {
        let wire = wire(token: .redirect("http://169.254.169.254/latest/meta-data"))
        let network = RegistryNetwork(wire, credentials: FixedCredential("u", "p"))
        let failure = await failure { try await network.store("r.io").summary(of: .tag(.latest), in: .app) }
        #expect(failure?.message.contains("a redirect is not followed") == true)
        #expect(!wire.conversation.contains { $0.contains("169.254") })
    }

    @Test func `a missing login is hinted at in its source's words`() async throws {
        let wire = wire { _ in .challenge(Self.bearer) }
        let network = RegistryNetwork(wire, credentials: FixedAnswer(CredentialAnswer(nil, hint: "looked in vain")))
        let failure = await failure { try await network.store("r.io").summary(of: .tag(.latest), in: .app) }
        #expect(failure?.hint == "looked in vain")
    }

    @Test func `where credentials were found is told once, and to who asks`() async throws {
        let lines = Lines()
        var options = RegistryNetworkOptions.patient
        options.trace = { line in lines.add(line) }
        let answer = CredentialAnswer(.basic(user: "u", password: Secret("p")), source: "the vault")
        let store = try RegistryNetwork(wire(), credentials: FixedAnswer(answer), options: options).store("r.io")
        for _ in 0..<2 { _ = try await store.summary(of: .tag(.latest), in: .app) }
        #expect(lines.all == ["credentials for r.io: the vault"])
        #expect(try await store.loginSource(for: .app) == "the vault")
    }

    @Test func `a credential that gets stale is asked for again, and so is a token for it`() async throws {
        let clock = ManualClock()
        let credentials = AgingCredentials(clock: clock.clock)
        let wire = wire()
        let store = try RegistryNetwork(wire, credentials: credentials, clock: clock).store("r.io")
        for seconds: Int64 in [0, 29, 1] {
            clock.advance(by: seconds)
            _ = try await store.summary(of: .tag(.latest), in: .app)
        }
        #expect(credentials.count == 2)
        let passwords = wire.requests.filter { $0.url.origin.host == "auth.io" }.map { $0.headers["Authorization"] }
        #expect(passwords == ["Basic dTox", "Basic dToy"])
    }

    // MARK: For whoever wants the token itself

    @Test func `a token is handed out as its service gave it`() async throws {
        let body = #"{"token":"t","expires_in":300}"#
        let wire = wire(token: .json(body))
        let store = try RegistryNetwork(wire).store("r.io")
        let answer = try await store.tokenDocument(pushing: true, to: .app, pullingFrom: [.other])
        #expect(String(decoding: answer, as: UTF8.self) == body)
        #expect(
            wire.conversation.last
                == "GET https://auth.io/token?own=1&scope=repository%3Ateam%2Fapp%3Apush%2Cpull"
                + "&scope=repository%3Ateam%2Fother%3Apull&service=r.io"
        )
    }

    @Test(arguments: [(#"Basic realm="r""#, "basic"), (nil, "")])
    func `a registry without tokens is said to be one`(challenge: String?, scheme: String) async throws {
        let wire = ScriptedTransport { _ in challenge.map { .challenge($0) } ?? .ok }
        let failure = await failure {
            try await RegistryNetwork(wire).store("r.io").tokenDocument(pushing: false, to: .app, pullingFrom: [])
        }
        #expect(failure?.message == "challenge scheme \"\(scheme)\" is not bearer")
    }

    @Test func `a credential source is asked once for each host`() async throws {
        let counting = CountingCredentials()
        let wire = wire()
        let network = RegistryNetwork(wire, credentials: counting)
        for repository in [Repository.app, .other] {
            _ = try await network.store("r.io").summary(of: .tag(.latest), in: repository)
        }
        #expect(await counting.count == 1)
    }
}

private actor CountingCredentials: CredentialSource {
    private(set) var count = 0

    func credential(
        for host: RegistryHost, repository: Repository?
    ) async throws(CredentialError) -> CredentialAnswer {
        count += 1
        return .anonymous
    }
}

/// The same answer for everybody.
private struct FixedAnswer: CredentialSource {
    let answer: CredentialAnswer

    init(_ answer: CredentialAnswer) { self.answer = answer }

    func credential(
        for host: RegistryHost, repository: Repository?
    ) async throws(CredentialError) -> CredentialAnswer { answer }
}

/// Passwords 1, 2, 3 … that are good for 30 s each.
private final class AgingCredentials: CredentialSource {
    private let clock: NetworkClock
    private let handedOut = Mutex(0)

    init(clock: NetworkClock) { self.clock = clock }

    var count: Int { handedOut.withLock { $0 } }

    func credential(
        for host: RegistryHost, repository: Repository?
    ) async throws(CredentialError) -> CredentialAnswer {
        let number = handedOut.withLock { count in
            count += 1
            return count
        }
        return CredentialAnswer(
            .basic(user: "u", password: Secret("\(number)")), staleAfter: clock.monotonic() + .seconds(30))
    }
}

private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

extension BlobAdmission {
    var isPresent: Bool { if case .present = self { true } else { false } }
}
