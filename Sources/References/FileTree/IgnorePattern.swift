// SPDX-License-Identifier: Apache-2.0

/// One line of a `.gitignore` (gitignore(5)).
struct IgnorePattern: Hashable, Sendable {
    /// `!`: cancels the effect of an earlier pattern.
    let isNegated: Bool
    /// A slash at the end: folders only.
    let isFolderOnly: Bool
    /// A slash elsewhere: the pattern is matched from its file's folder, and not against names at any depth.
    private let isAnchored: Bool
    private let glob: Glob

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
        glob = Glob(text)
    }

    /// - Parameters:
    ///   - path: the path relative to the folder of the pattern's file, without a slash at either end.
    ///   - name: the last part of `path`.
    func matches(path: [UInt8], name: ArraySlice<UInt8>, isFolder: Bool) -> Bool {
        if isFolderOnly && !isFolder { return false }
        return glob.matches(isAnchored ? path[...] : name)
    }

    /// Blanks at the end are ignored unless a backslash precedes them.
    private static func withoutTrailingBlanks(_ line: [UInt8]) -> [UInt8] {
        var text = line
        if text.last == UInt8(ascii: "\r") { text.removeLast() }
        while text.last == UInt8(ascii: " "), text.dropLast().last != UInt8(ascii: "\\") { text.removeLast() }
        return text
    }
}
