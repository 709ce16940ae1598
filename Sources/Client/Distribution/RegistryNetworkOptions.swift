// SPDX-License-Identifier: Apache-2.0

package import OCI
package import RegistryTransport

/// The options of a run for all its registries.
package struct RegistryNetworkOptions: Sendable {
    /// Hosts, with or without port, that may be reached over plain http and whose certificates are not verified.
    package var insecureHosts: Set<String> = []
    /// The scheme of registries that the user named by a URL. No other one is tried.
    package var schemes: [RegistryHost: WireOrigin.Scheme] = [:]
    /// crane's `--insecure`: treats every host as insecure.
    package var allInsecure = false
    /// PEM certificates trusted besides the system's.
    package var extraCAPath: String?
    /// PEM certificates trusted instead of the system's (`SSL_CERT_FILE`).
    package var rootsPath: String?
    /// Folders of PEM certificates trusted besides the system's (`SSL_CERT_DIR`).
    package var rootsFolders: [String] = []
    /// See `TransportSettings.hostFolders`.
    package var hostFolders: [String] = []
    package var proxies = ProxySettings.none
    /// See `TransportSettings.sendsDirectly`.
    package var sendsDirectly = false
    package var userAgent = "transship"
    /// The most requests in flight to one host. The caller respects this number. Connections are opened as needed.
    package var connectionsPerHost = 64
    /// Requests a second, by host.
    package var requestRates: [RegistryHost: Double] = [:]
    /// Sends the first request without a ping, and pings only if its answer is inconclusive. This suits commands with few
    /// requests. With many concurrent requests, all would wait for the first answer.
    package var pingsLate = false
    package var stallLimits = StallLimits()
    package var connectTimeout: Duration = .seconds(10)
    /// See `TransportSettings.largestRead`.
    package var largestRead = TransportSettings().largestRead
    /// The largest manifest, in bytes, in both directions. The reference registry accepts 4 MiB.
    package var largestManifest = 4 << 20
    /// Bytes of memory for all lists of tags and repositories together.
    package var listBytes = 256 << 20
    package var wireLog: WireLog?
    /// The secrets that were sent. Code that prints log texts must remove them.
    package let secrets = SentSecrets()
    package var tally: WireTally?
    /// Called with information that needs no action by the user: a registry's warnings, entries of a list that were
    /// skipped. Each notice is reported once for each host.
    package var notice: (@Sendable (RegistryHost, RegistryNotice) -> Void)?
    /// Called whenever a token service refuses an anonymous request.
    package var lacksLogin: (@Sendable (RegistryHost) -> Void)?
    /// Called with details for verbose output, such as where credentials were found.
    package var trace: (@Sendable (String) -> Void)?

    package init() {}

    /// Whether the user allowed this host to be used without TLS.
    func isInsecure(_ host: RegistryHost) -> Bool {
        allInsecure || insecureHosts.contains(host.name) || insecureHosts.contains(String(host.hostWithoutPort))
    }

    private func isInsecure(_ origin: WireOrigin) -> Bool {
        guard !allInsecure else { return true }
        return insecureHosts.contains { name in
            guard let listed = try? WireOrigin(scheme: origin.scheme, authority: name) else { return false }
            return listed == origin || name.lowercased() == origin.host
        }
    }

    /// A registry's API may be at another host than its name (Docker Hub's is). The rate applies to the API's host.
    private func requestInterval(_ origin: WireOrigin) -> Duration? {
        for (host, rate) in requestRates {
            guard let listed = try? WireOrigin(scheme: origin.scheme, authority: host.name) else { continue }
            if listed == origin { return .seconds(1 / rate) }
        }
        return nil
    }

    /// The transport these options ask for.
    package var transportSettings: TransportSettings {
        var settings = TransportSettings()
        // Twice as many, so that a token request or a ping never waits for blobs.
        settings.connectionsPerHost = 2 * connectionsPerHost + 8
        settings.stallLimits = stallLimits
        settings.connectTimeout = connectTimeout
        settings.extraCAPath = extraCAPath
        settings.rootsPath = rootsPath
        settings.rootsFolders = rootsFolders
        settings.hostFolders = hostFolders
        settings.proxies = proxies
        settings.sendsDirectly = sendsDirectly
        settings.isInsecure = { [self] in isInsecure($0) }
        settings.largestRead = largestRead
        if !requestRates.isEmpty { settings.requestInterval = { [self] in requestInterval($0) } }
        settings.log = wireLog
        settings.tally = tally
        settings.secrets = secrets
        return settings
    }
}

/// Information about a registry for the user. Escaped.
package enum RegistryNotice: Hashable, Sendable {
    /// The registry's own words (its `Warning` headers).
    case warning(String)
    /// A conclusion from its answers.
    case remark(String)

    package func line(about host: RegistryHost) -> String {
        switch self {
        case .warning(let text): "\(host) says: \(text)"
        case .remark(let text): "\(host): \(text)"
        }
    }
}
