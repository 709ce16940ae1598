// SPDX-License-Identifier: Apache-2.0

import Distribution
import OCI
import RegistryTransport

/// How registries are reached.
///
/// ```swift
/// var registries = RegistryOptions()
/// registries.insecureRegistries = ["registry.test:5000"]
/// registries.requestsPerSecond = ["docker.io": 10]
/// ```
public struct RegistryOptions: Sendable {
    /// Hosts, with or without port, that may be spoken to over plain http, and whose certificates go unchecked. Loopback and
    /// private addresses may always be spoken to over plain http where there is no TLS.
    public var insecureRegistries: Set<String> = []
    /// Path of a PEM file with certificates to trust besides the system's.
    public var certificates: String?
    /// The environment, for proxies (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`), the certificates to trust (`SSL_CERT_FILE`,
    /// `SSL_CERT_DIR`) and folders of client certificates (`HOME`). The library never reads the process's own.
    public var variables: [String: String] = [:]
    /// Requests at once to one registry, for reading and for writing each, at most: fewer where the registry slows down.
    public var connectionsPerRegistry = 64
    /// Requests a second by registry, at most, for registries that ask for it.
    public var requestsPerSecond: [String: Double] = [:]
    /// What requests say they come from (`User-Agent`).
    public var userAgent = "transship"

    /// The defaults: the system's certificates, no proxies, no pace.
    public init() {}
}

extension RegistryOptions {
    /// As the registry client takes them.
    func networkOptions(telling log: RunLog) throws(TransshipError) -> RegistryNetworkOptions {
        var network = RegistryNetworkOptions()
        network.insecureHosts = insecureRegistries
        network.extraCAPath = certificates
        network.userAgent = userAgent
        network.connectionsPerHost = 2 * min(max(1, connectionsPerRegistry), Self.mostConnections)
        network.requestRates = try rates()
        network.notice = { host, notice in log.tell(notice, of: host) }
        do throws(TransportSetupError) { try network.follow(variables: variables) } catch {
            throw TransshipError(.invalid, error.description)
        }
        return network
    }

    private static let mostConnections = 1024

    private func rates() throws(TransshipError) -> [RegistryHost: Double] {
        var rates: [RegistryHost: Double] = [:]
        for (name, rate) in requestsPerSecond {
            guard rate >= 1 / 86_400, rate < 1e6 else {
                throw TransshipError(.invalid, "\(rate) requests a second to \(name.displayable) is not a pace")
            }
            do throws(ReferenceError.Reason) { rates[try RegistryHost(name)] = rate } catch {
                throw TransshipError(.invalid, error.text)
            }
        }
        return rates
    }
}
