// SPDX-License-Identifier: Apache-2.0

import NIOSSL

/// How a registry is served.
package struct RegistryConfiguration: Sendable {
    package enum Storage: Sendable {
        /// Gone with the process.
        case memory
        /// A folder, made if needed; one process at a time (`DiskStorage`).
        case disk(path: String)
        /// One that exists already, for instance to look into it from a test.
        case existing(any RegistryStorage)
    }

    /// A PEM certificate chain and its private key.
    package struct TLS: Sendable {
        package var certificatePath: String
        package var keyPath: String
        /// PEM certificates of authorities: only clients with a certificate of one of them are let in. nil for everybody.
        package var clientAuthorityPath: String?

        package init(certificatePath: String, keyPath: String, clientAuthorityPath: String? = nil) {
            self.certificatePath = certificatePath
            self.keyPath = keyPath
            self.clientAuthorityPath = clientAuthorityPath
        }
    }

    package var storage: Storage
    package var host = "127.0.0.1"
    /// 0 takes any free one.
    package var port = 0
    package var tls: TLS?
    /// Passwords by user. With none, nobody is asked for anything.
    package var users: [String: String] = [:]
    /// With users: whether reading needs no name.
    package var everybodyPulls = false
    /// With users: hand out tokens, as registries on the internet do; nil asks for name and password each time.
    package var tokens: BearerTokenAuthenticator.Settings?
    /// Refuse everything but reading.
    package var isReadOnly = false
    /// Told of every request; called on event loops, so it must not block.
    package var accessLog: (@Sendable (AccessRecord) -> Void)?
    /// Told in one line what whoever runs the registry should know, such as damage on disk. Must not block.
    package var diagnostics: @Sendable (String) -> Void = { _ in }
    /// Put around the whole registry, inside the access log: what it answers is what clients see.
    package var wrap: @Sendable (any RegistryResponder) -> any RegistryResponder = { $0 }
    package var clock = RegistryClock.system
    package var limits = RegistryLimits()
    package var connections = ConnectionLimits()
    /// Upload sessions nobody has written to for this long are dropped. A week is what the reference registry gives them.
    package var sessionLifetime = Duration.seconds(7 * 86_400)
    /// Disk storage: flush every file to the device before it is committed.
    package var flushesToDevice = false

    package init(storage: Storage = .memory) { self.storage = storage }
}
