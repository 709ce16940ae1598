// SPDX-License-Identifier: Apache-2.0

import OCI

/// Scheme, host and port: the unit of trust. Credentials belong to one origin and never reach another.
package struct WireOrigin: Hashable, Sendable {
    package enum Scheme: String, Sendable {
        case http
        case https

        package var defaultPort: Int { self == .https ? 443 : 80 }
    }

    package let scheme: Scheme
    /// Lower case; an IPv6 literal in brackets.
    package let host: String
    package let port: Int

    package init(scheme: Scheme, host: String, port: Int) {
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    /// Parses `host`, `host:port`, `[v6]:port` and a bare IPv6 literal. An empty port means the scheme's own.
    package init(scheme: Scheme, authority: some StringProtocol) throws(WireURLError) {
        let (host, port) = try Self.split(authority)
        guard Self.isHost(host) else { throw .host }
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = try Self.number(port, otherwise: scheme.defaultPort)
    }

    private static func split(_ authority: some StringProtocol) throws(WireURLError) -> (String, Substring) {
        let text = Substring(authority)
        guard !text.contains("@") else { throw .userInfo }
        if text.hasPrefix("[") {
            guard let close = text.lastIndex(of: "]") else { throw .host }
            let rest = text[text.index(after: close)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw .host }
            return (String(text[...close]), rest.dropFirst())
        }
        guard let colon = text.firstIndex(of: ":") else { return (String(text), "") }
        guard text.lastIndex(of: ":") == colon else { return ("[" + text + "]", "") }
        return (String(text[..<colon]), text[text.index(after: colon)...])
    }

    private static func number(_ port: Substring, otherwise: Int) throws(WireURLError) -> Int {
        if port.isEmpty { return otherwise }
        guard let number = Int(decimal: port), (1...65535).contains(number) else { throw .port }
        return number
    }

    /// Accepts only names and addresses that every URL parser on the way reads the same way.
    private static func isHost(_ host: String) -> Bool {
        if host.hasPrefix("[") {
            return host.dropFirst().dropLast().utf8.allSatisfy { isHexDigit($0) || $0 == 0x3A || $0 == 0x2E }
        }
        return !host.isEmpty && host.utf8.allSatisfy { isLetterOrDigit($0) || "-._".utf8.contains($0) }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...102).contains(byte | 0x20)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...122).contains(byte | 0x20)
    }
}

extension WireOrigin: CustomStringConvertible {
    /// `host`, or `host:port` if the port is not the scheme's default.
    package var authority: String { port == scheme.defaultPort ? host : "\(host):\(port)" }
    package var description: String { "\(scheme.rawValue)://\(authority)" }
}
