// SPDX-License-Identifier: Apache-2.0

/// Whether a host belongs to the user's own network, judged by its name and its addresses.
package enum HostReach: Sendable, Hashable {
    /// This machine, a private address, or a name that is not public.
    case nearby
    /// Reachable from the internet. The text is the evidence.
    case internet(String)

    /// Judges a host by its text, without a resolver; nil for a name that has to be judged by its addresses.
    package init?(writtenAs host: String) {
        if let reach = AddressClass(host: host) {
            self = Self.judge([reach], host)
        } else if Self.isPrivateName(host) {
            self = .nearby
        } else {
            return nil
        }
    }

    /// Judges a name by its addresses. A name without addresses, such as one that only a proxy knows, counts as public.
    package init(_ host: String, addresses: [String]) {
        let reaches = addresses.compactMap(AddressClass.init(literal:))
        self =
            reaches.isEmpty
            ? .internet("\(host) has no address here: there is no such host, or only a proxy knows it")
            : Self.judge(reaches, host)
    }

    /// Asks this machine's resolver if the name alone is not enough.
    package static func of(_ host: String) async -> HostReach {
        if let written = HostReach(writtenAs: host) { return written }
        return HostReach(host, addresses: (try? await SystemResolver.addresses(of: host)) ?? [])
    }

    private static func judge(_ reaches: [AddressClass], _ host: String) -> HostReach {
        let isNear = reaches.allSatisfy { [.loopback, .privateNetwork].contains($0) }
        return isNear ? .nearby : .internet("\(host) is not an address of a private network")
    }

    /// Names that are reserved for private use (RFC 6761, RFC 6762, RFC 8375, and ICANN's resolution on `internal` of 2024)
    /// or commonly used so (RFC 6762, appendix G), and names with one label.
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
