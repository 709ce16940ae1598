// SPDX-License-Identifier: Apache-2.0

/// What a transport needs to know before its first request.
package struct TransportSettings: Sendable {
    /// Connections to one host, idle ones included. A request beyond it waits, and fails after the connect timeout, so
    /// this must not be less than the number of requests that run at once.
    package var connectionsPerHost = 128
    package var stallLimits = StallLimits()
    package var connectTimeout: Duration = .seconds(10)
    /// PEM certificates trusted besides the system's.
    package var extraCAPath: String?
    /// PEM certificates trusted instead of the system's.
    package var rootsPath: String?
    /// Folders of PEM certificates trusted besides the system's.
    package var rootsFolders: [String] = []
    /// Folders with a folder for each registry, as Docker and Podman keep certificates; the first that has one counts.
    package var hostFolders: [String] = []
    package var proxies = ProxySettings.none
    /// Whether the certificate of this origin goes unchecked.
    package var isInsecure: @Sendable (WireOrigin) -> Bool = { _ in false }
    /// Time from one request to an origin to the next, nil where there is no limit.
    package var requestInterval: @Sendable (WireOrigin) -> Duration? = { _ in nil }
    /// The most that one read from a plain connection takes. One blob in transit holds a few of these.
    ///
    /// 1 MiB costs 0.6 times the CPU of the default 64 KiB on bulk transfers over a fast network. TLS arrives in
    /// records of 16 KiB, where it buys nothing, so TLS connections keep the default.
    package var largestRead = 1 << 20
    /// The addresses of a name, for hosts that an answer named. The system's own way unless a test has another.
    package typealias Resolver = @Sendable (_ host: String) async throws -> [String]
    package var resolve: Resolver = SystemResolver.addresses
    package var log: WireLog?
    package var tally: WireTally?
    /// What was sent of logins. No failure of this transport shows any of it.
    package var secrets = SentSecrets()

    package init() {}
}

/// How long nothing may move. There is no limit on the whole: a large blob takes as long as it takes.
package struct StallLimits: Sendable, Hashable {
    /// From the request's last byte to the answer's head.
    package var head: Duration = .seconds(60)
    /// As `head`, for a request that makes the registry hash and store what it got: 11 s seen for 700 MB at ghcr.io
    /// (jib#4301), more behind proxies that buffer.
    package var commit: Duration = .seconds(180)
    /// For the next KiB of a body to arrive.
    package var body: Duration = .seconds(30)
    /// For any byte of a body to leave, while there are some.
    package var sending: Duration = .seconds(30)

    package init() {}
}

/// Why a transport cannot be set up.
package struct TransportSetupError: Error, Sendable, CustomStringConvertible {
    package let description: String
}
