// SPDX-License-Identifier: Apache-2.0

extension JSON {
    /// An image index (image-spec, image-index.md) that lists these entries and says nothing else.
    package static func ociIndex(of entries: [JSON]) -> JSON {
        .object([
            "schemaVersion": 2, "mediaType": .string(MediaType.ociIndex.essence), "manifests": .array(entries),
        ])
    }
}
