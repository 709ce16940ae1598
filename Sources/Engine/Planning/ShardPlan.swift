// SPDX-License-Identifier: Apache-2.0

import Content
package import OCI
package import TransferEngine

/// A survey divided between machines.
///
/// Machines that read the same content compute the same division. If a tag moves between the surveys of two machines, they
/// read different content, and each may leave the item to the other. Machines that do not communicate cannot prevent this,
/// because the content of an item decides which machine owns it. Therefore the plan has a digest to compare, and every
/// machine writes down the items that it left to others, so that items that no machine copied can be listed. Items named by
/// digest have the same content for all machines and cannot be lost.
package struct ShardPlan: Sendable {
    package let survey: Survey
    /// For each item, in the order of the list, the shard it belongs to.
    package let shards: [Int]
    package let count: Int
    /// Two machines have the same digest exactly if they read the same content. Then their parts cover the list, each item
    /// once.
    package let digest: Digest

    /// - Parameter names: the names of the items. They are unique, and the same on every machine.
    package init(_ survey: Survey, items: [TransferItem], names: [String], shards count: Int) {
        self.survey = survey
        self.count = count
        let manifests = survey.blobs.count
        let contents = (survey.blobs + survey.manifests).map { SharedContent(digest: $0.digest, size: $0.size) }
        let pieces = zip(survey.items, zip(items, names)).map { surveyed, item in
            PartitionItem(
                name: item.1, repository: "\(item.0.source.store.name)/\(item.0.source.repository.path)",
                contents: surveyed.failure == nil ? surveyed.blobs + surveyed.manifests.map { $0 + manifests } : nil)
        }
        shards = Partition(pieces, contents: contents, shards: count).shards
        let lines = zip(survey.items, names).map { "\($1)\t\($0.failure == nil ? $0.root?.text ?? "-" : "-")\n" }
        digest = ContentHash.digest(of: Array(("\(count)\n" + lines.sorted().joined()).utf8))
    }

    /// Positions of the shard's items, in the order of the list.
    package func items(of shard: Shard) -> [Int] { shards.indices.filter { shards[$0] == shard.index } }

    /// Bytes of blobs these items need, each once.
    package func bytes(of items: [Int]) -> Int64 {
        Set(items.flatMap { survey.items[$0].blobs }).saturatedSum { survey.blobs[$0].size }
    }
}
