// SPDX-License-Identifier: Apache-2.0

package import ImageFixtures
import OCI

/// The minimum cost of a copy of images into an empty registry, if no request is sent twice.
///
/// At the source: one GET for each manifest and each unique blob, and with referrers one GET for each referrers list.
/// At the target: POST and PUT for each unique blob, one mount for each further repository that needs it, and one PUT
/// for each manifest in each repository. Within one registry: one mount for each repository that needs a blob, and no
/// bytes.
package struct LeastCopy: Sendable, Hashable {
    package var items = 0
    /// The number of bytes of all unique blobs.
    package var bytes: Int64 = 0
    package var sourceRequests = 0
    package var targetRequests = 0

    /// - Parameter isOneRegistry: whether source and target are repositories of one registry.
    package init(_ images: [FixtureImage], copiesReferrers: Bool, isOneRegistry: Bool = false) {
        var (blobs, places, manifests): ([Digest: Int64], Set<Place>, Set<Digest>) = ([:], [], [])
        for image in images {
            let graphs = [image.graph] + (copiesReferrers ? image.referrers : [])
            for blob in graphs.flatMap(\.blobs) {
                blobs[blob.descriptor.digest] = blob.descriptor.size
                places.insert(Place(repository: image.repository, digest: blob.descriptor.digest))
            }
            let own = Set(graphs.flatMap(\.manifests).map(\.digest))
            manifests.formUnion(own)
            targetRequests += own.count
        }
        items = images.count
        sourceRequests = manifests.count + (copiesReferrers ? images.count : 0)
        targetRequests += places.count
        guard !isOneRegistry else { return }
        bytes = blobs.values.saturatedSum(of: \.self)
        sourceRequests += blobs.count
        targetRequests += blobs.count
    }

    private struct Place: Hashable {
        let repository: String
        let digest: Digest
    }
}
