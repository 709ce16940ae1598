// SPDX-License-Identifier: Apache-2.0

package import Content
package import Distribution
package import OCI
package import TransferEngine

/// An image of a listed repository, and where it is copied to.
package struct TreeItem: Sendable {
    package internal(set) var source: TransferEndpoint
    package internal(set) var target: TransferEndpoint
    /// The names of source and target in messages: `host/repository:tag`, or with a digest.
    package let sourceName: String
    package let targetName: String
    package let targetRepository: NamedRepository

    /// - Parameter tag: nil for an image that is copied without a tag.
    package init(_ source: ManifestSelector, of place: NamedRepository, to tag: Tag?, in target: NamedRepository) {
        self.source = place.endpoint(source)
        self.target = target.endpoint(tag.map(ManifestSelector.tag) ?? source)
        let end = tag.map { ":\($0)" } ?? "@\(source)"
        (sourceName, targetName) = (place.name + end, target.name + end)
        targetRepository = target
    }
}

/// What to copy from one repository of a tree.
package struct TreePlan {
    private let repository: ListedRepository
    private let target: NamedRepository
    /// The tags of each manifest in the target's list.
    private let there: [Digest: Set<Tag>]
    /// Whether an index arrives as another manifest. Then the target's list does not show whether it is already there.
    private let replacesIndexes: Bool

    /// - Parameter listing: what the target has.
    package init(
        _ repository: ListedRepository, at target: NamedRepository, there listing: RepositoryListing,
        platforms: PlatformChoice?
    ) {
        self.repository = repository
        self.target = target
        there = Dictionary(grouping: listing.manifests ?? [], by: \.digest).mapValues { Set($0.flatMap(\.tags)) }
        replacesIndexes = platforms?.replacesIndex == true
    }

    package var items: [TreeItem] { manifests.flatMap(items) + unnamedTags.map { item(.tag($0), to: $0) } }

    private var manifests: [RepositoryListing.Entry] { repository.content.manifests ?? [] }

    /// Tags whose manifest the registry's list does not name; all tags if it lists only tags.
    private var unnamedTags: [Tag] {
        let named = Set(manifests.flatMap(\.tags))
        return repository.content.tags.filter { !named.contains($0) }
    }

    /// The items that the target's list does not show: manifests that are missing there, and tags that are missing or
    /// name another manifest.
    private func items(of manifest: RepositoryListing.Entry) -> [TreeItem] {
        let isReplaced = replacesIndexes && [.index, nil].contains(manifest.mediaType.manifestKind)
        let tags = isReplaced ? nil : there[manifest.digest]
        if manifest.tags.isEmpty { return tags == nil ? [untagged(manifest.digest, isReplaced)] : [] }
        return manifest.tags.filter { tags?.contains($0) != true }.map { item(.digest(manifest.digest), to: $0) }
    }

    private func untagged(_ digest: Digest, _ isReplaced: Bool) -> TreeItem {
        var item = item(.digest(digest), to: nil)
        // This digest is that of the source's index, which does not arrive.
        if isReplaced { item.target.digest = nil }
        return item
    }

    private func item(_ source: ManifestSelector, to tag: Tag?) -> TreeItem {
        TreeItem(source, of: repository.place, to: tag, in: target)
    }
}

extension [TreeItem] {
    /// The first pair of items of which one reads a tag that the other one writes; nil if there is none.
    package var firstChain: (reader: TreeItem, writer: TreeItem)? {
        let writers = Dictionary(indices.compactMap { at in self[at].target.tagPlace.map { ($0, at) } }) { $1 }
        for (position, item) in enumerated() where item.source.digest == nil {
            guard let writer = item.source.tagPlace.flatMap({ writers[$0] }), writer != position else { continue }
            return (item, self[writer])
        }
        return nil
    }
}

/// A tag, with the canonical name of its store, so that the same place compares as equal.
private struct TagPlace: Hashable {
    var store: String
    var repository: Repository
    var tag: Tag
}

extension TransferEndpoint {
    fileprivate var tagPlace: TagPlace? {
        tag.map { TagPlace(store: store.canonicalName, repository: repository, tag: $0) }
    }
}
