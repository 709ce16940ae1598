// SPDX-License-Identifier: Apache-2.0

package import ImageFixtures
import OCI

/// The least that a copy of images into an empty registry can cost, if nothing is asked twice.
///
/// At the source: one GET for each manifest and each unique blob, and with referrers one for each list. At the target: POST
/// and PUT for each unique blob, one mount for each further repository that needs it, and one PUT for each manifest in
/// each repository.
package struct LeastCopy: Sendable, Hashable {
    package var items = 0
    /// Of unique blobs.
    package var bytes: Int64 = 0
    package var sourceRequests = 0
    package var targetRequests = 0

    package init(_ images: [FixtureImage], copiesReferrers: Bool) {
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
        bytes = blobs.values.saturatedSum(of: \.self)
        sourceRequests = manifests.count + blobs.count + (copiesReferrers ? images.count : 0)
        targetRequests += places.count + blobs.count
    }

    private struct Place: Hashable {
        let repository: String
        let digest: Digest
    }
}
