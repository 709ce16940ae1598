// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryTransport

/// A web page for people in place of the expected content, from a proxy, a load balancer or a login service.
struct WebPage {
    /// The title of the page.
    let title: String?

    /// - Parameter secrets: the secrets that were sent, which a title may repeat.
    /// - Returns: nil for an answer that neither has the media type of a web page nor begins like one.
    init?(_ reply: Reply, hiding secrets: SentSecrets) {
        guard reply.isWebPage || Self.beginsLikeOne(reply.body) else { return nil }
        title = Self.title(in: secrets.hidden(in: reply.body))
    }

    private static func beginsLikeOne(_ body: [UInt8]) -> Bool {
        let beginning = String(decoding: body.prefix(64), as: UTF8.self).lowercased().drop(while: \.isWhitespace)
        return ["<!doctype html", "<html"].contains { beginning.hasPrefix($0) }
    }

    /// Works on bytes, because the title may come after any amount of style text, in any spelling of the tag.
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

    /// The text for an answer whose status means success.
    var inPlaceOfSuccess: String {
        let titled = title.map { " titled \"\($0)\"" } ?? ""
        return "answered with text/html\(titled): is there a login page or a proxy in front?"
    }

    /// The text for an answer whose status means failure. The page itself is not shown, because it is for browsers.
    var inPlaceOfReason: String { "answered with text/html" + (title.map { ": " + $0 } ?? "") }
}
