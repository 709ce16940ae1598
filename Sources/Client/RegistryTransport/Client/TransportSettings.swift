// SPDX-License-Identifier: Apache-2.0

/// The settings of a transport.
package struct TransportSettings: Sendable {
    /// The most connections to one host, including idle ones. Further requests wait, and fail after the connect timeout, so
    /// this must not be less than the number of concurrent requests.
    package var connectionsPerHost = 128
    package var stallLimits = StallLimits()
    package var connectTimeout: Duration = .seconds(10)
    /// PEM certificates trusted besides the system's.
    package var extraCAPath: String?
    /// PEM certificates trusted instead of the system's.
    package var rootsPath: String?
    /// Folders of PEM certificates trusted besides the system's.
    package var rootsFolders: [String] = []
    /// Folders with a subfolder for each registry, in which Docker and Podman keep certificates. The first one that has a
    /// subfolder for a registry is used.
    package var hostFolders: [String] = []
    package var proxies = ProxySettings.none
    /// Whether plain requests of tasks that run on an event loop use `DirectConnections`. For programs that measure a peer.
    package var sendsDirectly = false
    /// Whether the certificate of this origin is not verified.
    package var isInsecure: @Sendable (WireOrigin) -> Bool = { _ in false }
    /// The time from one request to an origin to the next; nil: no limit.
    package var requestInterval: @Sendable (WireOrigin) -> Duration? = { _ in nil }
    /// The most bytes per read from a connection without TLS. A moving blob holds a few such buffers.
    ///
    /// 1 MiB takes 0.6 times the CPU of the default 64 KiB for bulk transfers over a fast network. TLS records have at most
    /// 16 KiB, so TLS connections keep the default.
    package var largestRead = 1 << 20
    /// Resolves hosts that an answer named. The system's resolver, except in tests.
    package typealias Resolver = @Sendable (_ host: String) async throws -> [String]
    package var resolve: Resolver = SystemResolver.addresses
    /// A monotonic clock, by which looked-up addresses expire.
    package var now: @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    package var log: WireLog?
    package var tally: WireTally?
    /// The secrets that were sent. No failure of this transport contains them.
    package var secrets = SentSecrets()

    package init() {}
}

/// The longest times without progress. The whole transfer has no limit, because a large blob takes long.
package struct StallLimits: Sendable, Hashable {
    /// From the request's last byte to the answer's head.
    package var head: Duration = .seconds(60)
    /// As `head`, for a request that makes the registry hash and store the upload. 11 s were seen for 700 MB at ghcr.io
    /// (jib#4301), and more with buffering proxies.
    package var commit: Duration = .seconds(180)
    /// Until the next KiB of a body arrives.
    package var body: Duration = .seconds(30)
    /// Until any byte of a body is sent, while there are bytes to send.
    package var sending: Duration = .seconds(30)

    package init() {}
}

/// Why a transport cannot be set up.
package struct TransportSetupError: Error, Sendable, CustomStringConvertible {
    package let description: String
}
