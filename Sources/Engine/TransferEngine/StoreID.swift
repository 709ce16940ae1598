// SPDX-License-Identifier: Apache-2.0

import OCI

/// Names a content store within a run; for a registry its host.
package struct StoreID: Hashable, Sendable, CustomStringConvertible {
    package let name: String
    package init(_ name: String) { self.name = name }
    package var description: String { name.displayable }
}

/// An item's position in the order of submission.
package typealias ItemID = Int
