// SPDX-License-Identifier: Apache-2.0

/// How a chart's templates use a value. A value before names can be changed to the registry of the copies, unless it is
/// also used for something else, such as the key of a login.
struct ValueMentions {
    private let templates: [String]
    private let hasSubcharts: Bool

    private static let levelLimit = 4

    /// - Parameter values: the files around the chart's `values.yaml`.
    init(around values: NearbyFiles) {
        templates = Self.templates(in: "templates/", values, level: 0).map { String(decoding: $0, as: UTF8.self) }
        hasSubcharts = !values.folders("charts/").isEmpty || !ChartDependencies(read: values.read).names.isEmpty
    }

    private static func templates(in folder: String, _ nearby: NearbyFiles, level: Int) -> [[UInt8]] {
        // The text that is printed after an installation is for people.
        let own = nearby.names(folder).filter { $0 != "NOTES.txt" }.compactMap { nearby.read(folder + $0) }
        guard level < levelLimit else { return [] }
        return own
            + nearby.folders(folder).flatMap { templates(in: folder + $0 + "/", nearby, level: level + 1) }
    }

    /// Whether each mention of a value is harmless: it puts the value before a name, passes it to a template that makes
    /// an image, or only tests it.
    func areFronts(of path: [String]) -> Bool {
        // Charts below this one also use global values.
        if path.first == "global", hasSubcharts { return false }
        return templates.allSatisfy { template in
            Mention.all(in: template).allSatisfy { mention in
                !path.starts(with: mention.keys) || mention.isHarmless(isWhole: mention.keys == path)
            }
        }
    }
}

extension ValueMentions {
    /// The paths of values with which templates make an address or a login.
    ///
    /// - Parameter values: the files around the chart's `values.yaml`.
    static func addresses(around values: NearbyFiles) -> [[String]] {
        templates(in: "templates/", values, level: 0).filter(mayHoldAddress).flatMap { template in
            template.split(separator: UInt8(ascii: "\n")).filter { mayHoldAddress(Array($0)) }.flatMap { line in
                Mention.all(in: String(decoding: line, as: UTF8.self)).filter(\.isAddress).map(\.keys)
            }
        }
    }

    /// Most templates hold none, and are not read further.
    private static func mayHoldAddress(_ template: [UInt8]) -> Bool {
        template.withUnsafeBufferPointer { bytes in
            addressWords.contains { ByteSearch.contains($0, in: bytes, 0..<bytes.count) }
        }
    }

    private static let addressWords = ["auths", "://{{", "://%s"].map { SearchWord($0) }
}

/// `.Values.a.b` in a template.
private struct Mention {
    let keys: [String]
    /// The line up to the mention.
    let line: Substring
    /// The action up to the mention, without its braces.
    let action: Substring
    let rest: Substring

    static func all(in text: String) -> [Mention] {
        var mentions: [Mention] = []
        var rest = text[...]
        while let start = rest.place(of: ".Values.") {
            rest = rest[start.upperBound...]
            let chain = rest.prefix { $0.isLetter || $0.isNumber || $0 == "." || $0 == "_" }
            let before = text[..<start.lowerBound]
            let line = before.lastIndex(where: \.isNewline).map { before[before.index(after: $0)...] } ?? before
            let action = before.lastIndex(of: "{").map { before[before.index(after: $0)...] } ?? before
            mentions.append(
                Mention(
                    keys: chain.split(separator: ".").map(String.init), line: line, action: action,
                    rest: rest[chain.endIndex...]))
        }
        return mentions
    }

    /// - Parameter isWhole: whether the mention is of the value itself, not of a mapping around it.
    func isHarmless(isWhole: Bool) -> Bool {
        isOfImage || isQuestion || (isWhole && isFront)
    }

    /// Whether the value is behind a scheme, or a server in the settings of a login.
    var isAddress: Bool {
        let text = line.utf8.count > 1024 ? line.suffix(1024) : line
        return text.contains("auths")
            || Self.schemes.contains { scheme in
                // Before the value, or the place of it, is no path.
                text.place(of: scheme).map {
                    text[$0.upperBound...].prefix { !"%{\"".contains($0) }.allSatisfy { $0 != "/" }
                }
                    ?? false
            }
    }

    private static let schemes = ["http://", "https://"]

    private var isOfImage: Bool {
        if isAddress { return false }
        let line = line.lowercased()
        return line.contains("image") && !line.contains("secret") && !line.contains("credential")
    }

    private var isQuestion: Bool {
        let words = action.drop { $0 == "-" || $0 == " " }
        return words.hasPrefix("/*") || words.hasPrefix("if ") || words.hasPrefix("else if ")
    }

    private var isFront: Bool {
        if action.contains("printf \"%s/") { return true }
        let behind = rest.drop { " -".contains($0) }
        guard behind.hasPrefix("}}"), let next = behind.dropFirst(2).first else { return false }
        return next == "/" || next.isLetter || next.isNumber
    }
}
