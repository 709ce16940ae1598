// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import TransferEngine

/// What is to be copied of one repository of a tree.
struct TreePlan {
    private let repository: ListedRepository
    private let target: RepositoryPlace
    /// The tags of each manifest that the target's list shows.
    private let there: [Digest: Set<Tag>]
    /// Whether what arrives of an index is another manifest: then the target's list does not tell whether it is there.
    private let replacesIndexes: Bool

    init(
        _ repository: ListedRepository, at target: RepositoryPlace, there listing: RepositoryListing,
        platforms: PlatformChoice?
    ) {
        self.repository = repository
        self.target = target
        there = Dictionary(grouping: listing.manifests ?? [], by: \.digest).mapValues { Set($0.flatMap(\.tags)) }
        replacesIndexes = platforms?.replacesIndex == true
    }

    var items: [CopyItem] { manifests.flatMap(items) + unnamedTags.map { item(.tag($0), to: $0) } }

    private var manifests: [RepositoryListing.Entry] { repository.content.manifests ?? [] }

    /// Tags of which the registry does not tell what they name: all of them where it lists tags alone.
    private var unnamedTags: [Tag] {
        let named = Set(manifests.flatMap(\.tags))
        return repository.content.tags.filter { !named.contains($0) }
    }

    /// What the target's list does not show: manifests, and tags that name another one there.
    private func items(of manifest: RepositoryListing.Entry) -> [CopyItem] {
        let isReplaced = replacesIndexes && [.index, nil].contains(manifest.mediaType.manifestKind)
        let tags = isReplaced ? nil : there[manifest.digest]
        if manifest.tags.isEmpty { return tags == nil ? [untagged(manifest.digest, isReplaced)] : [] }
        return manifest.tags.filter { tags?.contains($0) != true }.map { item(.digest(manifest.digest), to: $0) }
    }

    private func untagged(_ digest: Digest, _ isReplaced: Bool) -> CopyItem {
        var item = item(.digest(digest), to: nil)
        // The digest is that of the source's index, which does not arrive.
        if isReplaced { item.target.digest = nil }
        return item
    }

    private func item(_ source: ManifestSelector, to tag: Tag?) -> CopyItem {
        CopyItem(source, of: repository.place, to: tag, in: target)
    }
}

extension [CopyItem] {
    /// Two of them of which the first reads a tag that the second one writes.
    var firstChain: (reader: CopyItem, writer: CopyItem)? {
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
