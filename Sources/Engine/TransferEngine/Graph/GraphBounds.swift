// SPDX-License-Identifier: Apache-2.0

import Content

/// Bounds against hostile graphs: how deep indexes may nest, and how many descriptors one item may reach.
package struct GraphBounds: Sendable {
    package var depth = 16
    package var descriptors = 100_000

    package init() {}

    /// - Parameters:
    ///   - depth: the depth of a manifest; an item's root has depth 1.
    ///   - reached: descriptors that the item has reached by now.
    /// - Returns: nil if the bounds are kept.
    func failure(depth: Int, reached: Int) -> ContentFailure? {
        if depth > self.depth { return ContentFailure(.tooLarge, "indexes nested more than \(self.depth) levels deep") }
        if reached <= descriptors { return nil }
        return ContentFailure(.tooLarge, "the image reaches more than \(descriptors) descriptors")
    }
}
