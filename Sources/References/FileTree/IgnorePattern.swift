// SPDX-License-Identifier: Apache-2.0

/// One line of a `.gitignore` (gitignore(5)).
struct IgnorePattern: Hashable, Sendable {
    /// `!`: cancels the effect of an earlier pattern.
    let isNegated: Bool
    /// A slash at the end: folders only.
    let isFolderOnly: Bool
    /// A slash elsewhere: the pattern is matched from its file's folder, and not against names at any depth.
    private let isAnchored: Bool
    private let glob: [UInt8]
    /// The pattern has no wildcards, so names are compared.
    private let isLiteral: Bool

    /// - Returns: nil for blank lines and comments.
    init?(line: some Collection<UInt8>) {
        var text = Self.withoutTrailingBlanks(Array(line))
        guard let first = text.first, first != UInt8(ascii: "#") else { return nil }
        isNegated = first == UInt8(ascii: "!")
        if isNegated { text.removeFirst() }
        isFolderOnly = text.last == UInt8(ascii: "/")
        if isFolderOnly { text.removeLast() }
        guard !text.isEmpty else { return nil }
        isAnchored = text.contains(UInt8(ascii: "/"))
        if text.first == UInt8(ascii: "/") { text.removeFirst() }
        glob = text
        isLiteral = !text.contains { "*?[\\".utf8.contains($0) }
    }

    /// - Parameters:
    ///   - path: the path relative to the folder of the pattern's file, without a slash at either end.
    ///   - name: the last part of `path`.
    func matches(path: [UInt8], name: ArraySlice<UInt8>, isFolder: Bool) -> Bool {
        if isFolderOnly && !isFolder { return false }
        if isLiteral { return isAnchored ? path == glob : name.elementsEqual(glob) }
        return isAnchored ? Glob.matches(glob[...], path[...]) : Glob.matches(glob[...], name)
    }

    /// Blanks at the end are ignored unless a backslash precedes them.
    private static func withoutTrailingBlanks(_ line: [UInt8]) -> [UInt8] {
        var text = line
        if text.last == UInt8(ascii: "\r") { text.removeLast() }
        while text.last == UInt8(ascii: " "), text.dropLast().last != UInt8(ascii: "\\") { text.removeLast() }
        return text
    }
}

/// Wildcards as in git: `*` and `?` do not match slashes, `**` between slashes does.
enum Glob {
    static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        var (pattern, text) = (pattern, text)
        // Where to continue if the text does not match: the last `*`, and the last `**`.
        var star: (pattern: ArraySlice<UInt8>, text: ArraySlice<UInt8>)?
        var deep: (pattern: ArraySlice<UInt8>, text: ArraySlice<UInt8>)?
        let whole = pattern
        while true {
            if isDoubleStar(pattern, in: whole) {
                pattern = pattern.dropFirst(2)
                guard !pattern.isEmpty else { return true }
                deep = (pattern.dropFirst(), text)
                star = nil
                pattern = pattern.dropFirst()
                continue
            }
            if pattern.first == UInt8(ascii: "*") {
                pattern = pattern.drop { $0 == UInt8(ascii: "*") }
                star = (pattern, text)
                continue
            }
            if pattern.isEmpty && text.isEmpty { return true }
            if let rest = step(pattern, text) {
                (pattern, text) = rest
            } else if let retry = star, let first = retry.text.first, first != UInt8(ascii: "/") {
                star = (retry.pattern, retry.text.dropFirst())
                (pattern, text) = (retry.pattern, retry.text.dropFirst())
            } else if let retry = deep, let slash = retry.text.firstIndex(of: UInt8(ascii: "/")) {
                deep = (retry.pattern, retry.text[(slash + 1)...])
                star = nil
                (pattern, text) = (retry.pattern, retry.text[(slash + 1)...])
            } else {
                return false
            }
        }
    }

    /// Whether the pattern begins with `**` as a whole part of the path, followed by a slash or the end.
    private static func isDoubleStar(_ pattern: ArraySlice<UInt8>, in whole: ArraySlice<UInt8>) -> Bool {
        guard pattern.starts(with: "**".utf8) else { return false }
        let isAtStart = pattern.startIndex == whole.startIndex || whole[pattern.startIndex - 1] == UInt8(ascii: "/")
        let after = pattern.dropFirst(2).first
        return isAtStart && (after == nil || after == UInt8(ascii: "/"))
    }

    /// Matches one byte of the text with one element of the pattern.
    private static func step(
        _ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>
    ) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)? {
        guard let wanted = pattern.first, let byte = text.first else { return nil }
        switch wanted {
        case UInt8(ascii: "?"): return byte == UInt8(ascii: "/") ? nil : (pattern.dropFirst(), text.dropFirst())
        case UInt8(ascii: "["):
            guard let (isMember, rest) = bracket(pattern, byte) else {
                return byte == wanted ? (pattern.dropFirst(), text.dropFirst()) : nil
            }
            return isMember && byte != UInt8(ascii: "/") ? (rest, text.dropFirst()) : nil
        case UInt8(ascii: "\\") where pattern.count > 1:
            return pattern[pattern.startIndex + 1] == byte ? (pattern.dropFirst(2), text.dropFirst()) : nil
        default: return wanted == byte ? (pattern.dropFirst(), text.dropFirst()) : nil
        }
    }

    /// Matches `[a-z]`, `[!a]`, `[^a]`. nil: the bracket is not closed.
    private static func bracket(_ pattern: ArraySlice<UInt8>, _ byte: UInt8) -> (Bool, ArraySlice<UInt8>)? {
        var rest = pattern.dropFirst()
        let isNegated = rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^")
        if isNegated { rest = rest.dropFirst() }
        var isMember = false
        var isFirst = true
        while let low = rest.first, low != UInt8(ascii: "]") || isFirst {
            isFirst = false
            rest = rest.dropFirst()
            var start = low
            if low == UInt8(ascii: "\\"), let escaped = rest.first {
                start = escaped
                rest = rest.dropFirst()
            }
            var end = start
            if rest.first == UInt8(ascii: "-"), let high = rest.dropFirst().first, high != UInt8(ascii: "]") {
                end = high
                rest = rest.dropFirst(2)
            }
            if start <= byte && byte <= end { isMember = true }
        }
        guard rest.first == UInt8(ascii: "]") else { return nil }
        return (isMember != isNegated, rest.dropFirst())
    }
}
