// SPDX-License-Identifier: Apache-2.0

/// The proxy of a request, as Go programs read it from `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`
/// (golang.org/x/net/http/httpproxy).
package struct ProxySettings: Sendable {
    private let http: ProxyServer?
    private let https: ProxyServer?
    private let exceptions: ProxyExceptions

    /// No proxy for any request.
    package static let none = ProxySettings(http: nil, https: nil, exceptions: "")

    package init(http: ProxyServer?, https: ProxyServer?, exceptions: String) {
        self.http = http
        self.https = https
        self.exceptions = ProxyExceptions(exceptions)
    }

    /// - Parameter variables: the environment variables. Upper-case names take precedence over lower-case ones.
    /// - Throws: if a proxy cannot be used. Ignoring it silently could connect to hosts that must not be reached directly.
    package init(variables: [String: String]) throws(TransportSetupError) {
        let value = { (name: String) in
            [name, name.lowercased()].compactMap { variables[$0] }.first { !$0.isEmpty }
        }
        // A CGI server passes its clients' `Proxy` header as HTTP_PROXY (CVE-2016-5385).
        let isHandedOver = variables["REQUEST_METHOD"].map { !$0.isEmpty } ?? false
        let http = isHandedOver ? variables["http_proxy"] : value("HTTP_PROXY")
        try self.init(
            http: ProxyServer(named: http, by: "HTTP_PROXY"),
            https: ProxyServer(named: value("HTTPS_PROXY"), by: "HTTPS_PROXY"),
            exceptions: value("NO_PROXY") ?? "")
    }

    /// The proxy for an origin; nil: connect directly.
    package func proxy(for origin: WireOrigin) -> ProxyServer? {
        guard let proxy = origin.scheme == .https ? https : http else { return nil }
        return exceptions.includes(origin) ? nil : proxy
    }
}

/// A proxy and its protocol.
package struct ProxyServer: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case http
        case socks5
    }

    let kind: Kind
    let origin: WireOrigin
    let login: ProxyLogin?
}

/// A user's name and password for a proxy. Does not print.
struct ProxyLogin: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    let user: String
    let password: String

    var description: String { "<redacted>" }
    var customMirror: Mirror { Mirror(reflecting: description) }

    /// Parses `user:password` as written in a URL.
    init(_ text: Substring) {
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        user = PercentEncoding.decode(halves[0])
        password = halves.count == 2 ? PercentEncoding.decode(halves[1]) : ""
    }
}

extension ProxyServer: CustomStringConvertible {
    package var description: String { "\(kind == .socks5 ? "socks5" : "http")://\(origin.host):\(origin.port)" }
}

extension ProxyServer {
    /// Parses the value of a variable; nil if it has none.
    fileprivate init?(named text: String?, by variable: String) throws(TransportSetupError) {
        guard let text, !text.isEmpty else { return nil }
        do { try self.init(text) } catch {
            // The text is not included, because it may contain a password.
            throw TransportSetupError(description: "\(variable) names no usable proxy: \(Self.reason(error))")
        }
    }

    private static func reason(_ error: WireURLError) -> String {
        switch error {
        case .scheme(let scheme): "proxies are spoken to by http or socks5, not by \(scheme)"
        case .userInfo: "a SOCKS proxy with a login is not supported"
        default: error.description
        }
    }

    /// Parses `[scheme://][user:password@]host[:port]`. Without a scheme it is http.
    package init(_ text: String) throws(WireURLError) {
        let (scheme, rest) = Self.split(text)
        let authority = rest.prefix { !"/?#".contains($0) }
        let userEnd = authority.lastIndex(of: "@")
        let host = userEnd.map { authority[authority.index(after: $0)...] } ?? authority
        switch scheme {
        case "http":
            kind = .http
            origin = try WireOrigin(scheme: .http, authority: host)
        case "socks5", "socks5h":
            kind = .socks5
            let hasPort = host.last.map { $0 != "]" } == true && host.contains(":")
            origin = try WireOrigin(scheme: .http, authority: hasPort ? "\(host)" : "\(host):1080")
        default: throw .scheme(String(scheme.prefix(16)))
        }
        login = userEnd.map { ProxyLogin(authority[..<$0]) }
        // The client speaks SOCKS without logins.
        if login != nil, kind == .socks5 { throw .userInfo }
    }

    private static func split(_ text: String) -> (String, Substring) {
        guard let range = text.firstRange(of: "://") else { return ("http", text[...]) }
        return (text[..<range.lowerBound].lowercased(), text[range.upperBound...])
    }
}
