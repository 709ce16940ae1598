// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryTransport

/// A page for people where programs expect something else: of a proxy, a load balancer, a login.
struct WebPage {
    /// What the page calls itself.
    let title: String?

    /// - Parameter secrets: what was sent as a login, which a title may repeat.
    /// - Returns: nil for an answer that neither says that it is a page nor begins like one.
    init?(_ reply: Reply, hiding secrets: SentSecrets) {
        guard reply.isWebPage || Self.beginsLikeOne(reply.body) else { return nil }
        title = Self.title(in: secrets.hidden(in: reply.body))
    }

    private static func beginsLikeOne(_ body: [UInt8]) -> Bool {
        let beginning = String(decoding: body.prefix(64), as: UTF8.self).lowercased().drop(while: \.isWhitespace)
        return ["<!doctype html", "<html"].contains { beginning.hasPrefix($0) }
    }

    /// Bytes, because the title may stand behind any amount of styles, in any spelling of the tag.
    static func title(in body: [UInt8]) -> String? {
        let lower = body.map { (65...90).contains($0) ? $0 + 32 : $0 }
        guard let tag = lower.firstRange(of: "<title".utf8),
            let open = lower[tag.upperBound...].firstIndex(of: UInt8(ascii: ">")),
            let end = lower[open...].firstRange(of: "</title".utf8)
        else { return nil }
        let words = String(decoding: body[(open + 1)..<end.lowerBound], as: UTF8.self).split(
            whereSeparator: \.isWhitespace)
        return words.isEmpty ? nil : words.joined(separator: " ").withoutSecrets.displayable(limit: 80)
    }

    /// For an answer that should have been a success.
    var inPlaceOfSuccess: String {
        let titled = title.map { " titled \"\($0)\"" } ?? ""
        return "answered with text/html\(titled): is there a login page or a proxy in front?"
    }

    /// For an answer whose status says that something is wrong. The page itself is for browsers.
    var inPlaceOfReason: String { "answered with text/html" + (title.map { ": " + $0 } ?? "") }
}
