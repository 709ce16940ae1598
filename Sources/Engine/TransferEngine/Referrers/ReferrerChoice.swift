// SPDX-License-Identifier: Apache-2.0

import OCI

/// What a run does with manifests that refer to an image: signatures, attestations, bills of materials.
package struct ReferrerChoice: Sendable, Hashable {
    package enum Scope: Sendable, Hashable {
        /// No referrers are requested or copied.
        case none
        /// Referrers of the images that this run copies (of the manifests that items name), and the referrers of those
        /// referrers. No referrers are requested for images that are at the target already.
        case ofCopied
        /// Referrers of every manifest below every item, including manifests that are at the target already.
        case all
    }

    package var scope: Scope
    /// Only manifests of these artifact types, without parameters; empty: of all types. An entry of a list that names no
    /// type matches every type.
    package var artifactTypes: Set<String> = []

    package init(_ scope: Scope, artifactTypes: Set<String> = []) {
        self.scope = scope
        self.artifactTypes = artifactTypes
    }

    package static let none = ReferrerChoice(.none)
    package static let new = ReferrerChoice(.ofCopied)
    package static let all = ReferrerChoice(.all)
}
