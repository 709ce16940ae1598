// SPDX-License-Identifier: Apache-2.0

/// The next page of a list: `Link: </v2/…?last=x>; rel="next"` (RFC 8288 §3).
///
/// An unreadable link may be the one to the next page, so it is an error. A partial list that is taken for a complete one
/// leads to wrong results.
enum LinkHeader {
    /// The first reference whose relation is `next`; nil if there is none.
    ///
    /// A single link without a relation counts as the next page, as in go-containerregistry.
    ///
    /// - Throws: if a header cannot be parsed, or one of several links has no relation.
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

/// Reads `<reference>; name=value; name="value", <reference> …` to its end. The size of heads is limited where they are
/// received.
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

    /// The name is empty if there is nothing between two semicolons.
    private mutating func parameter() throws(Pager.Refusal) -> (name: String, value: String) {
        let name = word(until: " \t;,=\"<>").lowercased()
        skip(" \t")
        guard take("=") else { return (name, "") }
        skip(" \t")
        // By the rule, unquoted values are tokens. Relations may be URLs, which contain colons and slashes.
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

    /// Some registries use single quotes. By the rule they are part of the token, but no relation's name contains them.
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
