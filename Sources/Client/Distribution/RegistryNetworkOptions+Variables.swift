// SPDX-License-Identifier: Apache-2.0

package import RegistryTransport

extension RegistryNetworkOptions {
    /// Applies the environment variables for connections to registries: proxies, and certificates to trust.
    ///
    /// - Throws: if a proxy cannot be used.
    package mutating func follow(variables: [String: String]) throws(TransportSetupError) {
        let variables = variables.filter { !$0.value.isEmpty }
        proxies = try ProxySettings(variables: Self.proxyVariables(variables))
        rootsPath = variables["SSL_CERT_FILE"]
        rootsFolders = variables["SSL_CERT_DIR"]?.split(separator: ":").map(String.init) ?? []
        hostFolders = Self.certificateFolders(variables)
    }

    /// The variables, extended so that a metadata server that is chosen by name is reached without a proxy, like the one at
    /// the usual address.
    private static func proxyVariables(_ variables: [String: String]) -> [String: String] {
        guard let host = variables["GCE_METADATA_HOST"] else { return variables }
        var variables = variables
        variables["NO_PROXY"] = [variables["NO_PROXY"] ?? variables["no_proxy"], host].compactMap(\.self)
            .joined(separator: ",")
        return variables
    }

    /// Podman's folders (the user's before the system's), then Docker's (containers-certs.d(5)).
    private static func certificateFolders(_ variables: [String: String]) -> [String] {
        let home = variables["HOME"]
        let configuration = variables["XDG_CONFIG_HOME"] ?? home.map { $0 + "/.config" }
        let own = [configuration.map { $0 + "/containers/certs.d" }, home.map { $0 + "/.docker/certs.d" }]
        return own.compactMap(\.self) + ["/etc/containers/certs.d", "/etc/docker/certs.d"]
    }
}
