// SPDX-License-Identifier: Apache-2.0

import Content
package import OCI

/// What earlier runs found out. Stores may have changed since, so a run asks them before it relies on it. Only what a choice
/// of platforms gives cannot change, because an index is known by its digest.
package struct EarlierRuns: Sendable {
    /// Repositories that blobs were seen in.
    package var holders = PlacedBlobs()
    /// Whether stores mount blobs, for the stores where this was found out.
    package var mounts: [StoreID: Bool] = [:]
    /// What choices of platforms give: an image of the index, or an index that is made of some of its images.
    package var choices: [IndexChoice: Digest] = [:]

    package init(
        holders: PlacedBlobs = PlacedBlobs(), mounts: [StoreID: Bool] = [:], choices: [IndexChoice: Digest] = [:]
    ) {
        self.holders = holders
        self.mounts = mounts
        self.choices = choices
    }

    /// A store's own statement that it mounts takes precedence.
    func corrected(by stores: RunStores, for targets: Set<StoreID>) -> Self {
        var known = self
        for target in targets where stores.target(target).mountsBlobs { known.mounts[target] = true }
        return known
    }
}
