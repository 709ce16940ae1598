// SPDX-License-Identifier: Apache-2.0

extension WireURL {
    /// Resolves a `Location`, a `Link` or a realm in the answer from this URL (RFC 3986 §5.2), without re-encoding.
    ///
    /// Behind proxies that terminate TLS, registries name their own host with http. Such a URL is requested over https, as
    /// this URL was. A registry that is configured to call itself https, but is reached without its proxy, names with https
    /// the port that answered without TLS.
    package func resolving(_ reference: some StringProtocol) throws(WireURLError) -> WireURL {
        try resolving(whole: Substring(reference))
    }

    private func resolving(whole text: Substring) throws(WireURLError) -> WireURL {
        if Self.hasScheme(text) {
            var url = try WireURL(text)
            if url.origin.isPlainSpelling(of: origin) || url.origin.isSecureSpelling(of: origin) { url.origin = origin }
            return url
        }
        if text.hasPrefix("//") { return try WireURL(origin.scheme.rawValue + ":" + text) }
        return WireURL(origin, target: try Self.checkedTarget(merged(text)))
    }

    private static func hasScheme(_ text: Substring) -> Bool {
        guard let end = text.utf8.firstIndex(where: { ":/?#".utf8.contains($0) }), text.utf8[end] == UInt8(ascii: ":")
        else { return false }
        return text[..<end].utf8.allSatisfy(isSchemeByte)
    }

    private func merged(_ text: Substring) -> Substring {
        switch text.first {
        case "/": return text
        case "?": return path + text
        case nil, "#": return target[...]
        default: return path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex) + text
        }
    }
}

extension WireOrigin {
    /// Whether this is the name that a registry uses for itself if it does not know about the TLS in front of it.
    fileprivate func isPlainSpelling(of secure: WireOrigin) -> Bool {
        secure.scheme == .https && scheme == .http && host == secure.host && [80, secure.port].contains(port)
    }

    /// Whether this names with https a port that has just answered without TLS.
    fileprivate func isSecureSpelling(of plain: WireOrigin) -> Bool {
        plain.scheme == .http && scheme == .https && host == plain.host && port == plain.port
    }
}
