// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import ProtocolCases
import RegistryTransport
import Testing

@Suite struct PingTests {
    @Test(.covers("A01")) func `a registry that needs nothing is asked without a token`() async throws {
        let wire = ScriptedTransport { .notFound.in200("/v2/", $0) }
        _ = try await RegistryNetwork(wire).store("r.io").summary(of: .tag(.latest), in: .app)
        #expect(wire.conversation == ["GET https://r.io/v2/", "HEAD https://r.io/v2/team/app/manifests/latest"])
        #expect(wire.trusted.isEmpty)
    }

    @Test func `parallel questions share one ping`() async throws {
        let wire = ScriptedTransport { .notFound.in200("/v2/", $0) }
        let store = try RegistryNetwork(wire).store("r.io")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await store.summary(of: .tag(.latest), in: .app) } }
            try await group.waitForAll()
        }
        #expect(wire.conversation.count { $0 == "GET https://r.io/v2/" } == 1)
    }

    @Test(arguments: [
        WireFailure.Cause.untrusted("expired"), .untrusted("self-signed"), .notTLS, .refused, .nameUnknown,
    ])
    func `plain http is never tried where nobody allowed it`(cause: WireFailure.Cause) async throws {
        let wire = ScriptedTransport { _ in .failing(cause) }
        let failure = await failure { try await RegistryNetwork(wire).store("r.io").ping() }
        #expect(failure != nil)
        #expect(wire.conversation == ["GET https://r.io/v2/"])
    }

    @Test(
        .covers("S20"),
        arguments: [
            WireFailure.Cause.untrusted("expired"), .handshakeFailed("x"), .broken, .connectTimeout,
            .stalled(.head, .seconds(1)), .malformed("x"), .other("x"),
        ])
    func `nothing but the absence of TLS leads to plain http`(cause: WireFailure.Cause) async throws {
        let wire = ScriptedTransport { $0.url.origin.scheme == .https ? .failing(cause) : .ok }
        let failure = await failure { try await RegistryNetwork(wire).store("10.0.0.1").ping() }
        #expect(failure != nil)
        #expect(wire.conversation == ["GET https://10.0.0.1/v2/"])
    }

    @Test(.covers("S20")) func `an answer over TLS, whatever it is, does not lead to plain http`() async throws {
        let wire = ScriptedTransport { $0.url.origin.scheme == .https ? .init(status: 500) : .ok }
        let failure = await failure { try await RegistryNetwork(wire).store("10.0.0.1").ping() }
        #expect(failure?.status == 500)
        #expect(wire.requests.count == 1)
    }

    @Test(.covers("S20")) func `an untrusted certificate is fatal`() async throws {
        let wire = ScriptedTransport { _ in .failing(.untrusted("no trusted authority has signed it")) }
        let failure = await failure { try await RegistryNetwork(wire).store("r.io").ping() }
        #expect(failure?.kind == .untrusted)
        #expect(failure?.retry == .never)
    }

    @Test(arguments: ["10.0.0.1", "192.168.1.1:5000"])
    func `https comes first and http second where plain http is allowed`(host: String) async throws {
        let wire = ScriptedTransport { $0.url.origin.scheme == .https ? .failing(.notTLS) : .ok }
        let store = try RegistryNetwork(wire).store(host)
        try await store.ping()
        try await store.ping()
        #expect(wire.conversation == ["GET https://\(host)/v2/", "GET http://\(host)/v2/"])
    }

    @Test(arguments: ["127.0.0.1:5000", "localhost:5000", "[::1]:5000", "x.localhost"])
    func `http comes first on this machine, and is enough where it is answered`(host: String) async throws {
        let wire = ScriptedTransport { _ in .ok }
        let store = try RegistryNetwork(wire).store(host)
        try await store.ping()
        try await store.ping()
        #expect(wire.conversation == ["GET http://\(host)/v2/"])
    }

    @Test func `a registry that says it is asked too much is not asked by the other scheme as well`() async throws {
        let wire = ScriptedTransport { _ in ScriptedTransport.Answer(status: 429) }
        let failure = await failure { try await RegistryNetwork(wire).store("localhost:5000").ping() }
        #expect(failure?.kind == .rateLimited)
        #expect(wire.conversation == ["GET http://localhost:5000/v2/"])
    }

    @Test func `a registry on this machine that wants TLS is spoken to by TLS`() async throws {
        // What servers answer to plain http on a port for TLS.
        let wire = ScriptedTransport { $0.url.origin.scheme == .https ? .ok : ScriptedTransport.Answer(status: 400) }
        let store = try RegistryNetwork(wire).store("localhost:5000")
        _ = try? await store.summary(of: .tag(.latest), in: .app)
        #expect(
            wire.conversation.prefix(3) == [
                "GET http://localhost:5000/v2/", "GET https://localhost:5000/v2/",
                "HEAD https://localhost:5000/v2/team/app/manifests/latest",
            ])
    }

    @Test func `a registry on this machine that leads from http to TLS is spoken to by TLS`() async throws {
        let wire = ScriptedTransport {
            $0.url.origin.scheme == .https ? .ok : .redirect("https://127.0.0.1/v2/", 301)
        }
        let store = try RegistryNetwork(wire).store("127.0.0.1")
        _ = try? await store.summary(of: .tag(.latest), in: .app)
        #expect(wire.conversation.last?.hasPrefix("GET https://127.0.0.1/v2/team/app/") == true)
    }

    @Test(arguments: ["registry:5000", "registry"])
    func `a host named as insecure may be spoken to over http`(name: String) async throws {
        let wire = ScriptedTransport { $0.url.origin.scheme == .https ? .failing(.untrusted("x")) : .ok }
        var options = RegistryNetworkOptions.patient
        options.insecureHosts = [name]
        try await RegistryNetwork(wire, options: options).store("registry:5000").ping()
        #expect(wire.conversation.count == 2)
        let failure = await failure { try await RegistryNetwork(wire, options: options).store("other:5000").ping() }
        #expect(failure?.kind == .untrusted)
    }

    @Test(arguments: [(WireOrigin.Scheme.https, "127.0.0.1:5000"), (.http, "registry.example"), (.https, "r.example")])
    func `a registry that is named by a URL is reached by its scheme alone`(
        scheme: WireOrigin.Scheme, name: String
    ) async throws {
        var options = RegistryNetworkOptions.patient
        options.schemes = [try RegistryHost(name): scheme]
        options.insecureHosts = [name]
        let wire = ScriptedTransport { _ in .failing(.notTLS) }
        let failure = await failure { try await RegistryNetwork(wire, options: options).store(name).ping() }
        #expect(wire.conversation == ["GET \(scheme.rawValue)://\(name)/v2/"])
        #expect(failure?.hint == "without TLS it is http://\(name)")
        let answering = ScriptedTransport { _ in .ok }
        try await RegistryNetwork(answering, options: options).store(name).ping()
        #expect(answering.conversation == ["GET \(scheme.rawValue)://\(name)/v2/"])
    }

    @Test func `both attempts are told when both fail`() async throws {
        let wire = ScriptedTransport { $0.url.origin.scheme == .https ? .failing(.notTLS) : .failing(.refused) }
        let failure = await failure { try await RegistryNetwork(wire).store("localhost:5000").ping() }
        #expect(failure?.message.contains("https://localhost:5000/v2/") == true)
        #expect(
            failure?.message.contains(
                #"Get "http://localhost:5000/v2/": dial tcp localhost:5000: connect: connection refused"#) == true)
        #expect(failure?.retry == .later)
    }

    @Test func `what is no registry is said to be none`() async throws {
        let wire = ScriptedTransport { _ in .json("<html>", 404) }
        let failure = await failure { try await RegistryNetwork(wire).store("r.io").ping() }
        #expect(
            failure?.message == "GET https://r.io/v2/: unexpected status code 404 Not Found: answered with text/html")
    }

    @Test func `a failed ping is tried again by the next question`() async throws {
        let wire = ScriptedTransport { _ in .failing(.refused) }
        let store = try RegistryNetwork(wire).store("r.io")
        for _ in 0..<2 { _ = await failure { try await store.ping() } }
        #expect(wire.requests.count == 2)
    }

    @Test func `a host that cannot stand in a URL is no host`() async throws {
        let wire = ScriptedTransport { _ in .ok }
        for name in ["example.com:99999", "b\u{FC}cher.example"] {
            let failure = await failure { try await RegistryNetwork(wire).store(name).ping() }
            #expect(failure?.kind == .unreachable)
        }
        #expect(wire.requests.isEmpty)
    }
}

extension ScriptedTransport.Answer {
    /// 200 for that path, this answer for all others.
    func in200(_ path: String, _ request: WireRequest) -> Self { request.url.path == path ? .ok : self }
}
