// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import OCI
import RegistryServer
import Synchronization
import Testing

struct BasicAuthenticatorTests {
    /// Two of the users are none: their names or passwords are empty.
    private func registry(everybodyPulls: Bool = false) throws -> RegistryUnderTest {
        let passwords = ["alice": "se:cret", "": "secret", "empty": ""]
        return try RegistryUnderTest {
            BasicAuthenticator($0, users: RegistryUsers(passwords: passwords, everybodyPulls: everybodyPulls))
        }
    }

    @Test func `lets a user in with the right password`() async throws {
        let answer = try await registry().send(.GET, "/v2/", headers: .basic("alice", "se:cret"))
        #expect(answer.status == 200)
        #expect(answer.response.user == "alice")
    }

    @Test(
        arguments: [
            [:], HTTPHeaders.basic("alice", "wrong"), .basic("bob", ""), ["Authorization": "Basic !!!"],
            ["Authorization": "Bearer abc"], ["Authorization": ""], ["Authorization": "Basic"],
            ["Authorization": "Basic Og=="], HTTPHeaders.basic("", "secret"), HTTPHeaders.basic("empty", ""),
            HTTPHeaders.basic("alice", ""),
        ] as [HTTPHeaders])
    func `refuses everybody else`(headers: HTTPHeaders) async throws {
        let answer = try await registry().send(.GET, "/v2/", headers: headers)
        #expect(answer.status == 401)
        #expect(answer.codes == ["UNAUTHORIZED"])
        #expect(answer["WWW-Authenticate"] == "Basic realm=\"transship\"")
    }

    @Test func `lets everybody read where that is allowed, and nobody write`() async throws {
        let registry = try registry(everybodyPulls: true)
        #expect(try await registry.send(.GET, "/v2/app/manifests/v1").status == 404)
        #expect(try await registry.send(.POST, "/v2/app/blobs/uploads/").status == 401)
        #expect(try await registry.send(.GET, "/v2/").status == 401)
        #expect(try await registry.send(.GET, "/v2/app/manifests/v1", headers: .basic("alice", "x")).status == 401)
        #expect(try await registry.send(.GET, "/v2/app/manifests/v1", headers: .basic("", "")).status == 401)
    }
}

struct BearerTokenAuthenticatorTests {
    /// Seconds since 1970.
    private final class Calendar: Sendable {
        let now = Mutex(Duration.seconds(1_000))
        var clock: RegistryClock {
            RegistryClock(calendar: { self.now.withLock { $0 } }, steady: { .zero })
        }
    }

    private let calendar = Calendar()

    private func registry(everybodyPulls: Bool = false, realm: String? = nil) throws -> RegistryUnderTest {
        try RegistryUnderTest {
            BearerTokenAuthenticator(
                $0, users: RegistryUsers(passwords: ["alice": "secret"], everybodyPulls: everybodyPulls),
                settings: .init(realm: realm), clock: calendar.clock)
        }
    }

    private func token(
        _ registry: RegistryUnderTest, _ query: String, headers: HTTPHeaders = .basic("alice", "secret")
    ) async throws -> String {
        let answer = try await registry.send(.GET, "/token?service=transship&\(query)", headers: headers)
        return answer.json["token"]?.string ?? ""
    }

    @Test func `challenges with realm, service and the scope a request needs`() async throws {
        let answer = try await registry().send(.POST, "/v2/a/b/blobs/uploads/", headers: ["Host": "mirror:5000"])
        #expect(answer.status == 401)
        #expect(
            answer["WWW-Authenticate"]
                == #"Bearer realm="http://mirror:5000/token",service="transship",scope="repository:a/b:pull,push""#)
        let elsewhere = try await registry(realm: "https://auth/t").send(.GET, "/v2/")
        #expect(elsewhere["WWW-Authenticate"] == #"Bearer realm="https://auth/t",service="transship""#)
    }

