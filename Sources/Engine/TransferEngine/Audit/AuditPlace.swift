// SPDX-License-Identifier: Apache-2.0

import OCI

/// A manifest at the target, with what should refer to it.
struct AuditPlace: Hashable, Sendable {
    var manifest: ManifestPlace
    /// The source repository whose referrers should be there; nil for the first one, and where none are wanted. The same
    /// image may come from two repositories, and each item's result depends on its own one only.
    var source: RepositoryPlace?

    init(_ manifest: ManifestPlace) { self.manifest = manifest }
}
