// SPDX-License-Identifier: Apache-2.0

package import OCI

/// The registry from which an image is pulled, under its usual name.
package struct SourceRegistry: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let name: String

    /// The registry of a text that is not a reference.
    static let unknown = SourceRegistry(name: "(unknown)")

    private init(name: String) { self.name = name }

    package init(_ host: RegistryHost) {
        name = host.isDockerHub || Self.dockerHub.contains(host.name) ? "docker.io" : host.name.lowercased()
    }

    var isDockerHub: Bool { name == "docker.io" }

    /// - Parameter host: the host as the user typed it.
    init(host: some StringProtocol) throws(ReferenceError.Reason) { self.init(try RegistryHost(host)) }

    /// Names under which Docker Hub answers as a registry.
    private static let dockerHub: Set<String> = ["registry-1.docker.io", "registry.hub.docker.com", "hub.docker.com"]

    package static func < (left: SourceRegistry, right: SourceRegistry) -> Bool { left.name < right.name }

    package var description: String { name.displayable }
}

/// Registries that are selected by the end of their name, or by a name and the beginning of a path.
///
/// `docker.pkg.dev` means that host, all hosts that end in `.docker.pkg.dev`, and all hosts that end in
/// `-docker.pkg.dev`, which is how Artifact Registry names its locations.
package struct RegistrySuffix: Hashable, Sendable, CustomStringConvertible {
    private let host: String
    private let path: String
    package let description: String

    package init(_ text: String) {
        description = text
        let slash = text.firstIndex(of: "/") ?? text.endIndex
        host = text[..<slash].lowercased()
        path = String(text[slash...].dropFirst())
    }

    /// The registries to which the guide moves images, and where its own lists leave them.
    package static let google = [RegistrySuffix("docker.pkg.dev"), RegistrySuffix("gcr.io")]

    func matches(_ registry: SourceRegistry, repository: String) -> Bool {
        let isHost = registry.name == host || registry.name.hasSuffix("." + host) || registry.name.hasSuffix("-" + host)
        guard isHost else { return false }
        let prefix = path.hasSuffix("/") ? String(path.dropLast()) : path
        return prefix.isEmpty || repository == prefix || repository.hasPrefix(prefix + "/")
    }
}
