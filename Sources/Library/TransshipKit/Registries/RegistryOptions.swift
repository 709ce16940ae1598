// SPDX-License-Identifier: Apache-2.0

import Distribution
import OCI
import RegistryTransport

/// Options for connections to registries.
///
/// ```swift
/// var registries = RegistryOptions()
/// registries.insecureRegistries = ["registry.test:5000"]
/// registries.requestsPerSecond = ["docker.io": 10]
/// ```
public struct RegistryOptions: Sendable {
    /// Hosts, with or without port, that may be reached over plain http, and whose certificates are not verified. Loopback
    /// and private addresses may always be reached over plain http if they have no TLS.
    public var insecureRegistries: Set<String> = []
    /// Path of a PEM file with certificates to trust in addition to the system's.
    public var certificates: String?
    /// The environment variables for proxies (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`), trusted certificates
    /// (`SSL_CERT_FILE`, `SSL_CERT_DIR`) and folders of client certificates (`HOME`). The library never reads the
    /// environment of the process itself.
    public var variables: [String: String] = [:]
    /// The most requests in flight to one registry, for reading and for writing each. Fewer are used when the registry
    /// slows down.
    public var connectionsPerRegistry = 64
    /// The most requests per second, by registry host. Registries without an entry have no limit.
    public var requestsPerSecond: [String: Double] = [:]
    /// The `User-Agent` header of requests.
    public var userAgent = "transship"

    /// The defaults: the system's certificates, no proxies, no rate limits.
    public init() {}
}

extension RegistryOptions {
    /// The options in the registry client's form.
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
