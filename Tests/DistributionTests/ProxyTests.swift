// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import RegistryFaults
import RegistryServer
import RegistryTransport
import Testing
import TransshipTesting

/// The registry is known here by a name that only the proxy can place: what is at this machine is never proxied.
@Suite struct ProxyTests {
    private func options(_ variables: [String: String]) throws -> RegistryNetworkOptions {
        var options = RegistryNetworkOptions.patient
        options.proxies = try ProxySettings(variables: variables)
        options.insecureHosts = ["registry.test"]
        // The proxy shares its threads with every other test: it may take its time.
        options.connectTimeout = .seconds(600)
        return options
    }

    private func withUpstream<Result: Sendable>(
        tls: RegistryConfiguration.TLS? = nil, authorization: String? = nil,
        _ body: (LoopbackProxy) async throws -> Result
    ) async throws -> Result {
        var configuration = RegistryConfiguration.patient()
        configuration.tls = tls
        let server = try await RegistryServer.start(configuration)
        defer { Task { await server.shutdown(grace: .zero) } }
        let port = Int(server.authority.split(separator: ":").last ?? "") ?? 0
        return try await LoopbackProxy.serving(upstream: port, authorization: authorization, body)
    }

    private func push(_ options: RegistryNetworkOptions) async throws -> ContentFailure? {
        let network = try RegistryNetwork(options: options)
        let store = try network.store("registry.test")
        let result = await failure {
            try await SampleImage().push(to: store, .app)
            return try await store.manifest(.tag(.latest), in: .app)
        }
        await network.shutdown()
        return result
    }

    @Test func `plain http goes to the proxy with the whole URL, and with its login`() async throws {
        try await withUpstream(authorization: "Basic dTpwOnc=") { proxy in
            let failure = try await push(options(["HTTP_PROXY": "http://u:p%3Aw@127.0.0.1:\(proxy.port)"]))
            #expect(failure == nil)
            #expect(proxy.requests.allSatisfy { $0.target.hasPrefix("http://registry.test/v2/") })
            #expect(proxy.requests.contains { $0.method == "PUT" })
        }
    }

    @Test(.enabled(if: Certificates.openssl != nil, "openssl makes the certificates"))
    func `https goes through a tunnel, in which the registry's certificate counts`() async throws {
        let certificates = try Certificates()
        defer { certificates.remove() }
        try certificates.issue("registry", for: "DNS:registry.test")
        let tls = RegistryConfiguration.TLS(
            certificatePath: certificates.path("registry.pem"), keyPath: certificates.path("registry.key"))
        try await withUpstream(tls: tls, authorization: "Basic dTpw") { proxy in
            var options = try options(["https_proxy": "u:p@127.0.0.1:\(proxy.port)"])
            options.insecureHosts = []
            #expect(try await push(options)?.kind == .untrusted)
            options.extraCAPath = certificates.authority
            let failure = try await push(options)
            #expect(failure == nil)
            #expect(Set(proxy.requests.map(\.target)) == ["registry.test:443"])
            #expect(proxy.requests.allSatisfy { $0.method == "CONNECT" })
        }
    }

    @Test func `a proxy that wants a login says so, once`() async throws {
        try await withUpstream(authorization: "Basic eDp5") { proxy in
            var options = try options(["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)"])
            options.insecureHosts = []
            let failure = try await push(options)
            #expect(failure?.kind == .unreachable)
            #expect(failure?.retry == .never)
            #expect(
                failure?.message.hasSuffix(
                    "registry.test through the proxy http://127.0.0.1:\(proxy.port): the proxy refused: it wants a login (407)"
                ) == true, "\(failure?.message ?? "")")
        }
    }

    @Test func `a proxy that is not there is named, without its password`() async throws {
        var options = try options(["HTTPS_PROXY": "http://u:hunter2@127.0.0.1:1"])
        options.insecureHosts = []
        let failure = try await push(options)
        #expect(failure?.kind == .unreachable)
        #expect(
            failure?.message.contains("registry.test through the proxy http://127.0.0.1:1: connection refused") == true)
        #expect(failure?.message.contains("hunter2") == false)
    }

    @Test func `an excepted host is gone to directly`() async throws {
        try await withRegistry { loopback in
            let variables = ["HTTP_PROXY": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1"]
            // This machine needs no exception.
            let network = try RegistryNetwork(options: options(variables))
            try await network.store(for: loopback.host).ping()
            await network.shutdown()
        }
    }
}
