// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
package import OCI
package import TransferEngine

extension ListedRepository {
    /// A tag of the list that none of its manifests has; nil if there is none. Such a list is incomplete: a manifest
    /// could be taken for untagged although it has a tag.
    package var tagWithoutManifest: Tag? {
        let named = Set((content.manifests ?? []).flatMap(\.tags))
        return content.tags.first { !named.contains($0) }
    }

    /// What is searched for manifests without a tag. It is empty if the list is incomplete.
    package var searched: UntaggedManifests.Repository {
        let listed = tagWithoutManifest == nil ? content.manifests ?? [] : []
        return UntaggedManifests.Repository(
            place: RepositoryPlace(StoreID(place.registry), place.repository),
            manifests: listed.map {
                UntaggedManifests.Listed(digest: $0.digest, hasTag: !$0.tags.isEmpty, mayBeIndex: $0.mayBeIndex)
            })
    }
}
