// SPDX-License-Identifier: Apache-2.0

package import OCI

/// Selects tags of a repository. In a list, a filter stands after the repository's colon instead of a tag.
package struct TagFilter: Hashable, Sendable, CustomStringConvertible {
    private enum Rule: Hashable {
        case glob(TagGlob)
        case versions(VersionRange)
        case pattern(TagPattern)
    }

    private let rule: Rule
    /// The filter as it was typed.
    package let text: String

    /// Reads `1.2?`, `{semver>=1.20 <2}` or `~regex`.
    ///
    /// - Throws: `TagFilterError` if the text is none of the three.
    package init(parsing text: some StringProtocol) throws(TagFilterError) {
        self.text = String(text)
        if text.hasPrefix("~") {
            rule = .pattern(try TagPattern(parsing: text.dropFirst()))
        } else if text.hasPrefix("{") {
            rule = .versions(try VersionRange(braced: Substring(text)))
        } else {
            rule = .glob(try TagGlob(parsing: text))
        }
    }

    package func selects(_ tag: Tag) -> Bool {
        switch rule {
        case .glob(let glob): glob.matches(tag.name)
        case .versions(let range): SemanticVersion(tag.name).map(range.contains) ?? false
        case .pattern(let pattern): pattern.matches(tag.name)
        }
    }

    package var description: String { text.displayable }
}

/// Why a text is not a tag filter.
package struct TagFilterError: Error, Hashable, Sendable {
    /// One sentence without the filter's text. The caller puts that text before it.
    package let reason: String
    package var hint: String?

    init(_ reason: String, hint: String? = nil) {
        self.reason = reason
        self.hint = hint
    }
}
