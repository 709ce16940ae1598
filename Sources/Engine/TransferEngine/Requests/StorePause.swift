// SPDX-License-Identifier: Apache-2.0

package import Content

/// A pause of a store.
package struct StorePause: Sendable, Hashable {
    /// The length of the pause from now on.
    package var length: Duration
    /// How much longer the pause is than reported before. The sum of these values is the total pause.
    package var added: Duration
    /// The store was not paused before.
    package var isNew: Bool
    /// The answer that led to it; nil if it is not known.
    package var cause: ContentFailure?

    package init(_ length: Duration, added: Duration? = nil, cause: ContentFailure? = nil) {
        self.length = length
        self.added = added ?? length
        isNew = added == nil
        self.cause = cause
    }
}
