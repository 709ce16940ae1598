// SPDX-License-Identifier: Apache-2.0

/// Where a list goes on: `Link: </v2/…?last=x>; rel="next"` (RFC 8288 §3).
///
/// A link that is not understood may be the one to the next page, so it is never passed over: half a list that is taken for a
/// whole one makes everything untrue that is said of it.
enum LinkHeader {
    /// The first reference whose relation is `next`; nil where links lead elsewhere, or there are none.
    ///
    /// A link that stands alone and names no relation leads to the next page, as go-containerregistry takes it.
    ///
    /// - Throws: where a header cannot be read, or one of several links does not say where it leads.
    static func next(_ headers: [String]) throws(Pager.Refusal) -> String? {
        var links: [Link] = []
        for header in headers {
            var reader = LinkReader(header)
            links += try reader.links()
        }
        if let next = links.first(where: { $0.relations.contains("next") }) { return next.reference }
        guard links.contains(where: \.relations.isEmpty) else { return nil }
        guard links.count == 1 else { throw .unreadable("a link names no relation") }
        return links[0].reference
    }

    fileprivate struct Link {
        let reference: String
        /// In lower case.
        var relations: [String] = []
    }
}

extension Pager.Refusal {
    fileprivate static func unreadable(_ reason: String) -> Self {
        Self(reason: "its Link header cannot be read: \(reason)")
    }
}

/// Reads `<reference>; name=value; name="value", <reference> …` to its end. Heads are bounded where they come in.
private struct LinkReader {
    private var rest: Substring.UTF8View

    init(_ header: String) { rest = Substring(header).utf8 }

    mutating func links() throws(Pager.Refusal) -> [LinkHeader.Link] {
        var links: [LinkHeader.Link] = []
        skip(" \t,")
        while !rest.isEmpty {
            links.append(try link())
            guard rest.isEmpty || rest.first == UInt8(ascii: ",") else {
                throw .unreadable("something stands behind a parameter")
            }
            skip(" \t,")
        }
        return links
    }

    private mutating func link() throws(Pager.Refusal) -> LinkHeader.Link {
        guard take("<"), let end = rest.firstIndex(of: UInt8(ascii: ">")) else {
            throw .unreadable("a reference does not stand between < and >")
        }
        var link = LinkHeader.Link(reference: String(Substring(rest[..<end])))
        rest = rest[end...].dropFirst()
        skip(" \t")
        while take(";") {
            skip(" \t")
            let (name, value) = try parameter()
            if name == "rel" { link.relations += Self.relations(value) }
        }
        return link
    }

    /// Empty where nothing stands between two semicolons.
    private mutating func parameter() throws(Pager.Refusal) -> (name: String, value: String) {
        let name = word(until: " \t;,=\"<>").lowercased()
        skip(" \t")
        guard take("=") else { return (name, "") }
        skip(" \t")
        // Unquoted values are tokens by the rule; relations may be addresses, which hold colons and slashes.
        let value = take("\"") ? try quoted() : word(until: " \t;,\"<>")
        skip(" \t")
        return (name, value)
    }

    /// RFC 9110 §5.6.4.
    private mutating func quoted() throws(Pager.Refusal) -> String {
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): if let escaped = rest.popFirst() { text.append(escaped) }
            default: text.append(byte)
            }
        }
        throw .unreadable("a quoted text has no end")
    }

    /// Some write single quotes, which are part of a token by the rule and of no relation's name.
    private static func relations(_ value: String) -> [String] {
        value.lowercased().split { " \t'".contains($0) }.map(String.init)
    }

    private mutating func word(until stops: String) -> String {
        let word = rest.prefix { !stops.utf8.contains($0) }
        rest = rest[word.endIndex...]
        return String(Substring(word))
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func skip(_ characters: String) { rest = rest.drop { characters.utf8.contains($0) } }
}
