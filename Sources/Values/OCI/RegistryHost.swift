// SPDX-License-Identifier: Apache-2.0

/// A host that serves the distribution protocol, with its port if one was written.
///
/// The spelling is kept as typed, except that `docker.io` is `index.docker.io`, as in gcrane.
package struct RegistryHost: Hashable, Sendable, CustomStringConvertible {
    package let name: String

    package static let dockerHub = RegistryHost(unchecked: "index.docker.io")

    private init(unchecked name: String) { self.name = name }

    /// A layout folder in place of a registry, named `oci:FOLDER`. Code that accepts layouts treats every text with this
    /// prefix as a layout, so it cannot be confused with a registry.
    package init(layoutFolder: String) { name = LayoutReference.scheme + layoutFolder }

    package var layoutFolder: String? {
        LayoutReference.isMeant(by: name) ? String(name.dropFirst(LayoutReference.scheme.count)) : nil
    }

    /// Parses `host`, `host:port`, `[v6]:port`. An empty or out-of-range port and non-ASCII characters are accepted.
    /// Refused are texts that could not be the authority of a URL unchanged (RFC 3986 §3.2), and a host that would be
    /// mistaken for a layout: `oci:5000/team/app` would become a folder.
    package init(_ text: some StringProtocol) throws(ReferenceError.Reason) {
        let text = String(text)
        guard Self.isAuthority(text), !LayoutReference.isMeant(by: text) else { throw .invalidRegistry(text) }
        name = text == "docker.io" ? Self.dockerHub.name : text
    }

    /// The canonical spelling of the host. Host names are case-insensitive (RFC 4343) and may end in a dot (RFC 1034 §3.1),
    /// a port may have leading zeros, the default port of https is 443, an IPv6 address has many spellings (RFC 4291), and
    /// Docker Hub has several names. For a folder, the path without detours.
    package var canonicalName: String {
        if let layoutFolder { return LayoutReference.scheme + Self.withoutDetours(layoutFolder) }
        var host = hostWithoutPort.lowercased()
        let port = name.dropFirst(hostWithoutPort.count + 1).drop { $0 == "0" }
        if host.hasSuffix("."), host.count > 1 { host.removeLast() }
        if let address = IPv6Literal(bracketed: host) { host = address.canonical }
        if ["", "443"].contains(port) { return Self.dockerHubNames.contains(host) ? Self.dockerHub.name : host }
        return "\(host):\(port)"
    }

    /// The names of Docker Hub: in logins, in references, and of its API's host.
    package static let dockerHubNames = ["index.docker.io", "docker.io", "registry-1.docker.io"]

    /// All names of this host.
    package var names: [String] { isDockerHub ? Self.dockerHubNames : [name] }

    private static func withoutDetours(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
        }
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }

    package var description: String { name.displayable }
    package var isDockerHub: Bool { self == .dockerHub }

    /// The name without the port.
    package var hostWithoutPort: Substring {
        if name.hasPrefix("[") {
            return name[..<(name.lastIndex(of: "]").map { name.index(after: $0) } ?? name.endIndex)]
        }
        // A bare IPv6 literal has several colons and no port.
        guard let colon = name.firstIndex(of: ":"), name.lastIndex(of: ":") == colon else { return name[...] }
        return name[..<colon]
    }

    /// Whether plain http may be tried when https fails, without any flag: loopback and private addresses, `.localhost`
    /// names, and `localhost` with a port (go-containerregistry, pkg/name/registry.go).
    package var allowsPlainHTTP: Bool {
        let host = hostWithoutPort
        return name.hasPrefix("localhost:") || host.hasSuffix(".localhost") || host == "127.0.0.1" || host == "::1"
            || host == "[::1]" || Self.isPrivateIPv4(host)
    }

    /// RFC 1918.
    private static func isPrivateIPv4(_ host: Substring) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return false }
        let octets = parts.compactMap { UInt8($0) }
        guard octets.count == 4 else { return false }
        return octets[0] == 10 || (octets[0] == 172 && (16...31).contains(octets[1]))
            || (octets[0] == 192 && octets[1] == 168)
    }

    private static func isAuthority(_ text: String) -> Bool {
        guard text.utf8.allSatisfy(isAuthorityByte), text.unicodeScalars.allSatisfy(isVisible) else { return false }
        // Compares bytes, because a colon with a combining accent is another character to Swift, but a colon to a URL
        // parser.
        let whole = Array(text.utf8)
        let afterHost: ArraySlice<UInt8>
        if whole.first == UInt8(ascii: "[") {
            guard let close = whole.lastIndex(of: UInt8(ascii: "]")) else { return false }
            afterHost = whole[(close + 1)...]
        } else {
            afterHost = whole.lastIndex(of: UInt8(ascii: ":")).map { whole[$0...] } ?? []
        }
        guard let first = afterHost.first else { return true }
        return first == UInt8(ascii: ":") && afterHost.dropFirst().allSatisfy { (48...57).contains($0) }
    }

    /// With a byte order mark or a zero-width joiner, two different names would look the same.
    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return true }
        return switch scalar.properties.generalCategory {
        case .format, .control, .spaceSeparator, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: false
        default: true
        }
    }

    /// Bytes that stand unescaped in a URL's host, plus everything beyond ASCII.
    private static func isAuthorityByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x80...: true
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 48...57: true
        default: "-_.~!$&'()*+,;=:[]<>\"".utf8.contains(byte)
        }
    }
}
