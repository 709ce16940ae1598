// SPDX-License-Identifier: Apache-2.0

import OCI

/// Texts with a known name whose tag is filled in later: `quay.io/acme/app:${VERSION}`.
enum OpenTag {
    /// The part for the name. Empty if the variable may also change the name.
    static func parts(of text: TracedText, style: ReferencePart.Style = .bare) -> [ReferencePart] {
        guard let end = nameEnd(text.bytes) else { return [] }
        let name = text[0..<end]
        guard ImageName.reference(name.string) != nil else { return [] }
        guard let range = name.contiguousRange else { return ReferencePart.halves(of: name, style) }
        return [ReferencePart(.name, range, value: name.string, style: style)]
    }

    /// The part for the name of a text that ends in a tag or before one.
    static func parts(ofBegun text: TracedText) -> [ReferencePart] {
        guard let front = front(ofBegun: text.string[...]) else { return [] }
        return parts(ofName: text[0..<front.utf8.count - 1])
    }

    /// The part for a name whose tag is in another place.
    static func parts(ofName name: TracedText) -> [ReferencePart] {
        guard let range = name.contiguousRange else { return [] }
        return [ReferencePart(.name, range, value: name.string)]
    }

    /// The name and the colon after it, of a text with a variable in its tag: `acme/x:$V`, `acme/x:v$V`.
    static func front(of text: String) -> Substring? {
        let front = text.prefix { $0 != "$" }
        guard front.endIndex < text.endIndex else { return nil }
        return Self.front(ofBegun: front)
    }

    /// The name and the colon after it, of a text that ends in a tag or before one: `acme/x:`, `acme/x:v`.
    static func front(ofBegun text: Substring) -> Substring? {
        guard let colon = text.lastIndex(of: ":"), !text[colon...].contains("/"),
            ImageName.reference(String(text) + "x") != nil
        else { return nil }
        return text[...colon]
    }

    /// The same for the name of an image that is made here, with any tag.
    static func front(ofMade text: String) -> Substring? {
        let front = text.prefix { $0 != "$" }
        return front.lastIndex(of: ":").map { front[...$0] }
    }

    /// The position of the colon or the at sign before the first variable.
    private static func nameEnd(_ text: [UInt8]) -> Int? {
        guard let variable = text.firstIndex(where: { "${<%".utf8.contains($0) }) else { return nil }
        let slash = text[..<variable].lastIndex(of: UInt8(ascii: "/")) ?? 0
        guard
            let end = text[slash..<variable].firstIndex(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "@") }),
            !hasSlash(text[variable...])
        else { return nil }
        return end
    }

    /// Whether there is a slash outside of the variables' braces. Then the colon belongs to a port.
    private static func hasSlash(_ text: ArraySlice<UInt8>) -> Bool {
        var depth = 0
        for byte in text {
            if "{(<".utf8.contains(byte) { depth += 1 }
            if "})>".utf8.contains(byte) { depth -= 1 }
            if byte == UInt8(ascii: "/"), depth <= 0 { return true }
        }
        return false
    }
}

extension Finding {
    /// This finding as one of an image without a tag, if only the tag has no value.
    package var named: Finding? {
        guard unresolved != nil, !parts.isEmpty, !isBuilt,
            parts.allSatisfy({ [.registry, .repository, .hub, .name].contains($0.field) })
        else { return nil }
        let text = parts.compactMap(\.value).joined(separator: "/")
        guard let reference = ImageName.reference(text) else { return nil }
        var named = self
        named.meaning = .reference(reference)
        return named
    }
}
