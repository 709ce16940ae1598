// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// What is wanted of an index, once somebody has looked into it.
enum IndexSelection: Sendable {
    /// The child for the only platform.
    case image(Descriptor)
    /// An index that the source does not have, made of some of the entries.
    case made(ParsedManifest)
    /// The index as it is, with some of its children.
    case sparse(ParsedManifest)
}

/// What is wanted of a source's index.
package struct IndexChoice: Hashable, Sendable {
    var store: StoreID
    var index: Digest
    var choice: PlatformChoice
}

extension ParsedManifest {
    /// The children for the platforms that are wanted, of each the first that matches.
    ///
    /// BuildKit's attestations of a chosen image belong to it and come along, except where the image stands alone.
    ///
    /// - Parameter name: of the index, for the error.
    /// - Returns: nil where this is no index.
    /// - Throws: where the index lacks one of the platforms, naming those that it has.
    func selection(of choice: PlatformChoice, named name: String) throws(ContentFailure) -> IndexSelection? {
        guard isIndex else { return nil }
        let wanted = try children.wanted(by: choice, named: name)
        if choice.wantsSingleImage, let image = wanted.first { return .image(image) }
        if choice.isSparse { return .sparse(keeping(wanted)) }
        return .made(try made(of: wanted))
    }

    /// The same index with some of its entries: what else it says stays as it is. With all of them it is the same to the byte.
    private func made(of wanted: [Descriptor]) throws(ContentFailure) -> ParsedManifest {
        guard wanted.count < children.count else { return self }
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
    /// The entries for the platforms that are wanted, in the index's order, with the attestations of several.
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
