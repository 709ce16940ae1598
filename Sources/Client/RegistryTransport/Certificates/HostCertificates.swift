// SPDX-License-Identifier: Apache-2.0

import OCI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where the certificates of single hosts are: `/etc/docker/certs.d/HOST:PORT` and its kin.
struct HostCertificates: Sendable {
    let folders: [String]

    /// Docker writes its hub's host otherwise than the hub is reached.
    private static let aliases = [RegistryHost.dockerHub.name: Array(RegistryHost.dockerHubNames.dropFirst())]

    /// The first folder there is for an origin, names with the port before those without.
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
