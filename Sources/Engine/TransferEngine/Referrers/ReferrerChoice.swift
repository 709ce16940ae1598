// SPDX-License-Identifier: Apache-2.0

import OCI

/// What a run does with manifests that refer to an image: signatures, attestations, bills of materials.
package struct ReferrerChoice: Sendable, Hashable {
    package enum Scope: Sendable, Hashable {
        /// They are left where they are, and nobody asks for them.
        case none
        /// Those of the images that this run copies, by the manifests that items name, and of what refers to those; of what is
        /// at the target already nothing is asked.
        case ofCopied
        /// Those of every manifest below every item, what is there already included.
        case all
    }

    package var scope: Scope
    /// Only manifests of these artifact types, without parameters; empty: of all types. Entries of a list that name no type
    /// count among all of them.
    package var artifactTypes: Set<String> = []

    package init(_ scope: Scope, artifactTypes: Set<String> = []) {
        self.scope = scope
        self.artifactTypes = artifactTypes
    }

    package static let none = ReferrerChoice(.none)
    package static let new = ReferrerChoice(.ofCopied)
    package static let all = ReferrerChoice(.all)
}
