// SPDX-License-Identifier: Apache-2.0

import OCI

/// Cuts a row of items into parts by repeated bisection.
struct PartitionCutter {
    private let order: ContentOrder
    /// The number of the scan that saw each load last. This is a set that the next scan number empties.
    private var seen: [Int]
    private var scan = 0

    init(_ order: ContentOrder) {
        self.order = order
        seen = Array(repeating: 0, count: order.loads.count)
    }

    /// - Parameters:
    ///   - range: positions in the order.
    ///   - budget: bytes that these parts may send twice.
    ///   - assign: called with the part of each position.
    mutating func cut(
        _ range: Range<Int>, into shards: Range<Int>, budget: Int64, assign: (Int, Int) -> Void
    ) {
        guard shards.count > 1, !range.isEmpty else {
            for position in range { assign(position, shards.lowerBound) }
            return
        }
        let middle = shards.lowerBound + shards.count / 2
        let cut = bestCut(of: range, shares: (middle - shards.lowerBound, shards.upperBound - middle), budget: budget)
        let rest = Double(budget - cut.twice)
        let left = Int64(saturating: rest * cut.leftShare)
        self.cut(range.lowerBound..<cut.position, into: shards.lowerBound..<middle, budget: left, assign: assign)
        self.cut(
            cut.position..<range.upperBound, into: middle..<shards.upperBound, budget: budget - cut.twice - left,
            assign: assign)
    }

    private struct Cut {
        var position: Int
        /// Bytes needed on both sides.
        var twice: Int64
        /// The left side's part of all bytes.
        var leftShare: Double
    }

    /// The cut after which the heavier side weighs least. A byte that is sent twice counts like an extra byte on that side.
    private mutating func bestCut(of range: Range<Int>, shares: (left: Int, right: Int), budget: Int64) -> Cut {
        let left = totals(range)
        let right = Array(totals(range.reversed()).reversed())
        let whole = left[range.count]
        let fairShare = Double(max(1, whole.weight)) / Double(shares.left + shares.right)
        var best = Cut(position: range.lowerBound, twice: 0, leftShare: 0)
        var leastCost = Double.infinity
        for offset in 0...range.count {
            let (one, other) = (left[offset], right[offset])
            let bytes = one.bytes.adding(saturating: other.bytes)
            let twice = bytes - whole.bytes
            guard twice <= budget else { continue }
            let heavier = max(
                Double(one.weight) / Double(shares.left), Double(other.weight) / Double(shares.right))
            let overlap = Double(one.weight.adding(saturating: other.weight) - whole.weight)
            let cost = heavier / fairShare + overlap / Double(max(1, whole.weight))
            guard cost < leastCost else { continue }
            leastCost = cost
            best = Cut(
                position: range.lowerBound + offset, twice: twice,
                leftShare: bytes == 0 ? 0 : Double(one.bytes) / Double(bytes))
        }
        return best
    }

    /// The weight of the first 0, 1, 2, and so on of these positions. Each load counts once.
    private mutating func totals(_ positions: some Collection<Int>) -> [ContentOrder.Load] {
        scan += 1
        var total = ContentOrder.Load(bytes: 0, weight: 0)
        var totals = [total]
        totals.reserveCapacity(positions.count + 1)
        for position in positions {
            for load in order.members[position] where seen[load] != scan {
                seen[load] = scan
                total.bytes.add(saturating: order.loads[load].bytes)
                total.weight.add(saturating: order.loads[load].weight)
            }
            totals.append(total)
        }
        return totals
    }
}
