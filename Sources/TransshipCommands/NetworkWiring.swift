import Distribution
import RegistryTransport

extension RegistryNetworkOptions {
    /// Takes over what the environment says about the way to registries: proxies, and certificates to trust.
    mutating func follow(_ environment: CommandEnvironment) throws {
        do throws(TransportSetupError) { proxies = try ProxySettings(variables: environment.proxyVariables) } catch {
            throw CommandFailure.usage([error.description])
        }
        rootsPath = environment["SSL_CERT_FILE"]
        rootsFolders = environment["SSL_CERT_DIR"]?.split(separator: ":").map(String.init) ?? []
        hostFolders = environment.hostCertificateFolders
    }
}

extension CommandEnvironment {
    /// A metadata server chosen by name is as near as the one at the usual address: no proxy knows it.
    fileprivate var proxyVariables: [String: String] {
        guard let host = self["GCE_METADATA_HOST"] else { return variables }
        var variables = variables
        variables["NO_PROXY"] = [self["NO_PROXY"] ?? self["no_proxy"], host].compactMap(\.self).joined(separator: ",")
        return variables
    }

    /// Podman's places, a user's before the machine's, then Docker's (containers-certs.d(5)).
    fileprivate var hostCertificateFolders: [String] {
        let configuration = self["XDG_CONFIG_HOME"] ?? self["HOME"].map { $0 + "/.config" }
        let own = [configuration.map { $0 + "/containers/certs.d" }, self["HOME"].map { $0 + "/.docker/certs.d" }]
        return own.compactMap(\.self) + ["/etc/containers/certs.d", "/etc/docker/certs.d"]
    }
}
