// SPDX-License-Identifier: Apache-2.0

extension JSON {
    /// The entry of a manifest in its subject's list of referrers (distribution-spec, "Listing Referrers"). Its members are
    /// in the order of Go programs, so that a new list has the same bytes as theirs.
    ///
    /// - Parameters:
    ///   - document: the manifest's own document, whose annotations the entry repeats in their order.
    ///   - size: bytes of the manifest.
    /// - Returns: nil for a manifest without a subject.
    package static func referrer(_ manifest: Manifest, _ document: JSON, digest: Digest, size: Int) -> JSON? {
        guard manifest.subject != nil else { return nil }
        let artifactType = manifest.typeInLists?.asReceived
        let annotations = document["annotations"].flatMap { $0.members?.isEmpty == false ? $0 : nil }
        return .object(compacting: [
            "mediaType": .string(manifest.mediaType.essence), "size": JSON(size), "digest": .string(digest.text),
            "annotations": annotations, "artifactType": artifactType.map(JSON.string),
        ])
    }
}

extension Manifest {
    /// The artifact type in lists: its own `artifactType`, otherwise the type of its config (distribution-spec, "Listing
    /// Referrers").
    package var typeInLists: MediaType? {
        artifactType.flatMap { $0.asReceived.isEmpty ? nil : $0 } ?? config?.mediaType
    }
}
