// SPDX-License-Identifier: Apache-2.0

import OCI

/// The hosts in `NO_PROXY`, which are connected to directly.
///
/// An entry is `*`, an address, a network (`10.0.0.0/8`), a name (itself and everything below it) or `.name`, `*.name`
/// (only what is below it); all but networks may end in a port. This machine and the metadata services of clouds are never
/// reached through a proxy, without an entry.
struct ProxyExceptions: Sendable {
    private enum Entry: Sendable {
        case everything
        case address(IPAddress, port: Int?)
        case network(IPAddress, prefix: Int)
        /// The name, with a leading dot.
        case suffix(String, includesItself: Bool, port: Int?)
    }

    private let entries: [Entry]

    init(_ text: String) {
        entries = text.split(separator: ",").compactMap {
            Self.entry($0.lowercased().filter { $0 != " " && $0 != "\t" })
        }
    }

    func includes(_ origin: WireOrigin) -> Bool {
        let host = origin.host.hasSuffix(".") ? String(origin.host.dropLast()) : origin.host
        if host == "localhost" { return true }
        // Link-local addresses mean other hosts to a proxy than to this machine.
        if let reach = AddressClass(host: host), reach == .loopback || reach == .forbidden { return true }
        let address = IPAddress(host)
        return entries.contains { Self.matches($0, host: host, address: address, port: origin.port) }
    }

    private static func entry(_ text: String) -> Entry? {
        if text.isEmpty { return nil }
        if text == "*" { return .everything }
        if let slash = text.firstIndex(of: "/") {
            guard let network = IPAddress(String(text[..<slash])),
                let prefix = Int(decimal: text[text.index(after: slash)...]),
                (0...network.bytes.count * 8).contains(prefix)
            else { return nil }
            return .network(network, prefix: prefix)
        }
        let (host, port) = split(text)
        if let address = IPAddress(host) { return .address(address, port: port) }
        let name = host.hasPrefix("*.") ? String(host.dropFirst()) : host
        guard !name.isEmpty else { return nil }
        return name.hasPrefix(".")
            ? .suffix(name, includesItself: false, port: port) : .suffix("." + name, includesItself: true, port: port)
    }

    /// Host and port; several colons without brackets are an address of IPv6.
    private static func split(_ text: String) -> (String, Int?) {
        guard let colon = text.lastIndex(of: ":"), text.hasPrefix("[") || text.firstIndex(of: ":") == colon,
            let port = Int(decimal: text[text.index(after: colon)...])
        else { return (text, nil) }
        return (String(text[..<colon]), port)
    }

    private static func matches(_ entry: Entry, host: String, address: IPAddress?, port: Int) -> Bool {
        switch entry {
        case .everything: true
        case .address(let wanted, let wantedPort): wanted == address && (wantedPort ?? port) == port
        case .network(let network, let prefix): address?.shares(prefix, with: network) ?? false
        case .suffix(let suffix, let includesItself, let wantedPort):
            (wantedPort ?? port) == port
                && (host.hasSuffix(suffix) || (includesItself && host == suffix.dropFirst()))
        }
    }
}
