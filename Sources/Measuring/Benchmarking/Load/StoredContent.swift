// SPDX-License-Identifier: Apache-2.0

package import OCI

/// The content of a measurement that was not removed.
package struct Leftovers: Sendable, Hashable {
    package var root: String
    package var manifests = 0
    package var blobs = 0
    /// Tags that are listed although their manifests were deleted.
    package var tags = 0
    /// The number of bytes of the blobs that are left.
    package var bytes: Int64 = 0
    /// Why content is left, in the registry's words.
    package var reason: String?
    /// Whether some of the content may never have been stored. The numbers are then an upper limit.
    package var isUncertain = false

    package var isEmpty: Bool { manifests == 0 && blobs == 0 && tags == 0 }

    package init(root: String) { self.root = root }
}

/// Content that was stored, in the order in which it was stored.
package struct StoredContent: Sendable {
    package enum Item: Sendable {
        case blob(Descriptor, Repository)
        case manifest(Digest, Repository)
    }

    package var items: [Item] = []
    /// Whether some of the content may never have been stored.
    package var isUncertain = false

    package init() {}

    package var manifests: [(digest: Digest, repository: Repository)] {
        items.compactMap { if case .manifest(let digest, let repository) = $0 { (digest, repository) } else { nil } }
    }

    package var blobs: [(descriptor: Descriptor, repository: Repository)] {
        items.compactMap { if case .blob(let blob, let repository) = $0 { (blob, repository) } else { nil } }
    }
}
