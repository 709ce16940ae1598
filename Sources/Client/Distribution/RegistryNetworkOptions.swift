// SPDX-License-Identifier: Apache-2.0

package import OCI
package import RegistryTransport

/// What a run decides about its registries as a whole.
package struct RegistryNetworkOptions: Sendable {
    /// Hosts, with or without port, that may be spoken to over plain http and whose certificates go unchecked.
    package var insecureHosts: Set<String> = []
    /// crane's `--insecure`: every host is one of them.
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
    package var userAgent = "transship"
    /// Requests that run at once against one host, at most; the caller keeps to it. Connections are opened as needed.
    package var connectionsPerHost = 64
    /// Requests a second, by host.
    package var requestRates: [RegistryHost: Double] = [:]
    /// Begin with the question itself and ping a registry only where its answer leaves something open: for a command of a
    /// few questions. Where many ask at once, all would wait for the first one's answer.
    package var pingsLate = false
    package var stallLimits = StallLimits()
    package var connectTimeout: Duration = .seconds(10)
    /// See `TransportSettings.largestRead`.
    package var largestRead = TransportSettings().largestRead
    /// Bytes of a manifest, in both directions; the reference registry takes 4 MiB.
    package var largestManifest = 4 << 20
    /// Bytes of memory for lists of tags and repositories, of all together.
    package var listBytes = 256 << 20
    package var wireLog: WireLog?
    /// What was sent of logins: whoever prints what the log is told hides it.
    package let secrets = SentSecrets()
    package var tally: WireTally?
    /// Told what a user may want to know and need not act on: a registry's warnings, entries of a list that were left
    /// out. Each notice once for each host.
    package var notice: (@Sendable (RegistryHost, RegistryNotice) -> Void)?
    /// Told whenever a token service refuses somebody without a login.
    package var lacksLogin: (@Sendable (RegistryHost) -> Void)?
    /// Told what a user asks for who wants to know how things go: where credentials were found.
    package var trace: (@Sendable (String) -> Void)?

    package init() {}

    /// Whether the user said that this host may go without TLS.
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

    /// A host's API may be elsewhere than its name says (Docker Hub's is); the rate is meant for wherever it is.
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
        // Twice: a token or a ping must never wait behind blobs.
        settings.connectionsPerHost = 2 * connectionsPerHost + 8
        settings.stallLimits = stallLimits
        settings.connectTimeout = connectTimeout
        settings.extraCAPath = extraCAPath
        settings.rootsPath = rootsPath
        settings.rootsFolders = rootsFolders
        settings.hostFolders = hostFolders
        settings.proxies = proxies
        settings.isInsecure = { [self] in isInsecure($0) }
        settings.largestRead = largestRead
        if !requestRates.isEmpty { settings.requestInterval = { [self] in requestInterval($0) } }
        settings.log = wireLog
        settings.tally = tally
        settings.secrets = secrets
        return settings
    }
}

/// What a user may want to know of a registry. Escaped.
package enum RegistryNotice: Hashable, Sendable {
    /// The registry's own words (its `Warning` headers).
    case warning(String)
    /// What was made of its answers.
    case remark(String)

    package func line(about host: RegistryHost) -> String {
        switch self {
        case .warning(let text): "\(host) says: \(text)"
        case .remark(let text): "\(host): \(text)"
        }
    }
}
