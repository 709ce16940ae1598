// SPDX-License-Identifier: Apache-2.0

import Distribution
import Files
import Keychain
import OCI
import OutsidePrograms
import RegistryAuth
import RegistryTransport

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension Credentials {
    /// The credential source for the registry client.
    ///
    /// - Parameter transport: the transport for requests to token services.
    func credentialSource(_ transport: any Transport, userAgent: String) throws(TransshipError) -> any CredentialSource
    {
        switch source {
        case .provider(let provider): return ProvidedCredentials(provider: provider)
        case .machine(let variables):
            var context = KeychainContext(variables: variables, over: transport)
            context.userAgent = userAgent
            do throws(CredentialError) { return try Keychain(context) } catch {
                throw TransshipError(.unauthorized, error.description)
            }
        }
    }
}

extension KeychainContext {
    /// Bytes. No login file is larger.
    private static let largestFile = 64 << 20

    fileprivate init(variables: [String: String], over transport: any Transport) {
        let clock = NetworkClock.system
        self.init(
            variables: variables, userID: getuid(),
            bytesOfFile: { path in
                Files.exists(path) ? try Files.contents(path, limit: Self.largestFile) : nil
            },
            programs: SystemPrograms(), transport: transport,
            clock: KeychainClock(
                monotonic: clock.monotonic, calendar: clock.calendar, sleep: { try await Task.sleep(for: $0) }))
    }
}
