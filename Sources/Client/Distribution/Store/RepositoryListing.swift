// SPDX-License-Identifier: Apache-2.0

package import OCI

/// The content of a repository's tags list. Google's registries return more than the specification requires: the
/// repositories below this one, and every manifest with its tags, including untagged ones.
package struct RepositoryListing: Sendable {
    /// In the registry's order.
    package var tags: [Tag]
    /// Last path components of the repositories below, in the registry's order.
    package var children: [String] = []
    /// nil if the registry does not list them. Sorted by digest, so that two listings of the same content are equal.
    package var manifests: [Entry]?
    /// The registry's name for the repository, if it returns more than tags.
    package var name = ""

    package struct Entry: Sendable {
        package var digest: Digest
        package var tags: [Tag]
        package var mediaType: MediaType
        /// Bytes, and milliseconds since 1970, as the registry wrote them.
        package var size = ""
        package var created = ""
        package var uploaded = ""

        package init(digest: Digest, tags: [Tag], mediaType: MediaType) {
            self.digest = digest
            self.tags = tags
            self.mediaType = mediaType
        }

        /// Whether it may hold others: so its type says, or the registry does not tell a type.
        package var mayBeIndex: Bool { mediaType.asReceived.isEmpty || mediaType.manifestKind == .index }
    }

    package init(tags: [Tag]) { self.tags = tags }

    /// Whether the registry returned more than tags.
    package var isExtended: Bool { manifests != nil || !children.isEmpty }

    /// Whether there is nothing to copy.
    package var isEmpty: Bool { tags.isEmpty && (manifests ?? []).isEmpty }
}

extension RepositoryListing {
    /// Reads what Google's registries add to a tags list; nil if there are no such members.
    init?(extended document: JSON) {
        let manifests = document["manifest"]?.members
        let children = document["child"]?.array?.compactMap(\.string) ?? []
        guard manifests != nil || !children.isEmpty else { return nil }
        self.init(tags: Self.tags(document["tags"]))
        self.children = children.filter { (try? Repository($0))?.isWireSafe == true }
        self.manifests = manifests.map { $0.compactMap(Entry.init).sorted { $0.digest < $1.digest } }
        name = document["name"]?.string ?? ""
    }

    /// Adds a further page of the same list.
    mutating func add(_ page: RepositoryListing) {
        let (knownTags, knownChildren) = (Set(tags), Set(children))
        tags += page.tags.filter { !knownTags.contains($0) }
        children += page.children.filter { !knownChildren.contains($0) }
        var known = Dictionary(uniqueKeysWithValues: (manifests ?? []).map { ($0.digest, $0) })
        for entry in page.manifests ?? [] {
            if let before = known[entry.digest] {
                known[entry.digest]?.tags += entry.tags.filter { !before.tags.contains($0) }
            } else {
                known[entry.digest] = entry
            }
        }
        if manifests != nil || page.manifests != nil { manifests = known.values.sorted { $0.digest < $1.digest } }
    }

    fileprivate static func tags(_ list: JSON?) -> [Tag] {
        (list?.array ?? []).compactMap(\.string).compactMap { try? Tag($0) }.filter(\.isListable)
    }
}

extension RepositoryListing.Entry {
    fileprivate init?(_ member: JSON.Member) {
        guard let digest = try? Digest(member.key), member.value.members != nil else { return nil }
        self.init(
            digest: digest, tags: RepositoryListing.tags(member.value["tag"]),
            mediaType: MediaType(member.value["mediaType"]?.string ?? ""))
        size = Self.digits(member.value["imageSizeBytes"])
        created = Self.digits(member.value["timeCreatedMs"])
        uploaded = Self.digits(member.value["timeUploadedMs"])
    }

    /// A number that some of these registries write as a string.
    private static func digits(_ value: JSON?) -> String {
        if case .number(let digits)? = value { return digits }
        return value?.string ?? ""
    }
}

extension RepositoryListing {
    /// In gcrane's format: absent lists are null, and manifests are an object by digest.
    package var json: String {
        let manifests = self.manifests.map { entries in
            JSON.object(entries.map { JSON.Member(key: $0.digest.text, value: $0.json) })
        }
        return JSON.object([
            "child": children.isEmpty ? .null : .array(children.map { .string($0) }), "manifest": manifests ?? .null,
            "name": .string(name), "tags": .array(tags.map { .string($0.name) }),
        ]).text
    }
}

extension RepositoryListing.Entry {
    fileprivate var json: JSON {
        .object([
            "imageSizeBytes": .string(size.isEmpty ? "0" : size), "mediaType": .string(mediaType.asReceived),
            "timeCreatedMs": .string(created), "timeUploadedMs": .string(uploaded),
            "tag": .array(tags.map { .string($0.name) }),
        ])
    }
}
