// SPDX-License-Identifier: Apache-2.0

import OCI

/// The list of a manifest's referrers in a registry without the referrers API: an index under a tag made from the
/// digest (distribution specification 1.1, "Referrers Tag Schema").
package struct ReferrersTag: Sendable {
    package let tag: String
    package let index: FixtureManifest
}

extension FixtureImage {
    /// One tag for each manifest that has referrers, in the order of the first referrer.
    package var referrersTags: [ReferrersTag] {
        var subjects: [Digest] = []
        var entries: [Digest: [Descriptor]] = [:]
        for referrer in referrers {
            guard let manifest = try? Manifest(referrer.manifest.bytes, contentType: referrer.manifest.mediaType),
                let subject = manifest.subject?.digest
            else { continue }
            if entries[subject] == nil { subjects.append(subject) }
            var descriptor = referrer.manifest.descriptor
            descriptor.artifactType = manifest.artifactType
            entries[subject, default: []].append(descriptor)
        }
        return subjects.map { subject in
            let index = ImageJSON.index(.ociIndex, manifests: entries[subject] ?? [])
            let tag = "\(subject.algorithm.rawValue)-\(subject.hex)"
            return ReferrersTag(tag: tag, index: FixtureManifest(index, .ociIndex))
        }
    }
}