    @Test(arguments: [
        (HTTPMethod.GET, "/v2/app/manifests/v1", "repository:app:pull"),
        (.HEAD, "/v2/app/blobs/x", "repository:app:pull"),
        (.PUT, "/v2/app/manifests/v1", "repository:app:pull,push"), (.GET, "/v2/_catalog", "registry:catalog:*"),
        (.DELETE, "/v2/app/manifests/v1", "repository:app:delete"),
        (.DELETE, "/v2/app/blobs/uploads/x", "repository:app:pull,push"),
        (.POST, "/v2/app/blobs/uploads/?mount=x&from=lib", "repository:app:pull,push repository:lib:pull"),
    ])
    func `asks for the scope of each request`(method: HTTPMethod, target: String, scope: String) {
        let needed = AccessScope.needed(for: RegistryRequest(method, target))
        #expect(needed.map(\.text).joined(separator: " ") == scope)
    }

    @Test func `lets a token do what it was given for and nothing else`() async throws {
        let registry = try registry()
        let headers = HTTPHeaders.bearer(try await token(registry, "scope=repository:app:pull,push"))
        let answer = try await registry.send(.POST, "/v2/app/blobs/uploads/", headers: headers)
        #expect(answer.status == 202)
        #expect(answer.response.user == "alice")
        for (method, target) in [
            (HTTPMethod.DELETE, "/v2/app/manifests/v1"), (.GET, "/v2/other/tags/list"), (.GET, "/v2/_catalog"),
        ] {
            let refused = try await registry.send(method, target, headers: headers)
            #expect(refused.status == 401)
            #expect(refused["WWW-Authenticate"]?.contains(#"error="insufficient_scope""#) == true)
        }
    }

    @Test func `takes several scopes, in one parameter or in many`() async throws {
        let registry = try registry()
        for query in [
            "scope=repository:app:pull,push&scope=repository:lib:pull",
            "scope=repository:app:pull,push%20repository:lib:pull",
        ] {
            let answer = try await registry.send(
                .POST, "/v2/app/blobs/uploads/?mount=\("x".digest())&from=lib",
                headers: .bearer(try await token(registry, query)))
            #expect(answer.status == 202)
        }
    }

    @Test func `refuses a token after its time and one that was tampered with`() async throws {
        let registry = try registry()
        let token = try await token(registry, "scope=repository:app:pull")
        calendar.now.withLock { $0 += .seconds(299) }
        #expect(try await registry.send(.GET, "/v2/", headers: .bearer(token)).status == 200)
        #expect(try await registry.send(.GET, "/v2/", headers: .bearer("x" + token)).status == 401)
        calendar.now.withLock { $0 += .seconds(1) }
        let late = try await registry.send(.GET, "/v2/", headers: .bearer(token))
        #expect(late["WWW-Authenticate"]?.contains(#"error="invalid_token""#) == true)
    }

    @Test func `gives nothing to a wrong password, and to nobody without one`() async throws {
        let registry = try registry()
        #expect(try await registry.send(.GET, "/token", headers: .basic("alice", "wrong")).status == 401)
        #expect(try await registry.send(.GET, "/token").status == 401)
    }

    @Test func `gives everybody pull and no more where everybody may pull`() async throws {
        let registry = try registry(everybodyPulls: true)
        let headers = HTTPHeaders.bearer(try await token(registry, "scope=repository:app:pull,push", headers: [:]))
        #expect(try await registry.send(.GET, "/v2/app/manifests/v1", headers: headers).status == 404)
        #expect(try await registry.send(.POST, "/v2/app/blobs/uploads/", headers: headers).status == 401)
    }

    @Test func `gives tokens for a password or a refresh token in a form`() async throws {
        let registry = try registry()
        let first = try await registry.send(
            .POST, "/token",
            body: "grant_type=password&username=alice&password=secret&access_type=offline&scope=repository:app:pull")
        #expect(first.status == 200)
        #expect(first.json["expires_in"] == 300)
        let refresh = try #require(first.json["refresh_token"]?.string)
        #expect(try await registry.send(.GET, "/v2/", headers: .bearer(refresh)).status == 401)
        let second = try await registry.send(
            .POST, "/token", body: "grant_type=refresh_token&refresh_token=\(refresh)&scope=repository:app:pull")
        let token = try #require(second.json["access_token"]?.string)
        #expect(try await registry.send(.GET, "/v2/app/manifests/v1", headers: .bearer(token)).status == 404)
        #expect(
            try await registry.send(.POST, "/token", body: "grant_type=refresh_token&refresh_token=\(token)").status
                == 401)
        #expect(try await registry.send(.POST, "/token", body: "grant_type=other").status == 400)
    }

    @Test(arguments: [
        ("repository:app:pull,push", "app", ["pull", "push"]),
        ("repository:host:5000/app:pull", "host:5000/app", ["pull"]),
        ("repository(plugin):app:*", "app", ["*"]),
    ])
    func `reads a scope`(text: String, name: String, actions: [String]) throws {
        let scope = try #require(AccessScope(text))
        #expect(scope.type == "repository")
        #expect(scope.name == name)
        #expect(scope.actions == Set(actions))
    }
}

