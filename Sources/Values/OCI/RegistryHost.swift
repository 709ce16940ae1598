// SPDX-License-Identifier: Apache-2.0

/// A host that answers the distribution protocol, with its port where one was written.
///
/// The spelling is kept as typed, except that `docker.io` is `index.docker.io`, as in gcrane.
package struct RegistryHost: Hashable, Sendable, CustomStringConvertible {
    package let name: String

    package static let dockerHub = RegistryHost(unchecked: "index.docker.io")

    private init(unchecked name: String) { self.name = name }

    /// A layout folder in a registry's place, named `oci:FOLDER`. Whoever takes layouts takes every text that begins like
    /// this for one, so that no registry is ever mistaken for it.
    package init(layoutFolder: String) { name = LayoutReference.scheme + layoutFolder }

    package var layoutFolder: String? {
        LayoutReference.isMeant(by: name) ? String(name.dropFirst(LayoutReference.scheme.count)) : nil
    }

    /// Parses `host`, `host:port`, `[v6]:port`. An empty or out-of-range port passes, non-ASCII characters pass; only
    /// what could not be the authority of a URL unchanged is refused (RFC 3986 §3.2), and a host that would be taken for
    /// a layout: of `oci:5000/team/app` a folder would be left.
    package init(_ text: some StringProtocol) throws(ReferenceError.Reason) {
        let text = String(text)
        guard Self.isAuthority(text), !LayoutReference.isMeant(by: text) else { throw .invalidRegistry(text) }
        name = text == "docker.io" ? Self.dockerHub.name : text
    }

    /// One spelling for one place: host names know no case (RFC 4343) and may end in a dot (RFC 1034 §3.1), a port may begin
    /// with zeros, https has port 443 without saying so, an address of IPv6 has many spellings (RFC 4291), and Docker Hub has
    /// several names. Of a folder, the path without detours.
    package var canonicalName: String {
        if let layoutFolder { return LayoutReference.scheme + Self.withoutDetours(layoutFolder) }
        var host = hostWithoutPort.lowercased()
        let port = name.dropFirst(hostWithoutPort.count + 1).drop { $0 == "0" }
        if host.hasSuffix("."), host.count > 1 { host.removeLast() }
        if let address = IPv6Literal(bracketed: host) { host = address.canonical }
        if ["", "443"].contains(port) { return Self.dockerHubNames.contains(host) ? Self.dockerHub.name : host }
        return "\(host):\(port)"
    }

    /// What Docker Hub is called: in logins, in references, and where its API is.
    package static let dockerHubNames = ["index.docker.io", "docker.io", "registry-1.docker.io"]

    /// The names that this host goes by.
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
        // By bytes: a colon with a combining accent is another character to Swift, and a colon to a URL parser.
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

    /// A mark of byte order, or a joiner without width, would make two names of what looks like one.
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
