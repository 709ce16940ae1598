// SPDX-License-Identifier: Apache-2.0

/// A pattern for the paths of several files in a pipeline (docs.gitlab.com, "Use include:local with wildcard file
/// paths"): `*` matches any text without a slash, `**` matches any text, also in the middle of a path part. All other
/// characters are literal.
package struct PathPattern: Hashable, Sendable {
    private let pattern: [UInt8]

    package init(_ pattern: some StringProtocol) { self.pattern = Array(pattern.utf8) }

    package func matches(_ path: String) -> Bool {
        let text = Array(path.utf8)
        var (position, offset) = (0, 0)
        // Where to continue after a mismatch: the last `*` and the last `**`, each with its place in the text.
        var star: (position: Int, offset: Int)?
        var deep: (position: Int, offset: Int)?
        while true {
            if starts(with: "**", at: position) {
                position += 2
                (deep, star) = ((position, offset), nil)
            } else if starts(with: "*", at: position) {
                position += 1
                star = (position, offset)
            } else if position == pattern.count, offset == text.count {
                return true
            } else if position < pattern.count, offset < text.count, pattern[position] == text[offset] {
                (position, offset) = (position + 1, offset + 1)
            } else if let retry = star, retry.offset < text.count, text[retry.offset] != UInt8(ascii: "/") {
                star = (retry.position, retry.offset + 1)
                (position, offset) = (retry.position, retry.offset + 1)
            } else if let retry = deep, retry.offset < text.count {
                (deep, star) = ((retry.position, retry.offset + 1), nil)
                (position, offset) = (retry.position, retry.offset + 1)
            } else {
                return false
            }
        }
    }

    private func starts(with word: String, at position: Int) -> Bool {
        pattern[position...].starts(with: word.utf8)
    }
}
