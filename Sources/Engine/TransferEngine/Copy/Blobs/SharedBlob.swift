// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// A blob that repositories of one target store need and do not have yet.
struct SharedBlob: Sendable {
    /// The repository that the bytes are sent to; the others wait for it.
    var sending: Repository?
    /// Repositories that need it, in the order in which they asked.
    var placements: [Placement] = []

    struct Placement: Sendable {
        var repository: Repository
        var descriptor: Descriptor
        /// Where the bytes can be read, the next place to try first.
        var sources: [RepositoryPlace]
        var waiting: [ManifestPlace]
        var owner: ItemID
        /// It is being mounted or sent, and no longer waits.
        var isUnderWay = false
        /// Its bytes are being sent.
        var isMoving = false
        /// The target said once that it has the blob, and later that it does not. The blob is not mounted then, and the target is
        /// asked for one of its bytes.
        var isDoubtful = false
        /// Another repository is sent the bytes first, because this one's source is paused.
        var wasSuperseded = false
    }

    subscript(repository: Repository) -> Placement? {
        get { placements.first { $0.repository == repository } }
        set {
            guard let position = placements.firstIndex(where: { $0.repository == repository }) else {
                if let newValue { placements.append(newValue) }
                return
            }
            if let newValue { placements[position] = newValue } else { placements.remove(at: position) }
        }
    }
}

extension SharedBlob.Placement {
    mutating func join(_ manifest: ManifestPlace, _ source: RepositoryPlace) {
        // A manifest that failed and was begun again waits already.
        if !waiting.contains(manifest) { waiting.append(manifest) }
        if !sources.contains(source) { sources.append(source) }
    }
}
