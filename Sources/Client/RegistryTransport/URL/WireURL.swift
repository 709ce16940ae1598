// SPDX-License-Identifier: Apache-2.0

import OCI

/// An http or https URL whose path and query stay exactly as received.
///
/// Registries sign their upload locations and redirect targets, and parsing and rebuilding a URL may change what was
/// signed. Only bytes that are not allowed in a URL are percent-encoded. Printing redacts.
package struct WireURL: Hashable, Sendable {
    package var origin: WireOrigin
    /// Path and query, beginning with a slash; no fragment.
    package private(set) var target: String

    /// - Parameter target: path and query made by this program. URLs from outside must go through the parsers.
    package init(_ origin: WireOrigin, target: String) {
        self.origin = origin
        self.target = target
    }

    /// Parses an absolute URL.
    package init(_ text: some StringProtocol) throws(WireURLError) {
        // Generic code is not specialized in other modules, and each upload has a location.
        try self.init(whole: Substring(text))
    }

    private init(whole text: Substring) throws(WireURLError) {
        let (scheme, rest) = try Self.splitScheme(text)
        guard rest.hasPrefix("//") else { throw .host }
        let afterSlashes = rest.dropFirst(2)
        let end = afterSlashes.utf8.firstIndex { "/?#".utf8.contains($0) } ?? afterSlashes.endIndex
        origin = try WireOrigin(scheme: scheme, authority: afterSlashes[..<end])
        target = try Self.checkedTarget(afterSlashes[end...])
    }

    package var path: Substring { target[..<(target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex)] }

    /// Without the question mark; nil if there is no query.
    package var query: Substring? {
        target.utf8.firstIndex(of: UInt8(ascii: "?")).map { target[target.utf8.index(after: $0)...] }
    }

    /// The whole URL, including secrets. For requests, never for messages.
    package var unredacted: String { origin.description + target }

    /// This URL with one more query item at its end, encoded as Go clients do. The rest of the URL is unchanged.
    package func appending(_ name: String, _ value: String) -> WireURL {
        let separator =
            switch true {
            case query == nil: "?"
            case target.hasSuffix("?"), target.hasSuffix("&"): ""
            default: "&"
            }
        return WireURL(origin, target: target + separator + name + "=" + PercentEncoding.encodeForm(value))
    }

    static func splitScheme(_ text: Substring) throws(WireURLError) -> (WireOrigin.Scheme, Substring) {
        guard let colon = text.firstIndex(of: ":"), text[..<colon].utf8.allSatisfy(isSchemeByte) else {
            throw .noScheme
        }
        guard let scheme = WireOrigin.Scheme(rawValue: text[..<colon].lowercased()) else {
            throw .scheme(String(text[..<colon].prefix(16)))
        }
        return (scheme, text[text.index(after: colon)...])
    }

    static func isSchemeByte(_ byte: UInt8) -> Bool {
        (97...122).contains(byte | 0x20) || (48...57).contains(byte) || "+-.".utf8.contains(byte)
    }

    /// Checks that every parser reads path and query the same way: no dot segments, no control characters.
    static func checkedTarget(_ text: Substring) throws(WireURLError) -> String {
        let withoutFragment = text[..<(text.utf8.firstIndex(of: UInt8(ascii: "#")) ?? text.endIndex)]
        let rooted = withoutFragment.hasPrefix("/") ? String(withoutFragment) : "/" + withoutFragment
        guard rooted.utf8.count <= longestTarget else { throw .tooLong }
        guard !rooted.utf8.contains(where: { $0 < 0x21 || $0 == 0x7F }) else { throw .target }
        guard !hasDotSegment(rooted) else { throw .target }
        return PercentEncoding.encodeForbidden(rooted)
    }

    private static func hasDotSegment(_ target: String) -> Bool {
        let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
        guard path.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "%") }) else { return false }
        return path.split(separator: UInt8(ascii: "/")).contains { isDotSegment(Substring($0)) }
    }

    /// Bytes. The longest locations that were seen, Artifact Registry's, take up to 8 KiB.
    private static let longestTarget = 32 << 10

    private static func isDotSegment(_ segment: Substring) -> Bool {
        let decoded = segment.lowercased().split(separator: "%2e", omittingEmptySubsequences: false)
            .joined(separator: ".")
        return decoded == "." || decoded == ".."
    }
}

extension WireURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        let shownPath = String(path).withoutSecrets
        guard let query else { return origin.description + shownPath }
        return origin.description + shownPath + "?" + Redaction.query(query)
    }

    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(reflecting: description) }
}

/// Why a text is not a URL that this program follows. It never contains the text, which may contain secrets.
package enum WireURLError: Error, Equatable, CustomStringConvertible {
    case noScheme
    case scheme(String)
    case userInfo
    case host
    case port
    case target
    case tooLong

    package var description: String {
        switch self {
        case .noScheme: "it has no scheme"
        case .scheme(let scheme): "its scheme is \"\(scheme)\", not http or https"
        case .userInfo: "it carries a user name"
        case .host: "it names no usable host"
        case .port: "its port is out of range"
        case .target: "its path has dot segments or control characters"
        case .tooLong: "it is too long"
        }
    }
}
