// SPDX-License-Identifier: Apache-2.0

import OCI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The folders with certificates for single hosts: `/etc/docker/certs.d/HOST:PORT` and similar ones.
struct HostCertificates: Sendable {
    let folders: [String]

    /// Docker's name for Docker Hub differs from the host that is connected to.
    private static let aliases = [RegistryHost.dockerHub.name: Array(RegistryHost.dockerHubNames.dropFirst())]

    /// The first existing folder for an origin. Names with the port come before names without.
    func folder(for origin: WireOrigin) -> String? {
        let hosts = [origin.host] + (Self.aliases[origin.host] ?? [])
        let names = hosts.flatMap { host in
            ["\(host):\(origin.port)"] + (origin.port == origin.scheme.defaultPort ? [host] : [])
        }
        return folders.flatMap { folder in names.map { "\(folder)/\($0)" } }.first(where: Self.isFolder)
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
    }
}
