// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// The referrers of a manifest that its source has and the target lacks: signatures, attestations, bills of materials.
package struct ReferrerList: Sendable {
    /// A tag that both sides have for different content.
    struct Difference: Sendable {
        var tag: Tag
        var atSource: Digest
        var atTarget: Digest
    }

    /// Manifests with this one as their subject that the target's list lacks; nil if there are none.
    var index: ParsedManifest?
    /// Whether the target keeps no list itself, so that the list has to be stored under a tag.
    var needsTag = false
    /// Manifests under the tags that cosign derives from the digest.
    var tagged: [(tag: Tag, manifest: ParsedManifest)] = []
    /// Why some possible referrers at the source cannot be copied.
    var unreadable: [TransferFailure] = []
    /// The target's own signatures, which are left alone.
    var kept: [Difference] = []
    /// The number of referrers whose types are not wanted.
    var left = 0
    /// The referrers that are at the target.
    var present: [Descriptor] = []
    /// The number of requests sent for this, besides those for the manifests in `tagged`.
    var requests = (source: 0, target: 0)

    /// What the target lacks, as failures of the manifest at `place`.
    func lacks(at place: ManifestPlace) -> [TransferFailure] {
        // The manifest itself may be at the target, but clients cannot find it by its subject.
        let unlisted = (index?.children ?? []).map { ("\($0.digest)", "is not listed at the target") }
        let absent = tagged.map { ("\($0.tag) (\($0.manifest.digest))", "is not at the target") }
        return (unlisted + absent).map { name, state in
            let message = "\(name) refers to \(place.digest) at the source, and \(state)"
            return TransferFailure(ContentFailure(.notFound, message), side: .target)
        }
    }
}
