// SPDX-License-Identifier: Apache-2.0

import Content
package import OCI
package import TransferEngine

/// A survey divided between machines.
///
/// Machines that read the same divide alike. A tag that moves between two machines' surveys is read differently, and then
/// each may leave its item to the other. Without contact nothing can rule that out: an item that belongs to one machine
/// by what it holds has, for two things it may hold, two owners, and each of them may see the other thing. So the plan
/// has a digest to compare, every machine writes down what it left to others, so that what nobody did has a name, and
/// items by digest, which hold the same for all, cannot be lost.
package struct ShardPlan: Sendable {
    package let survey: Survey
    /// For each item, in the order of the list, the shard it belongs to.
    package let shards: [Int]
    package let count: Int
    /// The same on two machines exactly if they read the same: then their parts cover the list, each item once.
    package let digest: Digest

    /// - Parameter names: of the items, each different from all others; the same on every machine.
    package init(_ survey: Survey, items: [TransferItem], names: [String], shards count: Int) {
        self.survey = survey
        self.count = count
        let manifests = survey.blobs.count
        let contents = (survey.blobs + survey.manifests).map { SharedContent(digest: $0.digest, size: $0.size) }
        let pieces = zip(survey.items, zip(items, names)).map { surveyed, item in
            Workpiece(
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
