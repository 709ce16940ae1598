// SPDX-License-Identifier: Apache-2.0

/// Hints that were told: what a thousand items fail for together is repaired once.
package struct ToldHints: Sendable {
    private var told: Set<String> = []

    package init() {}

    /// The hint as a line; nil if there is none, or it was printed before.
    package mutating func line(_ hint: String?) -> String? {
        guard let hint, told.insert(hint).inserted else { return nil }
        return "hint: \(hint)"
    }
}
