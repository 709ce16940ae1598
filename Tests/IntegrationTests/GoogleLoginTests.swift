// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOHTTP1
import RegistryFaults
import RegistryServer
import Testing

/// Google's logins as the program finds them on a machine: its metadata server, and the exchange of a service account's
/// key, both over sockets.
@Suite struct GoogleLoginTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func login(_ variables: [String: String]) async throws -> Finished {
        let nobody = [
            "HOME": scratch.path, "DOCKER_CONFIG": "", "DOCKER_AUTH_CONFIG": "", "REGISTRY_AUTH_FILE": "",
            "XDG_RUNTIME_DIR": scratch.path, "XDG_CONFIG_HOME": "", "GOOGLE_APPLICATION_CREDENTIALS": "",
            "PATH": "/usr/bin:/bin",
        ]
        return try await Tool.transship(
            "auth", "get", "europe-docker.pkg.dev", environment: nobody.merging(variables) { $1 })
    }

    private func serving(
        _ path: String, tls: Certificate? = nil, _ headers: HTTPHeaders,
        _ body: (String) async throws -> Void
    ) async throws {
        var configuration = RegistryConfiguration.patient()
        configuration.tls = tls.map { .init(certificatePath: $0.chain, keyPath: $0.key) }
        configuration.wrap = { _ in TokenGiver(path: path, wanted: headers) }
        let server = try await RegistryServer.start(configuration)
        do { try await body(server.authority) } catch {
            await server.shutdown(grace: .zero)
            throw error
        }
        await server.shutdown(grace: .zero)
    }

    private static let login = #"{"Username":"_token","Secret":"from-google"}"# + "\n"

    @Test func `a machine's account is asked of its metadata server`() async throws {
        let path = "/computeMetadata/v1/instance/service-accounts/default/token"
        try await serving(path, ["Metadata-Flavor": "Google"]) { host in
            let finished = try await login(["GCE_METADATA_HOST": host])
            #expect(finished.output == Self.login, "\(finished)")
        }
    }

    @Test func `a service account's key is exchanged by TLS`() async throws {
        let certificate = try await Certificate(scratch, key: .rsa)
        try await serving("/token", tls: certificate, ["Content-Type": "application/x-www-form-urlencoded"]) { host in
            let key = try String(contentsOfFile: certificate.key, encoding: .utf8)
                .replacingOccurrences(of: "\n", with: "\\n")
            let port = host.split(separator: ":").last ?? ""
            let file = try scratch.write(
                "account.json",
                """
                {"type":"service_account","client_email":"ci@p.iam.gserviceaccount.com","private_key_id":"k1",
                "private_key":"\(key)","token_uri":"https://localhost:\(port)/token"}
                """)
            let finished = try await login(
                ["GOOGLE_APPLICATION_CREDENTIALS": file, "SSL_CERT_FILE": certificate.authority])
            #expect(finished.output == Self.login, "\(finished)")
        }
    }

    @Test func `a metadata server that does not know this machine leaves nobody`() async throws {
        try await serving("/nothing", [:]) { host in
            let finished = try await login(["GCE_METADATA_HOST": host])
            #expect(finished.status == 1)
            #expect(finished.output == "credentials not found in native keychain\n", "\(finished)")
        }
    }
}

/// Hands out one token at one path to whoever sends the right headers.
private struct TokenGiver: RegistryResponder {
    let path: String
    let wanted: HTTPHeaders

    func respond(to request: RegistryRequest) async -> RegistryResponse {
        guard request.path == path, wanted.allSatisfy({ request.headers.first(name: $0.name) == $0.value }) else {
            return RegistryResponse(.notFound)
        }
        return RegistryResponse(
            .ok, headers: ["Metadata-Flavor": "Google", "Content-Type": "application/json"],
            body: .bytes(.init(string: #"{"access_token":"from-google","expires_in":3599,"token_type":"Bearer"}"#)))
    }
}
