// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// What refers to a manifest at its source and is missing at the target: signatures, attestations, bills of materials.
package struct ReferrerList: Sendable {
    /// A tag that both sides have for different content.
    struct Difference: Sendable {
        var tag: Tag
        var atSource: Digest
        var atTarget: Digest
    }

    /// Manifests with this one as their subject which the target's list does not have; nil where there are none.
    var index: ParsedManifest?
    /// Whether the target keeps no list of its own, so that a tag has to stand for one.
    var needsTag = false
    /// Manifests under the tags that cosign derives from the digest.
    var tagged: [(tag: Tag, manifest: ParsedManifest)] = []
    /// Why some of what may refer to the manifest at the source cannot be copied.
    var unreadable: [TransferFailure] = []
    /// The target's own signatures, which are left alone.
    var kept: [Difference] = []
    /// How many manifests refer to this one and are not of the wanted types.
    var left = 0
    /// What refers to the manifest and is at the target.
    var present: [Descriptor] = []
    /// Requests that were sent to find this out, besides those for the manifests in `tagged`.
    var requests = (source: 0, target: 0)

    /// What the target lacks, as failures of the manifest at `place`.
    func lacks(at place: ManifestPlace) -> [TransferFailure] {
        // The manifest itself may be there: nobody finds it by its subject.
        let unlisted = (index?.children ?? []).map { ("\($0.digest)", "is not listed at the target") }
        let absent = tagged.map { ("\($0.tag) (\($0.manifest.digest))", "is not at the target") }
        return (unlisted + absent).map { name, state in
            let message = "\(name) refers to \(place.digest) at the source, and \(state)"
            return TransferFailure(ContentFailure(.notFound, message), side: .target)
        }
    }
}
