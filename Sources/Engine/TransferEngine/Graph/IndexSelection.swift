// SPDX-License-Identifier: Apache-2.0

import Content
package import OCI

/// What a choice of platforms selects from an index.
enum IndexSelection: Sendable {
    /// The child for the only platform.
    case image(Descriptor)
    /// An index that the source does not have, made of some of the entries.
    case made(ParsedManifest)
    /// The unchanged index, with some of its children.
    case sparse(ParsedManifest)
}

/// A choice of platforms from an index. It gives the same manifest wherever the index is read.
package struct IndexChoice: Hashable, Sendable {
    package var index: Digest
    package var platforms: PlatformChoice

    package init(of platforms: PlatformChoice, from index: Digest) {
        self.index = index
        self.platforms = platforms
    }
}

extension ParsedManifest {
    /// Selects the children for the wanted platforms. For each platform it takes the first match.
    ///
    /// BuildKit's attestations of a chosen image are included, unless the image is selected alone.
    ///
    /// - Parameter name: the name of the index, for the error.
    /// - Returns: nil if this is not an index.
    /// - Throws: if the index lacks one of the platforms. The error names those that it has.
    func selection(of choice: PlatformChoice, named name: String) throws(ContentFailure) -> IndexSelection? {
        guard isIndex else { return nil }
        let wanted = try entries.wanted(by: choice, named: name)
        if choice.wantsSingleImage, let image = wanted.first { return .image(image) }
        if choice.isSparse { return .sparse(keeping(Self.unique(wanted))) }
        return .made(try made(of: wanted))
    }

    /// The same index with some of its entries and all its other members. With all entries it is equal byte for byte.
    private func made(of wanted: [Descriptor]) throws(ContentFailure) -> ParsedManifest {
        guard wanted.count < entries.count else { return self }
        let digests = Set(wanted.map(\.digest.text))
        guard case .object(var members)? = try? JSON(content.bytes) else { return self }
        for position in members.indices where members[position].key == "manifests" {
            let entries = members[position].value.array ?? []
            members[position].value = .array(entries.filter { digests.contains($0["digest"]?.string ?? "") })
        }
        let bytes = Array(JSON.object(members).text.utf8)
        return try ParsedManifest(
            ManifestContent(bytes: bytes, mediaType: mediaType, digest: ContentHash.digest(of: bytes)))
    }
}

extension Sequence where Element: IndexEntry {
    /// The entries for the wanted platforms, in the index's order. If there are several, their attestations are included.
    func wanted(by choice: PlatformChoice, named name: String) throws(ContentFailure) -> [Element] {
        var digests: Set<Digest> = []
        for platform in choice.platforms {
            guard let entry = first(where: { $0.isMeant(by: platform) }) else {
                throw lacking(platform, named: name)
            }
            digests.insert(entry.digest)
        }
        return filter { entry in
            if digests.contains(entry.digest) { return true }
            guard !choice.wantsSingleImage, let attested = entry.attestedDigest else { return false }
            return digests.contains(attested)
        }
    }

    private func lacking(_ platform: Platform, named name: String) -> ContentFailure {
        var offered: [String] = []
        for entry in self {
            let name = (entry.platform ?? .linuxAMD64).description
            if entry.attestedDigest == nil, !offered.contains(name) { offered.append(name) }
        }
        return ContentFailure(
            .notFound, "no child with platform \(platform) in index \(name)",
            hint: "it offers \(offered.joined(separator: ", "))")
    }
}
