// SPDX-License-Identifier: Apache-2.0

/// The hints that were already printed. A thousand items may fail for one cause, which needs one hint.
package struct ToldHints: Sendable {
    private var told: Set<String> = []

    package init() {}

    /// The hint as a line; nil if there is none, or it was printed before.
    package mutating func line(_ hint: String?) -> String? {
        guard let hint, told.insert(hint).inserted else { return nil }
        return "hint: \(hint)"
    }
}
