// SPDX-License-Identifier: Apache-2.0

/// How long nothing is asked of a store.
package struct StorePause: Sendable, Hashable {
    /// From now on.
    package var length: Duration
    /// How much longer than was told before: pauses are added up by this.
    package var added: Duration
    /// The store was not left alone already.
    package var isNew: Bool

    package init(_ length: Duration, added: Duration? = nil) {
        self.length = length
        self.added = added ?? length
        isNew = added == nil
    }
}
