// SPDX-License-Identifier: Apache-2.0

import NIOSSL

/// The settings of a registry.
package struct RegistryConfiguration: Sendable {
    package enum Storage: Sendable {
        /// In memory; lost when the process ends.
        case memory
        /// A folder. It is created if needed. Only one process can use it at a time (`DiskStorage`).
        case disk(path: String)
        /// An existing storage, for example to inspect it in a test.
        case existing(any RegistryStorage)
    }

    /// A PEM certificate chain and its private key.
    package struct TLS: Sendable {
        package var certificatePath: String
        package var keyPath: String
        /// PEM certificates of authorities. Only clients with a certificate from one of them are accepted. nil: all
        /// clients are accepted.
        package var clientAuthorityPath: String?

        package init(certificatePath: String, keyPath: String, clientAuthorityPath: String? = nil) {
            self.certificatePath = certificatePath
            self.keyPath = keyPath
            self.clientAuthorityPath = clientAuthorityPath
        }
    }

    package var storage: Storage
    package var host = "127.0.0.1"
    /// 0: any free port.
    package var port = 0
    package var tls: TLS?
    /// Passwords by user. Empty: no request needs a login.
    package var users: [String: String] = [:]
    /// If there are users: whether reading needs no login.
    package var everybodyPulls = false
    /// If there are users: the registry issues tokens, as registries on the internet do. nil: each request needs name
    /// and password.
    package var tokens: BearerTokenAuthenticator.Settings?
    /// Whether all requests except reads are refused.
    package var isReadOnly = false
    /// Receives every request. It is called on event loops, so it must not block.
    package var accessLog: (@Sendable (AccessRecord) -> Void)?
    /// Receives one-line messages for the person who runs the registry, for example about damage on disk. Must not
    /// block.
    package var diagnostics: @Sendable (String) -> Void = { _ in }
    /// Wraps the whole registry, inside the access log. Clients get the responses of the wrapper.
    package var wrap: @Sendable (any RegistryResponder) -> any RegistryResponder = { $0 }
    package var clock = RegistryClock.system
    package var limits = RegistryLimits()
    package var connections = ConnectionLimits()
    /// Upload sessions without a write for this time are dropped. The default is a week, as in the reference registry.
    package var sessionLifetime = Duration.seconds(7 * 86_400)
    /// Disk storage: whether every file is flushed to the device before it is committed.
    package var flushesToDevice = false

    package init(storage: Storage = .memory) { self.storage = storage }
}