struct ReadOnlyRegistryTests {
    @Test func `serves and does not take`() async throws {
        let shelf = try RegistryUnderTest()
        let digest = try await shelf.push(blob: "layer")
        let registry = ReadOnlyRegistry(shelf.responder)
        #expect(await registry.respond(to: RegistryRequest(.GET, "/v2/app/blobs/\(digest)")).status == .ok)
        for method in [HTTPMethod.POST, .PUT, .PATCH, .DELETE] {
            let answer = await registry.respond(to: RegistryRequest(method, "/v2/app/blobs/\(digest)"))
            #expect(answer.status == .methodNotAllowed)
        }
    }
}

struct AccessLogTests {
    @Test func `tells of a request on one line of JSON once its response is through`() async throws {
        let records = Mutex<[AccessRecord]>([])
        let moments = Mutex([Duration.milliseconds(1_500), .zero])
        let clock = RegistryClock(
            calendar: { .milliseconds(1_795_395_845_007) }, steady: { moments.withLock { $0.popLast() ?? .zero } })
        let registry = try RegistryUnderTest {
            AccessLog($0, clock: clock) { record in records.withLock { $0.append(record) } }
        }
        let request = RegistryRequest(
            .POST, "/v2/app/blobs/uploads/?digest=\("hello".digest())", headers: ["User-Agent": "crane \"1\""],
            body: .arriving(["he", "llo"]), peer: RequestPeer(address: "192.0.2.7", port: 4711, connection: 3))
        let response = await registry.responder.respond(to: request)
        #expect(records.withLock { $0.isEmpty })
        response.whenSent.forEach { $0(0) }
        let line = try #require(records.withLock { $0.first?.jsonLine })
        #expect(
            line == """
                {"time":"2026-11-23T01:04:05.007Z","method":"POST","path":"/v2/app/blobs/uploads/?digest=\("hello".digest())",\
                "status":201,"bytesIn":5,"bytesOut":0,"seconds":1.500000,"userAgent":"crane \\"1\\"","remote":"192.0.2.7",\
                "port":4711,"connection":3,"user":null}
                """)
    }

    @Test(arguments: [(HTTPMethod.GET, Int64(0), false), (.GET, 1, true), (.HEAD, 0, true)])
    func `says of a response that the client did not wait for that it was not sent to its end`(
        method: HTTPMethod, missing: Int64, isRefused: Bool
    ) async throws {
        let records = Mutex<[AccessRecord]>([])
        let registry = try RegistryUnderTest { AccessLog($0) { record in records.withLock { $0.append(record) } } }
        let response = await registry.responder.respond(
            to: RegistryRequest(method, isRefused ? "/v2/a/tags/list" : "/v2/"))
        let sent = method == .HEAD ? 0 : response.body.length - missing
        response.whenSent.forEach { $0(sent) }
        #expect(records.withLock { $0.map(\.isAborted) } == [missing > 0])
    }

    @Test func `knows why a request was refused, also one without a body`() async throws {
        let records = Mutex<[AccessRecord]>([])
        let registry = try RegistryUnderTest { AccessLog($0) { record in records.withLock { $0.append(record) } } }
        for (method, path) in [(HTTPMethod.HEAD, "/v2/a/manifests/v1"), (.GET, "/v2/a/tags/list"), (.GET, "/v2/")] {
            let response = await registry.responder.respond(to: RegistryRequest(method, path))
            response.whenSent.forEach { $0(0) }
        }
        #expect(records.withLock { $0.map(\.refusal?.code) } == [.manifestUnknown, .nameUnknown, nil])
    }
}

extension HTTPHeaders {
    static func basic(_ user: String, _ password: String) -> HTTPHeaders {
        ["Authorization": "Basic " + Base64.encode(Array("\(user):\(password)".utf8))]
    }

    static func bearer(_ token: String) -> HTTPHeaders { ["Authorization": "Bearer \(token)"] }
}
