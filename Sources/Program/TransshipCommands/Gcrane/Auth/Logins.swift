// SPDX-License-Identifier: Apache-2.0

import Distribution
import Keychain
import OCI
import RegistryAuth
import RegistryTransport
import Reporting

extension CommandContext {
    /// Changes logins, and logs in which file. `body` returns the change, a warning for the user, and the log's words.
    func changeLogins(
        _ body: (LoginKeeper) async throws -> (change: LoginKeeper.Change, warning: String?, words: String)
    ) async throws {
        try await withTransport { transport in
            let keeper = try LoginKeeper(keychainContext(transport))
            let (change, warning, words) = try await body(keeper)
            if let text = change.text { try PrivateFile.write(text, to: keeper.path) }
            if let warning { console.note(warning) }
            TimestampedLog(console: console).line("\(words) \(keeper.path.displayable)")
        }
    }

    func credential(for host: RegistryHost, usesGoogle: Bool) async throws -> Credential? {
        try await withTransport { transport in
            try await keychain(transport, usesGoogle: usesGoogle).credential(for: host, repository: nil).credential
        }
    }

    private func withTransport<Result>(_ body: (any Transport) async throws -> Result) async throws -> Result {
        try ProcessStart.checkOpenFiles()
        var network = RegistryNetworkOptions()
        try network.follow(environment)
        let transport: HTTPClientTransport
        do throws(TransportSetupError) { transport = try HTTPClientTransport(network.transportSettings) } catch {
            throw CommandFailure.usage([error.description])
        }
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(transport)) } catch { result = .failure(error) }
        await transport.shutdown()
        do { return try result.get() } catch let error as CredentialError { throw CommandFailure(error.description) }
    }
}

extension String {
    /// Parses a registry's name. Without a name it is Docker Hub.
    func registryHost() throws -> RegistryHost {
        if isEmpty { return .dockerHub }
        do throws(ReferenceError.Reason) { return try RegistryHost(self) } catch { throw CommandFailure(error.text) }
    }
}
