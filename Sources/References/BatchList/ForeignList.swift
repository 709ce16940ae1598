// SPDX-License-Identifier: Apache-2.0

import OCI

/// A configuration of another copying tool that was given in place of a list. It is detected but not converted, because
/// its meaning depends on more than its images.
package struct ForeignList: Sendable, Equatable {
    package enum Tool: String, Sendable {
        case skopeo = "skopeo sync"
        case regsync
        case imageSyncer = "image-syncer"
    }

    package let tool: Tool
    /// Its first image as a line of our list, if the image could be read.
    package let firstLine: String?

    /// The number of bytes of a file that are enough to detect its format.
    package static let beginning = 64 << 10

    /// nil for bytes that can be a list. Reads only the beginning.
    package init?(_ bytes: [UInt8]) {
        // A carriage return with a line feed is one `Character`.
        let lines = String(decoding: bytes.prefix(Self.beginning), as: UTF8.self).split(whereSeparator: \.isNewline)
            .map(
                YAMLLine.init
            )
            .filter { !$0.text.isEmpty && $0.text != "---" }
        guard let found = Self.regsync(lines) ?? Self.skopeo(lines) ?? Self.imageSyncer(lines) else { return nil }
        (tool, firstLine) = found
    }

    package var message: String { "this is a configuration of \(tool.rawValue), not a list of images" }

    package var hint: String {
        guard let firstLine else { return "write a list: one image a line, SRC or SRC DST" }
        return "write a list: one image a line; its first one is: \(firstLine.displayable)"
    }

    /// `sync:` with entries of `source:` and `target:`.
    private static func regsync(_ lines: [YAMLLine]) -> (Tool, String?)? {
        guard lines.contains(where: { $0.indent == 0 && $0.key == "sync" && $0.value.isEmpty }),
            let source = lines.first(where: { $0.key == "source" })?.value
        else { return nil }
        let target = lines.first { $0.key == "target" }?.value
        let kind = lines.first { $0.key == "type" }?.value
        // The tags that it selects cannot be read from these lines, and it does not select all of them.
        if lines.contains(where: { $0.key == "tags" }) { return (.regsync, nil) }
        let image = kind == "repository" ? source + ":*" : source
        return (.regsync, target.map { "\(image) \($0)" } ?? image)
    }

    /// Registries with `images:` below them, and lists of tags below those.
    private static func skopeo(_ lines: [YAMLLine]) -> (Tool, String?)? {
        guard let start = lines.firstIndex(where: { $0.indent > 0 && $0.key.hasPrefix("images") && $0.value.isEmpty }),
            let registry = lines[..<start].last(where: { $0.indent == 0 })?.key, !registry.isEmpty,
            start + 1 < lines.count, lines[start + 1].indent > lines[start].indent
        else { return nil }
        let image = "\(registry)/\(lines[start + 1].key)"
        let below = start + 2 < lines.count ? lines[start + 2].item : nil
        return (.skopeo, image + tags(lines[start + 1].value, below, kind: lines[start].key))
    }

    /// The text after an image's name in a list.
    ///
    /// - Parameters:
    ///   - value: the value of the image's key.
    ///   - below: the first item below the key.
    ///   - kind: `images`, `images-by-semver` or `images-by-tag-regex`.
    private static func tags(_ value: String, _ below: String?, kind: String) -> String {
        if kind == "images-by-semver" {
            return ":{semver\(value.replacing("= ", with: "=").replacing("> ", with: ">").replacing("< ", with: "<"))}"
        }
        if kind == "images-by-tag-regex" { return ":~\(value)" }
        let inline = value.hasPrefix("[") ? YAMLLine.firstItem(ofFlow: value) : nil
        guard let tag = inline ?? below, !tag.isEmpty else { return ":*" }
        return (tag.hasPrefix("sha256:") ? "@" : ":") + tag
    }

    /// Pairs of images, in YAML or JSON; or an object with `images` and `auth`.
    private static func imageSyncer(_ lines: [YAMLLine]) -> (Tool, String?)? {
        let pairs = lines.filter { $0.key.contains("/") && !$0.key.contains(" ") && $0.value.contains("/") }
        guard lines.first?.isPartOfMap == true else { return nil }
        if let first = pairs.first { return (.imageSyncer, "\(first.key) \(first.value)") }
        // One source for several targets.
        let entry = zip(lines, lines.dropFirst()).first { line, next in
            line.key.contains("/") && line.value.isEmpty && next.item?.contains("/") == true
        }
        return entry.map { (.imageSyncer, "\($0.key) \($1.item ?? "")") }
    }
}

/// A line of YAML or JSON. Pairs and items are detected as far as possible without a full parser.
private struct YAMLLine {
    private static let quotes: Set<Character> = ["\"", "'", ",", " ", "\t", "\r"]

    let indent: Int
    let text: String
    /// The text before the first colon that is followed by a blank or the end; empty if there is none.
    let key: String
    let value: String
    /// The text after a dash; nil if there is no dash.
    let item: String?

    init(_ line: Substring) {
        indent = line.prefix { $0 == " " }.count
        var text = line.drop { $0 == " " || $0 == "\t" }
        if text.hasPrefix("#") { text = "" }
        while text.last?.isWhitespace == true { text.removeLast() }
        self.text = String(text)
        item = text.hasPrefix("- ") ? Self.bare(text.dropFirst(2)) : nil
        let pair = text.hasPrefix("- ") ? text.dropFirst(2) : text
        if let colon = pair.firstRange(of: ": ") {
            (key, value) = (Self.bare(pair[..<colon.lowerBound]), Self.bare(pair[colon.upperBound...]))
        } else {
            (key, value) = (text.hasSuffix(":") ? Self.bare(pair.dropLast()) : "", "")
        }
    }

    /// Whether the line is a part of a map: it has a pair, or a brace of JSON. A line of our list has neither.
    var isPartOfMap: Bool { !key.isEmpty || text.hasPrefix("{") }

    /// The first item, for example `latest` of `[latest, "v1"]`; empty if there is none.
    static func firstItem(ofFlow text: String) -> String {
        bare(text.dropFirst().prefix { $0 != "," && $0 != "]" })
    }

    private static func bare(_ text: Substring) -> String {
        String(text.drop(while: quotes.contains).reversed().drop(while: quotes.contains).reversed())
    }
}
