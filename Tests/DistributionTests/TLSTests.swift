// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import Foundation
import OCI
import ProtocolCases
import RegistryFaults
import RegistryServer
import RegistryTransport
import Testing

@Suite(.enabled(if: Certificates.openssl != nil, "openssl makes the certificates"))
struct TLSTests {
    /// Asks a registry with a certificate for the given name, as `127.0.0.1`.
    private func ask(
        certificateFor subject: String = "IP:127.0.0.1", days: Int = 30, wantsClients: Bool = false,
        _ change: (inout RegistryNetworkOptions, Certificates, RegistryServer) -> Void
    ) async throws -> ContentFailure? {
        let certificates = try Certificates()
        defer { certificates.remove() }
        try certificates.issue("registry", for: subject, days: days)
        var configuration = RegistryConfiguration.patient()
        configuration.tls = .init(
            certificatePath: certificates.path("registry.pem"), keyPath: certificates.path("registry.key"),
            clientAuthorityPath: wantsClients ? certificates.authority : nil)
        let server = try await RegistryServer.start(configuration)
        var options = RegistryNetworkOptions.patient
        change(&options, certificates, server)
        let network = try RegistryNetwork(options: options)
        let store = try network.store(server.authority)
        let result = await failure {
            try await SampleImage().push(to: store, .app)
            return try await store.manifest(.tag(.latest), in: .app)
        }
        await network.shutdown()
        await server.shutdown(grace: .zero)
        return result
    }

    @Test func `an authority of one's own is trusted when it is named`() async throws {
        let failure = try await ask { options, certificates, _ in options.extraCAPath = certificates.authority }
        #expect(failure == nil)
    }

    @Test(.covers("S20")) func `an unknown authority is not`() async throws {
        let failure = try await ask { _, _, _ in }
        #expect(failure?.kind == .untrusted)
        #expect(failure?.message.contains("x509: certificate signed by unknown authority") == true)
    }

    @Test(.covers("S20")) func `nor is a certificate for somebody else`() async throws {
        let failure = try await ask(certificateFor: "DNS:elsewhere.example") { options, certificates, _ in
            options.extraCAPath = certificates.authority
        }
        #expect(failure?.kind == .untrusted)
        let words = "x509: certificate is valid for elsewhere.example, not 127.0.0.1"
        #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
    }

    @Test(.covers("S20")) func `nor one that has expired`() async throws {
        let failure = try await ask(days: -1) { options, certificates, _ in
            options.extraCAPath = certificates.authority
        }
        #expect(failure?.kind == .untrusted)
        let words = "x509: certificate has expired or is not yet valid: current time "
        #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
    }

    @Test func `a host named as insecure goes unchecked, another does not`() async throws {
        let named = try await ask { options, _, server in options.insecureHosts = [server.authority] }
        #expect(named == nil)
        let other = try await ask { options, _, _ in options.insecureHosts = ["other.example"] }
        #expect(other?.kind == .untrusted)
    }

    @Test func `everything goes unchecked where the user said so`() async throws {
        let failure = try await ask { options, _, _ in options.allInsecure = true }
        #expect(failure == nil)
    }

    @Test func `a certificate is held against the name, whatever address was judged for it`() async throws {
        let certificates = try Certificates()
        defer { certificates.remove() }
        try certificates.issue("registry", for: "DNS:cdn.example", days: 30)
        var configuration = RegistryConfiguration.patient()
        configuration.tls = .init(
            certificatePath: certificates.path("registry.pem"), keyPath: certificates.path("registry.key"),
            clientAuthorityPath: nil)
        let server = try await RegistryServer.start(configuration)
        var settings = TransportSettings()
        settings.extraCAPath = certificates.authority
        settings.resolve = { _ in ["127.0.0.1"] }
        let transport = try HTTPClientTransport(settings)
        func ask(_ host: String) async throws -> Int {
            let url = try WireURL("https://\(host):\(server.port)/v2/")
            return try await transport.send(WireRequest(.get, url, reach: .publicOr(.loopback))).status
        }
        #expect(try await ask("cdn.example") == 200)
        let failure = await #expect(throws: WireFailure.self) { try await ask("other.example") }
        #expect(failure.map { "\($0)" }?.contains("is valid for cdn.example, not other.example") == true)
        await transport.shutdown()
        await server.shutdown(grace: .zero)
    }

    // MARK: Folders

    /// A folder for a registry below the one of the certificates, with the given files in it under other names.
    private func folder(
        for server: RegistryServer, in certificates: Certificates, _ files: KeyValuePairs<String, String>
    ) -> String {
        let root = certificates.folder.appendingPathComponent("certs.d")
        let folder = root.appendingPathComponent(server.authority)
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, original) in files {
            try? FileManager.default.copyItem(
                atPath: certificates.path(original), toPath: folder.appendingPathComponent(name).path)
        }
        return root.path
    }

    @Test func `an authority in a host's folder is trusted for that host`() async throws {
        let trusted = try await ask { options, certificates, server in
            options.hostFolders = ["/nonexistent", folder(for: server, in: certificates, ["ca.crt": "ca.pem"])]
        }
        #expect(trusted == nil)
        let other = try await ask { options, certificates, server in
            _ = folder(for: server, in: certificates, ["ca.crt": "ca.pem"])
            options.hostFolders = [certificates.folder.path]
        }
        #expect(other?.kind == .untrusted)
    }

    @Test func `a client's certificate in a host's folder is shown to it`() async throws {
        let known = try await ask(wantsClients: true) { options, certificates, server in
            let files: KeyValuePairs = ["ca.crt": "ca.pem", "me.cert": "registry.pem", "me.key": "registry.key"]
            options.hostFolders = [folder(for: server, in: certificates, files)]
        }
        #expect(known == nil)
        let unknown = try await ask(wantsClients: true) { options, certificates, server in
            options.hostFolders = [folder(for: server, in: certificates, ["ca.crt": "ca.pem"])]
        }
        #expect(unknown != nil)
    }

    @Test func `half an identity and files that are no certificates are told, not passed over`() async throws {
        let half = try await ask { options, certificates, server in
            options.hostFolders = [folder(for: server, in: certificates, ["me.cert": "ca.pem"])]
        }
        #expect(half?.kind == .untrusted)
        #expect(half?.message.contains("/me.cert has no me.key beside it") == true, "\(half?.message ?? "")")
        let broken = try await ask { options, certificates, server in
            options.hostFolders = [folder(for: server, in: certificates, ["ca.crt": "registry.key"])]
        }
        #expect(broken?.message.contains("cannot read certificates from") == true)
        #expect(broken?.message.contains("/ca.crt") == true)
    }

    @Test func `authorities in folders of SSL_CERT_DIR are trusted, whatever lies beside them`() async throws {
        let failure = try await ask { options, certificates, _ in
            options.rootsFolders = ["/nonexistent", certificates.folder.path]
        }
        #expect(failure == nil)
    }

    @Test func `a file without certificates is said to be one`() throws {
        var options = RegistryNetworkOptions.patient
        options.extraCAPath = "/nonexistent/ca.pem"
        let error = #expect(throws: TransportSetupError.self) { try RegistryNetwork(options: options) }
        #expect(error?.description == "cannot read certificates from \"/nonexistent/ca.pem\"")
    }
}
