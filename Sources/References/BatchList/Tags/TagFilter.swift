// SPDX-License-Identifier: Apache-2.0

package import OCI

/// Chooses among a repository's tags: what a list may say after the repository's colon instead of one tag.
package struct TagFilter: Hashable, Sendable, CustomStringConvertible {
    private enum Rule: Hashable {
        case glob(TagGlob)
        case versions(VersionRange)
        case pattern(TagPattern)
    }

    private let rule: Rule
    /// As it was typed.
    package let text: String

    /// Reads `1.2?`, `{semver>=1.20 <2}` or `~regex`.
    ///
    /// - Throws: `TagFilterError` with what keeps the text from being one of the three.
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
    /// One sentence without the filter's text, which the reporter of the error puts before it.
    package let reason: String
    package var hint: String?

    init(_ reason: String, hint: String? = nil) {
        self.reason = reason
        self.hint = hint
    }
}
