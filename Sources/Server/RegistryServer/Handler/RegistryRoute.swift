// SPDX-License-Identifier: Apache-2.0

package import OCI

/// The resource that a path names (distribution-spec, "Endpoints").
///
/// Digests, tags and upload IDs are still text here. Each method checks them and reports its own error code.
package enum RegistryRoute: Hashable, Sendable {
    case base
    case catalog
    case tags(Repository)
    case manifest(Repository, String)
    case blob(Repository, String)
    case uploads(Repository)
    case upload(Repository, String)
    case referrers(Repository, String)
    /// A path below `/v2/` with a name that the specification does not allow.
    case invalidName(String)
    case unknown

    /// Reads a percent-decoded path.
    package init(path: String) {
        guard path.hasPrefix("/v2") else {
            self = .unknown
            return
        }
        let parts = path.dropFirst(3).split(separator: "/", omittingEmptySubsequences: false)
        switch parts.count {
        case 0: self = path == "/v2" ? .base : .unknown
        case 1: self = parts[0].isEmpty ? .base : .unknown
        case 2 where parts[1].isEmpty: self = .base
        case 2 where parts[1] == "_catalog": self = .catalog
        default: self = parts[0].isEmpty ? Self.route(parts.dropFirst()) : .unknown
        }
    }

    /// Reads the path from its end, where the fixed words are. Everything before them is the name.
    private static func route(_ parts: ArraySlice<Substring>) -> RegistryRoute {
        guard parts.count >= 3, let last = parts.last else { return .unknown }
        let name = parts.dropLast(2)
        switch parts[parts.endIndex - 2] {
        case "uploads" where parts.count >= 4 && parts[parts.endIndex - 3] == "blobs":
            return named(name.dropLast()) { last.isEmpty ? .uploads($0) : .upload($0, String(last)) }
        case "blobs": return named(name) { last == "uploads" ? .uploads($0) : .blob($0, String(last)) }
        case "manifests": return named(name) { .manifest($0, String(last)) }
        case "referrers": return named(name) { .referrers($0, String(last)) }
        case "tags" where last == "list": return named(name) { .tags($0) }
        default: return .unknown
        }
    }

    private static func named(
        _ parts: ArraySlice<Substring>, _ make: (Repository) -> RegistryRoute
    ) -> RegistryRoute {
        let name = parts.joined(separator: "/")
        return Repository(registryName: name).map(make) ?? .invalidName(name)
    }

    /// The repository that the path names; nil if there is none.
    package var repository: Repository? {
        switch self {
        case .tags(let repository), .manifest(let repository, _), .blob(let repository, _), .uploads(let repository),
            .upload(let repository, _), .referrers(let repository, _):
            repository
        case .base, .catalog, .invalidName, .unknown: nil
        }
    }

    /// The repository's name, for callers that need text.
    package var repositoryPath: String? { repository?.path }
}

extension Repository {
    /// A name that the specification allows: components `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` between slashes
    /// (distribution-spec, "Pulling manifests"). No component can begin with `_` or be `..`; the layout on disk relies
    /// on this.
    package init?(registryName name: String) {
        let components = name.split(separator: "/", omittingEmptySubsequences: false)
        guard components.allSatisfy(Self.isComponent), let repository = try? Repository(name) else { return nil }
        self = repository
    }

    private static func isComponent(_ component: Substring) -> Bool {
        var separator = ""
        var isAfterAlphanumeric = false
        for scalar in component.unicodeScalars {
            switch scalar {
            case "a"..."z", "0"..."9":
                guard isAfterAlphanumeric ? isSeparator(separator) : separator.isEmpty else { return false }
                separator = ""
                isAfterAlphanumeric = true
            default: separator.unicodeScalars.append(scalar)
            }
        }
        return isAfterAlphanumeric && separator.isEmpty
    }

    private static func isSeparator(_ text: String) -> Bool {
        switch text {
        case "", ".", "_", "__": true
        default: text.utf8.allSatisfy { $0 == UInt8(ascii: "-") }
        }
    }
}

extension Tag {
    /// A tag that the specification allows: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
    package init?(registryTag name: String) {
        guard let first = name.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-"),
            let tag = try? Tag(name)
        else { return nil }
        self = tag
    }
}
