// SPDX-License-Identifier: Apache-2.0

/// The division of a run between machines that do not talk to each other.
///
/// Every machine computes it alone, from what it read at the sources, and does its own part. Therefore it depends only on
/// the items and their contents, and not on the order of the list. Items that share content stand next to each other in one
/// order, and that order is cut where the parts weigh the same and little content is needed on both sides. Content that two
/// parts need is sent twice: all parts together send at most `overlap` more than the whole.
///
/// An item that could not be read is assigned by its name, so that all machines that could not read it agree on which of
/// them reports it.
package struct Partition: Sendable {
    /// For each item, in the order given, the part it belongs to.
    package let shards: [Int]

    /// - Parameters:
    ///   - contents: the table the pieces point into.
    ///   - overlap: bytes that may be sent twice, as a share of all bytes.
    package init(_ pieces: [PartitionItem], contents: [SharedContent], shards count: Int, overlap: Double = 0.1) {
        var shards = pieces.map { $0.name.homeShard(of: count) }
        let order = ContentOrder(pieces, contents: contents)
        var cutter = PartitionCutter(order)
        let budget = Int64(Double(order.bytes) * overlap)
        cutter.cut(0..<order.items.count, into: 0..<count, budget: budget) { position, shard in
            shards[order.items[position]] = shard
        }
        self.shards = shards
    }
}
