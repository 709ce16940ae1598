// SPDX-License-Identifier: Apache-2.0

/// Whether a host is one of the user's own network, as far as its name and its addresses say.
package enum HostReach: Sendable, Hashable {
    /// This machine, a private address, or a name that the internet does not know.
    case nearby
    /// Reachable from everywhere; the text says by what it is known.
    case internet(String)

    /// Judges a host as it was written, which needs no resolver; nil for a name that its addresses have to place.
    package init?(writtenAs host: String) {
        if let reach = AddressClass(host: host) {
            self = Self.judge([reach], host)
        } else if Self.isPrivateName(host) {
            self = .nearby
        } else {
            return nil
        }
    }

    /// Judges a name by its addresses. A name without any, such as one that only a proxy knows, may be anywhere.
    package init(_ host: String, addresses: [String]) {
        let reaches = addresses.compactMap(AddressClass.init(literal:))
        self = reaches.isEmpty ? .internet("\(host) has no address that could be looked at") : Self.judge(reaches, host)
    }

    /// Asks this machine's resolver where the name alone says nothing.
    package static func of(_ host: String) async -> HostReach {
        if let written = HostReach(writtenAs: host) { return written }
        return HostReach(host, addresses: (try? await SystemResolver.addresses(of: host)) ?? [])
    }

    private static func judge(_ reaches: [AddressClass], _ host: String) -> HostReach {
        let isNear = reaches.allSatisfy { [.loopback, .privateNetwork].contains($0) }
        return isNear ? .nearby : .internet("\(host) is not an address of a private network")
    }

    /// Names that are reserved for private use (RFC 6761, RFC 6762, RFC 8375, and ICANN's resolution on `internal` of 2024),
    /// that are used so everywhere (RFC 6762, appendix G), and names of one label.
    private static func isPrivateName(_ host: String) -> Bool {
        let name = host.hasSuffix(".") ? host.dropLast() : host[...]
        guard let dot = name.lastIndex(of: ".") else { return true }
        return Self.privateSuffixes.contains(name[name.index(after: dot)...].lowercased())
            || name.lowercased().hasSuffix(".home.arpa")
    }

    private static let privateSuffixes: Set<String> = [
        "local", "internal", "localhost", "test", "example", "lan", "home", "corp", "private", "intranet",
    ]
}
