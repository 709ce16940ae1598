// SPDX-License-Identifier: Apache-2.0

package import Content
package import Distribution
package import OCI
package import TransferEngine

/// An image of a repository that was listed, on its way to another one.
package struct TreeItem: Sendable {
    package internal(set) var source: TransferEndpoint
    package internal(set) var target: TransferEndpoint
    /// What messages call the two: `host/repository:tag`, or with a digest.
    package let sourceName: String
    package let targetName: String
    package let targetRepository: NamedRepository

    /// - Parameter tag: nil for an image that goes without one.
    package init(_ source: ManifestSelector, of place: NamedRepository, to tag: Tag?, in target: NamedRepository) {
        self.source = place.endpoint(source)
        self.target = target.endpoint(tag.map(ManifestSelector.tag) ?? source)
        let end = tag.map { ":\($0)" } ?? "@\(source)"
        (sourceName, targetName) = (place.name + end, target.name + end)
        targetRepository = target
    }
}

/// What is to be copied of one repository of a tree.
package struct TreePlan {
    private let repository: ListedRepository
    private let target: NamedRepository
    /// The tags of each manifest that the target's list shows.
    private let there: [Digest: Set<Tag>]
    /// Whether what arrives of an index is another manifest: then the target's list does not tell whether it is there.
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

    /// What the target's list does not show: manifests, and tags that name another one there.
    private func items(of manifest: RepositoryListing.Entry) -> [TreeItem] {
        let isReplaced = replacesIndexes && [.index, nil].contains(manifest.mediaType.manifestKind)
        let tags = isReplaced ? nil : there[manifest.digest]
        if manifest.tags.isEmpty { return tags == nil ? [untagged(manifest.digest, isReplaced)] : [] }
        return manifest.tags.filter { tags?.contains($0) != true }.map { item(.digest(manifest.digest), to: $0) }
    }

    private func untagged(_ digest: Digest, _ isReplaced: Bool) -> TreeItem {
        var item = item(.digest(digest), to: nil)
        // The digest is that of the source's index, which does not arrive.
        if isReplaced { item.target.digest = nil }
        return item
    }

    private func item(_ source: ManifestSelector, to tag: Tag?) -> TreeItem {
        TreeItem(source, of: repository.place, to: tag, in: target)
    }
}

extension [TreeItem] {
    /// Two of them of which the first reads a tag that the second one writes.
    package var firstChain: (reader: TreeItem, writer: TreeItem)? {
        let writers = Dictionary(indices.compactMap { at in self[at].target.tagPlace.map { ($0, at) } }) { $1 }
        for (position, item) in enumerated() where item.source.digest == nil {
            guard let writer = item.source.tagPlace.flatMap({ writers[$0] }), writer != position else { continue }
            return (item, self[writer])
        }
        return nil
    }
}

/// A tag, by one spelling of its place.
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
